import type { Metered, Snapshot } from "../core/snapshot.ts";
import type { Order } from "../core/state.ts";
import type { Tick } from "../core/time.ts";
import { millis, seconds } from "../core/units.ts";
import type { Device, Meter } from "../../drivers/driver.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeviceLoop, paceFor } from "./device-loop.ts";
import type { PlantListener } from "./listener.ts";
import { MeterLoop, sumMetered } from "./meter-loop.ts";
import { Switchboard, type Switchable } from "./switchboard.ts";

/** A miner as wired: which metered outlet feeds it. */
export interface WiredDevice {
  readonly device: Device;
  readonly outlet: { readonly meter: string; readonly index: number } | null;
}

export interface WiredMeter {
  readonly meter: Meter;
  readonly role: "rack" | "outlets";
}

/** How outlets are switched, and when each may be. */
export type Switching = Pick<Switchable, "opens" | "rules">;

const UNSWITCHED: Switching = { opens: () => "never", rules: { minOff: seconds(60), spacing: seconds(2), perStep: 1 } };

/** Everything the agent touches. Device errors end here; what leaves is a snapshot and events. */
export class Plant {
  readonly devices: readonly DeviceLoop[];
  readonly meters: readonly MeterLoop[];
  readonly switchboard: Switchboard;
  /** Somebody looks which outlet feeds which miner: until he knows, no outlet speaks for a miner, and none is switched for one. */
  mapInDoubt = false;
  readonly #byId: ReadonlyMap<string, DeviceLoop>;
  readonly #devicesOn: ReadonlyMap<string, string>;
  readonly #outlets: ReadonlyMap<string, { readonly meter: MeterLoop; readonly index: number }>;

  constructor(wiring: { readonly devices: readonly WiredDevice[]; readonly meters: readonly WiredMeter[]; readonly switching?: Switching }, context: { readonly clock: Clock; readonly listener: PlantListener }) {
    const pace = paceFor(wiring.devices.length);
    this.devices = wiring.devices.map(({ device }) => new DeviceLoop(device, { ...context, pace }));
    this.meters = wiring.meters.map(({ meter, role }) => new MeterLoop(meter, { ...context, role }));
    this.#byId = new Map(this.devices.map((loop) => [loop.device.id, loop]));
    const meters = new Map(this.meters.map((loop) => [loop.meter.id, loop]));
    this.#outlets = new Map(wiring.devices.flatMap(({ device, outlet }) => {
      const meter = outlet === null ? undefined : meters.get(outlet.meter);
      return outlet === null || meter === undefined ? [] : [[device.id, { meter, index: outlet.index }] as const];
    }));
    this.#devicesOn = new Map([...this.#outlets].map(([device, { meter, index }]) => [`${meter.meter.id}/${index}`, device]));
    const wired = wiring.devices.map(({ device, outlet }) => ({ id: device.id, outlet }));
    this.switchboard = new Switchboard({ meters: this.meters, devices: wired, ...(wiring.switching ?? UNSWITCHED) }, context);
  }

  device(id: string): DeviceLoop | undefined {
    return this.#byId.get(id);
  }

  /** The metered outlet a miner hangs on; null: none is known. */
  outletOf(device: string): { readonly meter: MeterLoop; readonly index: number } | null {
    return this.#outlets.get(device) ?? null;
  }

  /** The miner on an outlet; null: none that is registered. */
  deviceOn(meter: string, outlet: number): string | null {
    return this.#devicesOn.get(`${meter}/${outlet}`) ?? null;
  }

  snapshot(tick: Tick): Snapshot {
    const racks = this.meters.filter(({ role }) => role === "rack");
    return {
      tick,
      devices: this.devices.map((loop) => loop.snapshot(tick, { outlet: this.mapInDoubt ? null : this.#outlet(loop.device.id, tick), feed: loop.held || this.mapInDoubt ? null : this.switchboard.feed(loop.device.id, tick.uptime) })),
      rack: sumMetered(racks.map((loop) => loop.total(tick))),
      supply: racks[0]?.supply(tick) ?? null,
      rackClass: Math.max(0, ...racks.map(({ meter }) => meter.accuracy.fraction)),
    };
  }

  #outlet(device: string, tick: Tick): Metered | null {
    const wired = this.#outlets.get(device);
    return wired === undefined ? null : wired.meter.outlet(wired.index, tick);
  }

  /** `kept`: it is remembered. A miner shows what it was told; an outlet that nobody remembers having opened stays open. */
  post(order: Order, kept: Promise<void>): void {
    if (order.setpoint.kind === "outlet") this.switchboard.post(order, order.setpoint.on, kept);
    else this.#byId.get(order.device)?.post(order);
  }

  /** All loops, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    this.switchboard.open(signal);
    const pace = paceFor(this.devices.length);
    const spread = pace.rest / Math.max(1, this.devices.length);
    await Promise.all([
      ...this.meters.map((loop) => loop.run(signal)),
      ...this.devices.map((loop, index) => loop.run(millis(index * spread), signal)),
    ]);
  }
}
