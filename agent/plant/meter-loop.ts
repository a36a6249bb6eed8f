import type { Metered } from "../core/snapshot.ts";
import type { Supply } from "../core/supply.ts";
import type { Tick } from "../core/time.ts";
import type { Millis } from "../core/units.ts";
import { millis, seconds, watts } from "../core/units.ts";
import type { Meter, MeterReading } from "../../drivers/driver.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import type { PlantListener } from "./listener.ts";
import { messageOf } from "../runtime/errors.ts";

const PERIOD = seconds(1);
/** The meter that verifies a curtailment is asked again within 5 s of any failure. */
const READ_DEADLINE = seconds(4);
/** Noise of one reading around its value, apart from the accuracy class. */
const NOISE = 0.002;

/** Reads one meter for ever. Its last word is kept with the time it was said. */
export class MeterLoop {
  readonly meter: Meter;
  readonly role: "rack" | "outlets";
  readonly #clock: Clock;
  readonly #listener: PlantListener;
  #reading: MeterReading | null = null;
  #readAt: Tick | null = null;
  #failure: string | null = null;
  readonly #watchers: ((reading: MeterReading | null, at: Tick) => void)[] = [];

  constructor(meter: Meter, options: { readonly role: "rack" | "outlets"; readonly clock: Clock; readonly listener: PlantListener }) {
    this.meter = meter;
    this.role = options.role;
    this.#clock = options.clock;
    this.#listener = options.listener;
  }

  get reading(): MeterReading | null {
    return this.#reading;
  }

  get failure(): string | null {
    return this.#failure;
  }

  /** Calls after every read: with what it brought, or null where it failed. For what may not miss one between two cycles. */
  watch(call: (reading: MeterReading | null, at: Tick) => void): void {
    this.#watchers.push(call);
  }

  total(tick: Tick): Metered {
    return this.#metered(this.#reading?.power ?? null, tick);
  }

  /** The mains as this meter sees them. */
  supply(tick: Tick): Supply {
    const { voltage = null, frequencyHz = null } = this.#reading ?? {};
    return { voltage, frequencyHz, age: this.#readAt === null ? null : millis(tick.uptime - this.#readAt.uptime) };
  }

  outlet(index: number, tick: Tick): Metered {
    return this.#metered(this.#reading?.outlets.find((outlet) => outlet.index === index)?.power ?? null, tick);
  }

  #metered(power: number | null, tick: Tick): Metered {
    const age = this.#readAt === null ? null : millis(tick.uptime - this.#readAt.uptime);
    if (power === null) return { power: null, age, uncertainty: watts(0) };
    return { power: watts(power), age, uncertainty: watts(NOISE * Math.abs(power) + this.meter.accuracy.resolution) };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = this.#clock.now().uptime;
      await this.#poll(signal);
      const left = PERIOD - (this.#clock.now().uptime - begun);
      await this.#clock.sleep(millis(Math.max(100, left)), signal).catch(() => undefined);
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    try {
      this.#reading = await within(this.#clock, READ_DEADLINE, (until) => this.meter.read(until), signal);
      const first = this.#readAt === null || this.#failure !== null;
      this.#readAt = this.#clock.now();
      this.#failure = null;
      this.#tell(this.#reading);
      if (first) {
        this.#listener.event({ name: "meter.found", meter: this.meter.id });
        this.#listener.moved();
      }
    } catch (error) {
      if (signal.aborted) return;
      const message = messageOf(error);
      if (this.#failure === null) this.#listener.event({ name: "meter.lost", meter: this.meter.id, message });
      this.#failure = message;
      this.#tell(null);
    }
  }

  #tell(reading: MeterReading | null): void {
    for (const call of this.#watchers) call(reading, this.#clock.now());
  }
}

/** Several rack meters feed one rack: their sum, as old as the oldest; null where one of them says nothing. */
export function sumMetered(parts: readonly Metered[]): Metered | null {
  if (parts.length === 0) return null;
  const ages = parts.flatMap(({ age }) => (age === null ? [] : [age]));
  const age: Millis | null = ages.length === parts.length ? millis(Math.max(...ages)) : null;
  let power = 0;
  let uncertainty = 0;
  for (const part of parts) {
    if (part.power === null) return { power: null, age, uncertainty: watts(0) };
    power += part.power;
    uncertainty += part.uncertainty;
  }
  return { power: watts(power), age, uncertainty: watts(uncertainty) };
}
