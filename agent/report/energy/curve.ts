/** The metered curve second by second, a minute a line: what reports draw, and what nobody can draw otherwise afterwards. */

export interface CurveMinute {
  /** UTC, the beginning of the minute. */
  readonly from: string;
  /** By seconds; of several readings in one the highest. null: nothing was measured. */
  readonly powerW: readonly (number | null)[];
  /** Seconds from the beginning, and the limit from then on; null: none. */
  readonly limits: readonly (readonly [number, number | null])[];
  /** The same for how the power was known. */
  readonly quality: readonly (readonly [number, string])[];
}

export interface CurveLook {
  readonly at: number;
  readonly powerW: number | null;
  readonly limitW: number | null;
  readonly quality: string;
}

const MINUTE_MS = 60_000;

export class Curve {
  #from: number | null = null;
  #powerW: (number | null)[] = [];
  #limits: [number, number | null][] = [];
  #quality: [number, string][] = [];

  /** Returns the minute that ended with this look. */
  look({ at, powerW, limitW, quality }: CurveLook): CurveMinute | null {
    const from = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const ended = this.#from !== null && this.#from !== from ? this.end() : null;
    this.#from = from;
    const second = Math.floor((at - from) / 1000);
    while (this.#powerW.length <= second) this.#powerW.push(null);
    const before = this.#powerW[second] ?? null;
    this.#powerW[second] = powerW === null ? before : Math.max(before ?? 0, Math.round(powerW));
    if (this.#limits.at(-1)?.[1] !== limitW || this.#limits.length === 0) this.#limits.push([second, limitW]);
    if (this.#quality.at(-1)?.[1] !== quality) this.#quality.push([second, quality]);
    return ended;
  }

  /** What was seen of this minute; null: nothing. */
  end(): CurveMinute | null {
    if (this.#from === null) return null;
    const minute = { from: new Date(this.#from).toISOString(), powerW: this.#powerW, limits: this.#limits, quality: this.#quality };
    this.#from = null;
    this.#powerW = [];
    this.#limits = [];
    this.#quality = [];
    return minute;
  }
}
