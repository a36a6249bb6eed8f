/**
 * Energy by intervals of the clock: each look at the rack holds until the next one, a look that lasts over the end of an
 * interval is parted there, and what nobody looked at is missing. Durations are monotonic; only the parting is by the clock.
 * How long intervals are may change: the one that is being filled then ends where the clock next shows an end of the new kind.
 */
import { beginInterval, fill, noteRegisters, QUARTER_MS, recordOf, type Interval, type Look } from "./interval.ts";
import type { Cost, IntervalRecord } from "./record.ts";

/** A look older than this says nothing any more. */
const LONGEST_LOOK = 5_000;
/** The wall clock moved otherwise than time did. */
const STEP = 2_000;
/** Missed altogether, so many are recorded one by one: a day of quarter hours. */
const MOST_MISSED = 96;

/** What is written down now and then, so that a restart costs what lies between. */
export interface EnergyMemory {
  readonly interval: Interval;
  readonly at: number;
  readonly registers: Look["registers"];
  readonly gap?: Gap | null;
}

/** Nobody looked for a while: where the registers stood before, and what power has counted since. */
interface Gap {
  readonly registers: Look["registers"];
  readonly sinceWh: number;
}

export class EnergyBook {
  readonly #costOf: (from: number, kWh: number) => Cost | null;
  #interval: Interval | null = null;
  #length = QUARTER_MS;
  /** Wall time of the last look, over a restart. */
  #seenAt = 0;
  #last: Look | null = null;
  /** Each meter's last word, over gaps. */
  #registers: Record<string, number | null> = {};
  /** Waits for the meters' first word after it. */
  #gap: Gap | null = null;

  constructor(costOf: (from: number, kWh: number) => Cost | null) {
    this.#costOf = costOf;
  }

  recall({ interval, at, registers, gap = null }: EnergyMemory): void {
    this.#gap = gap;
    this.#interval = interval;
    this.#seenAt = at;
    this.#registers = { ...registers };
  }

  /** null: nothing was seen yet. */
  memory(): EnergyMemory | null {
    return this.#interval === null ? null : { interval: this.#interval, at: this.#seenAt, registers: this.#registers, gap: this.#gap };
  }

