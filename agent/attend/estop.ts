/**
 * The rack's own emergency stop: a local latch. It is set by a contact that opens or cannot be read, kept over restarts and
 * power cuts, and cleared by nobody but a technician at the rack, with the contacts closed. The grid cannot clear it.
 */
import type { OutletName } from "../config/address.ts";
import type { Statement } from "../core/limit.ts";
import type { Now, Tick } from "../core/time.ts";
import { watts, type Instant } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { StopContact, type Trip } from "./stop-contact.ts";

export interface Latch {
  readonly contact: string;
  readonly reason: Trip;
  readonly at: Instant;
}

const STOP: readonly Statement[] = [{ source: "estop", power: watts(0), ref: null, until: null }];

export class EStop implements Attendant {
  readonly name = "estop";
  readonly #clock: Clock;
  readonly #contacts: readonly StopContact[];
  #latch: Latch | null = null;
  #desk: Desk | null = null;

  constructor(inputs: readonly OutletName[], clock: Clock) {
    this.#clock = clock;
    this.#contacts = inputs.map((input) => new StopContact(input, clock.now().uptime));
  }

  get latch(): Latch | null {
    return this.#latch;
  }

  get contacts(): { readonly contact: string; readonly state: "closed" | Trip }[] {
    const { uptime } = this.#clock.now();
    return this.#contacts.map((contact) => ({ contact: contact.name, state: contact.state(uptime) }));
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    this.#latch = kept as Latch | null;
    for (const contact of this.#contacts) {
      const loop = desk.plant.meters.find(({ meter }) => meter.id === contact.input.meter);
      loop?.watch((reading, tick) => {
        const closed = reading?.inputs.find(({ index }) => index === contact.input.outlet)?.closed ?? null;
        const trip = contact.read(closed, tick.uptime);
        if (trip !== null) this.#set(contact, trip, tick);
      });
    }
  }

  limits(_now: Now, tick: Tick): readonly Statement[] {
    for (const contact of this.#contacts) if (contact.isMute(tick.uptime)) this.#set(contact, "unreadable", tick);
    return this.#latch === null ? [] : STOP;
  }

  /** Clears the latch. What stands in the way, in words; null when it is done. Rejects when the end of it cannot be kept: then it holds on. */
  async reset(who: string): Promise<string | null> {
    const open = this.contacts.filter(({ state }) => state !== "closed");
    if (open.length > 0) return open.map(({ contact, state }) => `${contact} is ${state}`).join(", ");
    if (this.#latch === null || this.#desk === null) return null;
    const ended = this.#latch;
    await this.#desk.keep(null);
    // What opened while it was written down is a new stop.
    if (this.#latch !== ended) return `${this.#latch.contact} has opened again`;
    this.#latch = null;
    this.#desk.event("estop.reset", { contact: ended.contact, who });
    this.#desk.soon();
    return null;
  }

  #set(contact: StopContact, reason: Trip, { at }: Tick): void {
    if (this.#latch?.contact === contact.name) return;
    this.#latch = { contact: contact.name, reason, at };
    this.#desk?.event("estop.latched", { contact: contact.name, reason });
    // It holds from now on, written down or not; a store that fails says so itself.
    this.#desk?.keep(this.#latch).catch(() => undefined);
    this.#desk?.soon();
  }
}
