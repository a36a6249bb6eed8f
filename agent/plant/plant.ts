import type { Metered, Snapshot } from "../core/snapshot.ts";
import type { Order } from "../core/state.ts";
import type { Tick } from "../core/time.ts";
import { millis } from "../core/units.ts";
import type { Device, Meter } from "../../drivers/driver.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeviceLoop, paceFor } from "./device-loop.ts";
import type { PlantListener } from "./listener.ts";
import { MeterLoop, sumMetered } from "./meter-loop.ts";

/** A miner as wired: which metered outlet feeds it. */
export interface WiredDevice {
  readonly device: Device;
  readonly outlet: { readonly meter: string; readonly index: number } | null;
}

export interface WiredMeter {
  readonly meter: Meter;
  readonly role: "rack" | "outlets";
}

/** Everything the agent touches. Device errors end here; what leaves is a snapshot and events. */
export class Plant {
  readonly devices: readonly DeviceLoop[];
  readonly meters: readonly MeterLoop[];
  readonly #byId: ReadonlyMap<string, DeviceLoop>;
  readonly #outlets: ReadonlyMap<string, { readonly meter: MeterLoop; readonly index: number }>;

  constructor(wiring: { readonly devices: readonly WiredDevice[]; readonly meters: readonly WiredMeter[] }, context: { readonly clock: Clock; readonly listener: PlantListener }) {
    const pace = paceFor(wiring.devices.length);
    this.devices = wiring.devices.map(({ device }) => new DeviceLoop(device, { ...context, pace }));
    this.meters = wiring.meters.map(({ meter, role }) => new MeterLoop(meter, { ...context, role }));
    this.#byId = new Map(this.devices.map((loop) => [loop.device.id, loop]));
    const meters = new Map(this.meters.map((loop) => [loop.meter.id, loop]));
    this.#outlets = new Map(wiring.devices.flatMap(({ device, outlet }) => {
      const meter = outlet === null ? undefined : meters.get(outlet.meter);
      return outlet === null || meter === undefined ? [] : [[device.id, { meter, index: outlet.index }] as const];
    }));
  }

  device(id: string): DeviceLoop | undefined {
    return this.#byId.get(id);
  }

  snapshot(tick: Tick): Snapshot {
    const racks = this.meters.filter(({ role }) => role === "rack");
    return {
      tick,
      devices: this.devices.map((loop) => loop.snapshot(tick, this.#outlet(loop.device.id, tick))),
      rack: sumMetered(racks.map((loop) => loop.total(tick))),
      supply: racks[0]?.supply(tick) ?? null,
      rackClass: Math.max(0, ...racks.map(({ meter }) => meter.accuracy.fraction)),
    };
  }

  #outlet(device: string, tick: Tick): Metered | null {
    const wired = this.#outlets.get(device);
    return wired === undefined ? null : wired.meter.outlet(wired.index, tick);
  }

  post(order: Order): void {
    this.#byId.get(order.device)?.post(order);
  }

  /** All loops, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const pace = paceFor(this.devices.length);
    const spread = pace.rest / Math.max(1, this.devices.length);
    await Promise.all([
      ...this.meters.map((loop) => loop.run(signal)),
      ...this.devices.map((loop, index) => loop.run(millis(index * spread), signal)),
    ]);
  }
}
