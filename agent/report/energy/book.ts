/**
 * Energy by quarter hours of the clock: each look at the rack holds until the next one, a look that lasts over the end of a
 * quarter hour is parted there, and what nobody looked at is missing. Lengths are monotonic; only the parting is by the clock.
 */
import { beginQuarter, fill, noteRegisters, QUARTER_MS, recordOf, type Look, type Quarter } from "./quarter.ts";
import type { Cost, IntervalRecord } from "./record.ts";

/** A look older than this says nothing any more. */
const LONGEST_LOOK = 5_000;
/** The wall clock moved otherwise than time did. */
const STEP = 2_000;
/** Quarter hours missed altogether that are recorded one by one: a day. */
const MOST_MISSED = 96;

/** What is written down now and then, so that a restart costs what lies between. */
export interface EnergyMemory {
  readonly quarter: Quarter;
  readonly at: number;
  readonly registers: Look["registers"];
}

export class EnergyBook {
  readonly #costOf: (from: number, kWh: number) => Cost | null;
  #quarter: Quarter | null = null;
  #last: Look | null = null;
  /** Each meter's last word, over gaps. */
  #registers: Record<string, number | null> = {};

  constructor(costOf: (from: number, kWh: number) => Cost | null) {
    this.#costOf = costOf;
  }

  recall({ quarter, registers }: EnergyMemory): void {
    this.#quarter = quarter;
    this.#registers = { ...registers };
  }

  /** null: nothing was seen yet. */
  memory(): EnergyMemory | null {
    const [quarter, last] = [this.#quarter, this.#last];
    return quarter === null || last === null ? null : { quarter, at: last.at, registers: this.#registers };
  }

  /** Takes a look; returns the records of the quarter hours that ended with it, oldest first. */
  look(look: Look): IntervalRecord[] {
    const before = this.#last;
    this.#last = look;
    const records = before === null ? this.#resume(look) : this.#pass(before, look);
    const quarter = (this.#quarter ??= this.#begin(look));
    noteRegisters(quarter, look.registers);
    for (const [meter, wh] of Object.entries(look.registers)) if (wh !== null) this.#registers[meter] = wh;
    return records;
  }

  /** From one look to the next. */
  #pass(before: Look, look: Look): IntervalRecord[] {
    const length = look.uptime - before.uptime;
    const quarter = this.#quarter ?? this.#begin(before);
    this.#quarter = quarter;
    if (Math.abs(look.at - before.at - length) > STEP) return this.#stepped(quarter, before, { look, length });
    const end = quarter.from + QUARTER_MS;
    const offset = (before.at - quarter.from) / 1000;
    if (look.at < end) {
      fill(quarter, before, { seconds: known(length) / 1000, offset });
      return [];
    }
    const part = Math.max(0, Math.min(length, end - before.at));
    fill(quarter, before, { seconds: known(part) / 1000, offset });
    this.#partRegisters(quarter, look, length === 0 ? 1 : part / length);
    const records = [recordOf(quarter, this.#costOf), ...this.#missed(end, look.at)];
    this.#quarter = this.#begin(look, quarter);
    fill(this.#quarter, before, { seconds: Math.min(known(length - part), look.at - this.#quarter.from) / 1000, offset: 0 });
    return records;
  }

  /** The clock was set: this quarter hour is what it is, and says so. */
  #stepped(quarter: Quarter, before: Look, { look, length }: { readonly look: Look; readonly length: number }): IntervalRecord[] {
    fill(quarter, before, { seconds: known(length) / 1000, offset: Math.max(0, before.at - quarter.from) / 1000 });
    quarter.clock = "stepped";
    if (look.at >= quarter.from && look.at < quarter.from + QUARTER_MS) return [];
    noteRegisters(quarter, look.registers);
    this.#quarter = this.#begin(look);
    this.#quarter.clock = "stepped";
    return [recordOf(quarter, this.#costOf)];
  }

  /** After a restart: what was begun goes on, or ends with what was known of it. */
  #resume(look: Look): IntervalRecord[] {
    const quarter = this.#quarter;
    if (quarter === null) return [];
    const end = quarter.from + QUARTER_MS;
    if (look.at >= quarter.from && look.at < end) return [];
    this.#quarter = this.#begin(look);
    this.#quarter.bridgedWh = this.#bridged(look);
    // Where its registers stood at its end nobody saw.
    for (const known of Object.values(quarter.registers)) known.end = null;
    return [recordOf(quarter, this.#costOf), ...(look.at >= end ? this.#missed(end, look.at) : [])];
  }

  /** What the registers counted while nobody looked; null: they do not all say. */
  #bridged({ registers }: Look): number | null {
    const meters = Object.entries(registers);
    let sum = 0;
    for (const [meter, wh] of meters) {
      const before = this.#registers[meter] ?? null;
      if (wh === null || before === null || wh < before) return null;
      sum += wh - before;
    }
    return meters.length === 0 ? null : sum;
  }

  /** A quarter hour that begins where the one before it ended has its end as its start. */
  #begin(look: Look, former: Quarter | null = null): Quarter {
    const quarter = beginQuarter(look.at);
    for (const meter of Object.keys(look.registers)) {
      const start = former !== null && former.from + QUARTER_MS === quarter.from ? (former.registers[meter]?.end ?? null) : look.at - quarter.from < STEP ? (look.registers[meter] ?? null) : null;
      quarter.registers[meter] = { start, end: look.registers[meter] ?? null };
    }
    return quarter;
  }

  /** Between two readings a register stood where the time says. */
  #partRegisters(quarter: Quarter, look: Look, part: number): void {
    for (const [meter, wh] of Object.entries(look.registers)) {
      const known = quarter.registers[meter];
      if (known === undefined || known.end === null || wh === null || wh < known.end) continue;
      known.end = Math.round((known.end + (wh - known.end) * part) * 10) / 10;
    }
  }

  /** Quarter hours nobody saw anything of. */
  #missed(from: number, to: number): IntervalRecord[] {
    const first = Math.max(from, Math.floor(to / QUARTER_MS) * QUARTER_MS - MOST_MISSED * QUARTER_MS);
    const records: IntervalRecord[] = [];
    for (let start = first; start + QUARTER_MS <= to; start += QUARTER_MS) records.push(recordOf({ ...beginQuarter(start), allottedWh: null }, this.#costOf));
    return records;
  }
}

const known = (length: number): number => Math.min(length, LONGEST_LOOK);
