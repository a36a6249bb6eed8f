/** What technicians do with outlets, and keeps over restarts: an outlet they opened or locked stays as it is. */
import type { Instant } from "../core/units.ts";
import type { Hold, Outlet } from "../plant/outlet.ts";
import type { Attendant, Desk } from "./attendant.ts";

type Holds = Readonly<Record<string, Hold>>;

interface By {
  readonly who: string;
  readonly why: string;
  readonly at: Instant;
}

export class OutletBook implements Attendant {
  readonly name = "outlets";
  /** What hangs on outlets besides miners, by METER/NUMBER. */
  readonly names: ReadonlyMap<string, string>;
  #holds: Holds = {};
  #desk: Desk | null = null;

  constructor(names: ReadonlyMap<string, string>) {
    this.names = names;
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    this.#holds = (kept as Holds | null) ?? {};
    // Outlets show up as their PDUs tell of them: a hold waits for its outlet.
    desk.plant.switchboard.heldAs((name) => this.#holds[name] ?? null);
  }

  /** Resolves when it reads as ordered; throws a DeviceError that says why not. One that was opened stays open until it is closed here. */
  async switch(outlet: Outlet, on: boolean, { who, why, at }: By): Promise<void> {
    await this.#desk?.plant.switchboard.order(outlet, on, { who, why });
    await this.#hold(outlet, on ? null : { kind: "off", who, why, at });
  }

  /** It holds at once; rejects when it could not be written down. */
  async lock(outlet: Outlet, locked: boolean, { who, why, at }: By): Promise<void> {
    this.#desk?.event(locked ? "outlet.locked" : "outlet.unlocked", { outlet: outlet.name, device: outlet.device, why, who });
    await this.#hold(outlet, locked ? { kind: "locked", who, why, at } : null);
  }

  async #hold(outlet: Outlet, hold: Hold | null): Promise<void> {
    outlet.hold = hold;
    const { [outlet.name]: _, ...others } = this.#holds;
    this.#holds = hold === null ? others : { ...others, [outlet.name]: hold };
    this.#desk?.soon();
    await this.#desk?.keep(Object.keys(this.#holds).length === 0 ? null : this.#holds);
  }
}
