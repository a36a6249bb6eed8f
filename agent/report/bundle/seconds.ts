/** The metered curve of a stretch of time by seconds, put together from the journal's minutes. */
import type { CurveFacts, CurveRow } from "./facts.ts";

/** A line `curve` of the journal. */
export interface CurveLine {
  readonly from: string;
  readonly powerW: readonly (number | null)[];
  readonly limits: readonly (readonly [number, number | null])[];
}

/** A day and a half of seconds; longer stretches are told by quarter hours. */
export const MOST_SECONDS = 36 * 3600;
const MOST_COLUMNS = 3_600;

export class Seconds {
  readonly from: number;
  readonly length: number;
  readonly #power: (number | null)[];
  /** undefined: nobody looked. */
  readonly #limit: (number | null | undefined)[];

  /** From and to in ms; cut to whole seconds. */
  constructor(from: number, to: number) {
    this.from = Math.floor(from / 1000) * 1000;
    this.length = Math.max(0, Math.min(MOST_SECONDS, Math.ceil((to - this.from) / 1000)));
    this.#power = Array.from({ length: this.length }, () => null);
    this.#limit = Array.from({ length: this.length }, () => undefined);
  }

  add({ from, powerW, limits }: CurveLine): void {
    const start = Math.round((Date.parse(from) - this.from) / 1000);
    for (const [second, power] of powerW.entries()) {
      const at = start + second;
      if (at < 0 || at >= this.length) continue;
      if (power !== null) this.#power[at] = power;
      const limit = limits.findLast(([since]) => since <= second);
      if (limit !== undefined) this.#limit[at] = limit[1];
    }
  }

  powerAt(second: number): number | null {
    return this.#power[second] ?? null;
  }

  /** null: nothing limits, or nobody looked. */
  limitAt(second: number): number | null {
    return this.#limit[second] ?? null;
  }

  /** The second an instant lies in. */
  index(at: number): number {
    return Math.floor((at - this.from) / 1000);
  }

  /** Mean over [first, last); null: nothing was measured. */
  mean(first: number, last: number): number | null {
    let [sum, count] = [0, 0];
    for (let at = Math.max(0, first); at < Math.min(this.length, last); at += 1) {
      const power = this.powerAt(at);
      if (power === null) continue;
      sum += power;
      count += 1;
    }
    return count === 0 ? null : sum / count;
  }

  /** From the first second anybody looked to the last. */
  columns(most = MOST_COLUMNS): CurveFacts {
    const begin = Math.max(0, this.#limit.findIndex((limit) => limit !== undefined));
    const end = this.#limit.findLastIndex((limit) => limit !== undefined) + 1;
    const stepS = Math.max(1, Math.ceil((end - begin) / most));
    const rows: CurveRow[] = [];
    for (let first = begin; first < end; first += stepS) rows.push(this.#row(first, Math.min(end, first + stepS)));
    return { from: new Date(this.from + begin * 1000).toISOString(), stepS, columns: ["leastW", "meanW", "mostW", "limitW"], rows };
  }

  /** The least limit in it: what the most has to be held against. */
  #row(first: number, last: number): CurveRow {
    let [least, most, limit]: (number | null)[] = [null, null, null];
    for (let at = first; at < last; at += 1) {
      const power = this.powerAt(at);
      const limitW = this.limitAt(at);
      if (power !== null) [least, most] = [Math.min(least ?? power, power), Math.max(most ?? power, power)];
      if (limitW !== null) limit = Math.min(limit ?? limitW, limitW);
    }
    const mean = this.mean(first, last);
    return [least ?? null, mean === null ? null : Math.round(mean), most ?? null, limit ?? null];
  }
}
