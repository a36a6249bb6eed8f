import type { OutletRule } from "../core/model.ts";
import type { Order } from "../core/state.ts";
import type { Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { PlantListener } from "./listener.ts";
import type { MeterLoop } from "./meter-loop.ts";
import type { Feed } from "../core/snapshot.ts";
import { Outlet, type Hold } from "./outlet.ts";
import { Turns, type SwitchingRules } from "./turns.ts";

interface Place {
  readonly meter: string;
  readonly index: number;
}

export interface Switchable {
  readonly meters: readonly MeterLoop[];
  /** The miners on outlets. */
  readonly devices: readonly { readonly id: string; readonly outlet: Place | null }[];
  /** When an outlet may be opened. */
  readonly opens: (outlet: Place) => OutletRule;
  readonly rules: SwitchingRules;
}

/** Every outlet that can be switched, made as the PDUs tell of them. */
export class Switchboard {
  readonly #outlets = new Map<string, Outlet>();
  readonly #byDevice = new Map<string, Outlet>();
  #signal: AbortSignal = AbortSignal.abort();
  #holdOf: (name: string) => Hold | null = () => null;

  constructor({ meters, devices, opens, rules }: Switchable, context: { readonly clock: Clock; readonly listener: PlantListener }) {
    const shared = { ...context, rules, turns: new Turns(rules, context.clock) };
    const deviceOn = new Map(devices.flatMap(({ id, outlet }) => (outlet === null ? [] : [[`${outlet.meter}/${outlet.index}`, id] as const])));
    const add = (meter: MeterLoop, index: number): Outlet => {
      const device = deviceOn.get(`${meter.meter.id}/${index}`) ?? null;
      const made = new Outlet({ meter, index, device, opens: opens({ meter: meter.meter.id, index }) }, shared);
      made.hold = this.#holdOf(made.name);
      this.#outlets.set(made.name, made);
      if (device !== null) this.#byDevice.set(device, made);
      return made;
    };
    for (const loop of meters.filter(({ meter }) => meter.switches)) {
      for (const { outlet } of devices) if (outlet?.meter === loop.meter.id) add(loop, outlet.index);
      loop.watch((reading, tick) => {
        for (const { index } of reading?.outlets ?? []) (this.#outlets.get(`${loop.meter.id}/${index}`) ?? add(loop, index)).read(reading, tick);
      });
    }
  }

  get outlets(): readonly Outlet[] {
    return [...this.#outlets.values()];
  }

  outlet(name: string): Outlet | undefined {
    return this.#outlets.get(name);
  }

  /** What technicians held before: holds for the outlets there are and those that show up later. */
  heldAs(holdOf: (name: string) => Hold | null): void {
    this.#holdOf = holdOf;
    for (const outlet of this.#outlets.values()) outlet.hold = holdOf(outlet.name);
  }

  feed(device: string, uptime: Millis): Feed | null {
    return this.#byDevice.get(device)?.feed(uptime) ?? null;
  }

  /** An order of core to a miner's outlet, sent when it is `kept`. */
  post(order: Order, on: boolean, kept: Promise<void>): void {
    this.#byDevice.get(order.device)?.post(order, on, { kept, signal: this.#signal });
  }

  /** A technician's order. Resolves when the outlet reads as ordered; throws a DeviceError that says why not. */
  order(outlet: Outlet, on: boolean, by: { readonly who: string; readonly why: string }): Promise<void> {
    return outlet.order(on, by, this.#signal);
  }

  /** Orders are carried out until `signal` aborts. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
  }
}
