/** A minute of the whole rack in one record, for the farm: what is worth knowing a week later, and no more. */
import type { MachineLook } from "./machines.ts";

export interface SummaryLook {
  readonly at: number;
  readonly powerW: number | null;
  readonly limitW: number | null;
  readonly machines: readonly MachineLook[];
}

export interface Summary {
  readonly v: 1;
  readonly type: "SUMMARY";
  readonly from: string;
  readonly powerW: { readonly least: number; readonly mean: number; readonly most: number } | null;
  readonly limitW: number | null;
  readonly columns: readonly ["id", "powerW", "hashrateThs"];
  /** Means over what was known; null: nothing was. */
  readonly rows: readonly (readonly [string, number | null, number | null])[];
}

const MINUTE_MS = 60_000;

interface Mean {
  sum: number;
  count: number;
}

export class MinuteSummary {
  #from: number | null = null;
  #limitW: number | null = null;
  #power = { least: Infinity, most: -Infinity, sum: 0, count: 0 };
  readonly #machines = new Map<string, { readonly power: Mean; readonly hashrate: Mean }>();

  /** Returns the minute that ended with this look. */
  look({ at, powerW, limitW, machines }: SummaryLook): Summary | null {
    const from = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const ended = this.#from !== null && this.#from !== from ? this.#summary(this.#from) : null;
    if (this.#from !== from) this.#clear();
    this.#from = from;
    this.#limitW = limitW;
    if (powerW !== null) this.#power = { least: Math.min(this.#power.least, powerW), most: Math.max(this.#power.most, powerW), sum: this.#power.sum + powerW, count: this.#power.count + 1 };
    for (const { id, powerW: one, hashrateThs } of machines) {
      const means = this.#machines.get(id) ?? { power: { sum: 0, count: 0 }, hashrate: { sum: 0, count: 0 } };
      this.#machines.set(id, means);
      add(means.power, one);
      add(means.hashrate, hashrateThs);
    }
    return ended;
  }

  #clear(): void {
    this.#power = { least: Infinity, most: -Infinity, sum: 0, count: 0 };
    this.#machines.clear();
  }

  #summary(from: number): Summary {
    const { least, most, sum, count } = this.#power;
    return {
      v: 1,
      type: "SUMMARY",
      from: new Date(from).toISOString(),
      powerW: count === 0 ? null : { least: Math.round(least), mean: Math.round(sum / count), most: Math.round(most) },
      limitW: this.#limitW,
      columns: ["id", "powerW", "hashrateThs"],
      rows: [...this.#machines].map(([id, { power, hashrate }]) => [id, rounded(power, 1), rounded(hashrate, 10)]),
    };
  }
}

function add(mean: Mean, value: number | null): void {
  if (value === null) return;
  mean.sum += value;
  mean.count += 1;
}

const rounded = ({ sum, count }: Mean, parts: number): number | null => (count === 0 ? null : Math.round((sum / count) * parts) / parts);