  /** Takes a look; returns the records of the intervals that ended with it, oldest first. `length` (ms) divides the hour. */
  look(look: Look, length: number = QUARTER_MS): IntervalRecord[] {
    const before = this.#last;
    this.#length = length;
    const records = before === null ? this.#resume(look) : this.#pass(before, look);
    this.#last = look;
    this.#seenAt = look.at;
    const interval = (this.#interval ??= this.#begin(look));
    noteRegisters(interval, look.registers);
    this.#bridge(interval, look);
    for (const [meter, wh] of Object.entries(look.registers)) if (wh !== null) this.#registers[meter] = wh;
    return records;
  }

  /** From one look to the next. */
  #pass(before: Look, look: Look): IntervalRecord[] {
    const length = look.uptime - before.uptime;
    const interval = (this.#interval ??= this.#begin(before));
    if (Math.abs(look.at - before.at - length) > STEP) return this.#stepped(interval, before, { look, length });
    const end = this.#end(interval);
    const offset = (before.at - interval.from) / 1000;
    if (look.at < end) {
      fill(interval, before, { seconds: known(length) / 1000, offset });
      return [];
    }
    const part = Math.max(0, Math.min(length, end - before.at));
    fill(interval, before, { seconds: known(part) / 1000, offset });
    this.#partRegisters(interval, look, length === 0 ? 1 : part / length);
    const records = [recordOf(interval, end, this.#costOf), ...this.#missed(end, look.at)];
    if (this.#gap !== null) this.#gap = { ...this.#gap, sinceWh: this.#gap.sinceWh + interval.powerWh };
    this.#interval = this.#begin(look, { registers: interval.registers, end });
    fill(this.#interval, before, { seconds: Math.min(known(length - part), look.at - this.#interval.from) / 1000, offset: 0 });
    return records;
  }

  /** The clock was set: this interval is what it is, and says so. */
  #stepped(interval: Interval, before: Look, { look, length }: { readonly look: Look; readonly length: number }): IntervalRecord[] {
    fill(interval, before, { seconds: known(length) / 1000, offset: Math.max(0, before.at - interval.from) / 1000 });
    interval.clock = "stepped";
    const end = this.#end(interval);
    if (look.at >= interval.from && look.at < end) return [];
    noteRegisters(interval, look.registers);
    this.#interval = this.#begin(look);
    this.#interval.clock = "stepped";
    return [recordOf(interval, end, this.#costOf)];
  }

  /** After a restart: what was begun goes on, or ends with what was known of it. */
  #resume(look: Look): IntervalRecord[] {
    const interval = this.#interval;
    if (interval === null) return [];
    const end = this.#end(interval);
    if (look.at >= interval.from && look.at < end) {
      // Where its registers are known from its beginning they count over the gap by themselves.
      const whole = Object.values(interval.registers).length > 0 && Object.values(interval.registers).every(({ start }) => start !== null);
      if (!whole) this.#gap ??= { registers: { ...this.#registers }, sinceWh: -interval.powerWh };
      return [];
    }
    this.#interval = this.#begin(look);
    this.#gap = this.#gap === null ? { registers: { ...this.#registers }, sinceWh: 0 } : { ...this.#gap, sinceWh: this.#gap.sinceWh + interval.powerWh };
    return [recordOf({ ...interval, unended: true }, end, this.#costOf), ...(look.at >= end ? this.#missed(end, look.at) : [])];
  }

  /** What the registers counted while nobody looked, as soon as they all say where they stand: the first look after a start is before the first poll. */
  #bridge(interval: Interval, { registers }: Look): void {
    const meters = Object.entries(registers);
    if (this.#gap === null || meters.length === 0 || meters.some(([, wh]) => wh === null)) return;
    const { registers: before, sinceWh } = this.#gap;
    this.#gap = null;
    const passed = meters.map(([meter, wh]) => (wh ?? 0) - (before[meter] ?? Number.NaN));
    // A register that is new or was set back tells nothing of before.
    if (passed.every((wh) => wh >= 0)) interval.bridgedWh = (interval.bridgedWh ?? 0) + Math.max(0, passed.reduce((sum, wh) => sum + wh, 0) - sinceWh - interval.powerWh);
  }

  /** Where the one that is being filled ends, by what was seen of it. */
  #end(interval: Interval): number {
    // A clock that is slewed back may have shown less than its beginning.
    return this.#start(Math.max(interval.from, this.#seenAt)) + this.#length;
  }

  #start(at: number): number {
    return Math.floor(at / this.#length) * this.#length;
  }

  /** An interval that begins where the one before it ended has its registers' end as their start. */
  #begin(look: Look, former: { readonly registers: Interval["registers"]; readonly end: number } | null = null): Interval {
    const interval = beginInterval(this.#start(look.at));
    for (const meter of Object.keys(look.registers)) {
      const start = former?.end === interval.from ? (former.registers[meter]?.end ?? null) : look.at - interval.from < STEP ? (look.registers[meter] ?? null) : null;
      interval.registers[meter] = { start, end: look.registers[meter] ?? null };
    }
    return interval;
  }

  /** Between two readings a register stood where the time says. */
  #partRegisters(interval: Interval, look: Look, part: number): void {
    for (const [meter, wh] of Object.entries(look.registers)) {
      const known = interval.registers[meter];
      if (known === undefined || known.end === null || wh === null || wh < known.end) continue;
      known.end = Math.round((known.end + (wh - known.end) * part) * 10) / 10;
    }
  }

  /** Intervals nobody saw anything of. */
  #missed(from: number, to: number): IntervalRecord[] {
    const length = this.#length;
    const first = Math.max(from, this.#start(to) - MOST_MISSED * length);
    const records: IntervalRecord[] = [];
    for (let start = first; start + length <= to; start += length) records.push(recordOf({ ...beginInterval(start), allottedWh: null }, start + length, this.#costOf));
    return records;
  }
}

const known = (length: number): number => Math.min(length, LONGEST_LOOK);
