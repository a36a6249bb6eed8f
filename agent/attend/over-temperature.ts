/** Thermostats of the room: a contact that opens, or cannot be read, limits the rack until it has been closed for a while. */
import type { Config } from "../config/schema.ts";
import type { Statement } from "../core/limit.ts";
import type { Now, Tick } from "../core/time.ts";
import { millis, seconds, watts, type Millis, type Watts } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { StopContact, type Trip } from "./stop-contact.ts";

interface Thermostat {
  readonly contact: StopContact;
  readonly limit: Watts;
  readonly restoreAfter: Millis;
  /** Uptime at which it was last not closed; null: it limits nothing. */
  openAt: Millis | null;
}

export class OverTemperature implements Attendant {
  readonly name = "over-temperature";
  readonly #thermostats: readonly Thermostat[];
  #desk: Desk | null = null;

  constructor({ contacts, node }: Pick<Config, "contacts" | "node">, clock: Clock) {
    this.#thermostats = contacts.overTemperature.map(({ input, limitW, limitPct, restoreAfterS }) => ({
      contact: new StopContact(input, clock.now().uptime), limit: watts(limitW ?? (node.nominalW * (limitPct ?? 0)) / 100), restoreAfter: seconds(restoreAfterS), openAt: null,
    }));
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
    for (const thermostat of this.#thermostats) {
      const { contact } = thermostat;
      const loop = desk.plant.meters.find(({ meter }) => meter.id === contact.input.meter);
      loop?.watch((reading, tick) => {
        const trip = contact.read(reading?.inputs.find(({ index }) => index === contact.input.outlet)?.closed ?? null, tick.uptime);
        if (trip !== null) this.#open(thermostat, trip, tick);
      });
    }
  }

  limits(_now: Now, tick: Tick): readonly Statement[] {
    return this.#thermostats.flatMap((thermostat): Statement[] => {
      const { contact, limit, restoreAfter } = thermostat;
      if (contact.isMute(tick.uptime)) this.#open(thermostat, "unreadable", tick);
      if (thermostat.openAt === null) return [];
      if (contact.state(tick.uptime) === "closed" && tick.uptime >= millis(thermostat.openAt + restoreAfter)) {
        thermostat.openAt = null;
        this.#desk?.event("temperature.restored", { contact: contact.name });
        return [];
      }
      return [{ source: "thermal", power: limit, ref: null, until: null }];
    });
  }

  #open(thermostat: Thermostat, reason: Trip, { uptime }: Tick): void {
    const first = thermostat.openAt === null;
    thermostat.openAt = uptime;
    if (!first) return;
    this.#desk?.event("temperature.exceeded", { contact: thermostat.contact.name, reason, limitW: Math.round(thermostat.limit) });
    this.#desk?.soon();
  }
}
