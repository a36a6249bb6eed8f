import { watts } from "../../agent/core/units.ts";
import type { InputReading, Meter, MeterReading, OutletReading } from "../driver.ts";
import type { Buses, LineAddress } from "./buses.ts";
import type { Image } from "./image.ts";
import type { Credentials } from "./login.ts";
import { Poll } from "./poll.ts";
import type { Profile } from "./profile.ts";
import { Switching } from "./switching.ts";
import { Unit } from "./unit.ts";

export interface MeterOptions {
  readonly id: string;
  readonly profile: Profile;
  readonly address: LineAddress;
  /** Unit number behind the address, 0 to 255. */
  readonly unit: number;
  /** The rack's lines: meters at the same address share one. */
  readonly buses: Buses;
  /** Points that are read with every poll, whatever the profile thinks of them. */
  readonly urgent?: readonly string[];
  /** For profiles with a login. */
  readonly credentials?: Credentials | null;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** A PDU or meter that speaks Modbus, as its profile describes it. Connects with the first read; disposing releases the line. */
export function modbusMeter(options: MeterOptions): Meter {
  const { id, unit, credentials = null, now = () => performance.now() } = options;
  const profile = hurried(options.profile, options.urgent ?? []);
  const lease = options.buses.lease(options.address);
  const device = new Unit({ id, profile, bus: lease.bus, unit, credentials, now });
  const poll = new Poll(device);
  const switching = new Switching(device);
  return {
    id,
    description: profile.title,
    accuracy: { fraction: profile.accuracy.fraction, resolution: watts(profile.accuracy.resolutionW) },
    switches: profile.switch !== undefined,
    staleAfterMs: Math.min(...Object.values(profile.groups).filter(({ intervalMs }) => intervalMs === 0).map(({ staleAfterMs }) => staleAfterMs)),
    async read(signal) {
      const since = now();
      return toReading(await poll.run(signal), since, now());
    },
    switch: (outlet, on, signal) => switching.order(outlet, on, signal),
    async [Symbol.asyncDispose]() {
      poll.end();
      lease.release();
    },
  };
}

function hurried(profile: Profile, urgent: readonly string[]): Profile {
  const group = Object.entries(profile.groups).find(([, { intervalMs }]) => intervalMs === 0)?.[0];
  if (group === undefined || urgent.length === 0) return profile;
  return { ...profile, points: Object.fromEntries(Object.entries(profile.points).map(([name, point]) => [name, urgent.includes(name) ? { ...point, group } : point])) };
}

function toReading(image: Image, since: number, now: number): MeterReading {
  const power = image.number("power", since, now);
  const outlets = Math.max(image.count("outlet.power"), image.count("outlet.on"));
  return {
    power: power === null ? null : watts(power),
    outlets: Array.from({ length: outlets }, (_, at) => outlet(image, at + 1, since, now)),
    inputs: Array.from({ length: image.count("input.on") }, (_, at) => input(image, at + 1, since, now)),
    voltage: image.number("voltage", since, now),
    frequencyHz: image.number("frequency", since, now),
    energyWh: image.number("energy", since, now),
  };
}

function outlet(image: Image, index: number, since: number, now: number): OutletReading {
  const power = image.value("outlet.power", index, since, now);
  const on = image.value("outlet.on", index, since, now);
  return { index, power: typeof power === "number" ? watts(power) : null, on: typeof on === "boolean" ? on : null };
}

function input(image: Image, index: number, since: number, now: number): InputReading {
  const closed = image.value("input.on", index, since, now);
  return { index, closed: typeof closed === "boolean" ? closed : null };
}
