/** What was last told on a topic, and how much it matters to tell it again. */
import type { Metric, Table } from "./tables.ts";

export type Scalar = number | string | boolean | null;
export type Values<Name extends string> = Readonly<Record<Name, Scalar>>;

/** So many deadbands are as much as any; a word is at once worth that. */
const MOST = 10;

export class Said<Name extends string> {
  readonly #metrics: readonly (readonly [Name, Metric])[];
  readonly #restS: number;
  #last: { readonly values: Values<Name>; readonly at: number } | null = null;

  constructor(table: Table<Name>, restS: number) {
    this.#metrics = (Object.entries(table) as [Name, Metric][]).filter(([, { moves }]) => moves);
    this.#restS = restS;
  }

  /** 0: it can wait. What has moved far and what has waited long come first, and waiting always wins in the end. */
  urgency(values: Values<Name>, atS: number): number {
    if (this.#last === null) return 2 * MOST;
    const age = atS - this.#last.at;
    let moved = 0;
    for (const [name, metric] of this.#metrics) {
      if (age >= metric.everyS) moved = Math.max(moved, distance(this.#last.values[name], values[name], metric));
    }
    return moved > 1 || age >= this.#restS ? Math.min(MOST, moved) + (MOST * age) / this.#restS : 0;
  }

  told(values: Values<Name>, atS: number): void {
    this.#last = { values, at: atS };
  }

  /** Nobody has heard what was told. */
  forget(): void {
    this.#last = null;
  }
}

/** In deadbands; what has become known or unknown, or another word, is far. */
function distance(was: Scalar, is: Scalar, { deadband }: Metric): number {
  if (was === is) return 0;
  if (typeof was !== "number" || typeof is !== "number") return MOST;
  const width = Math.max(deadband.figure, deadband.share * Math.abs(was));
  return width === 0 ? MOST : Math.abs(is - was) / width;
}
