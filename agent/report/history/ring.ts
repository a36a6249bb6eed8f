/**
 * A bounded past: a row a step of time, the oldest overwritten. Rows are found by uptime, so that a clock that is set
 * moves nothing; what a step did not see is unknown. All memory is there from the start, and nothing is allocated later.
 */

/** How looks within one step become one figure. */
export type Fold = "mean" | "least" | "most";

/** Single precision keeps whole watts up to 16 MW. */
const BYTES_A_FIGURE = 4;
/** The step a row belongs to. */
const BYTES_A_ROW = 8;

interface RingSize {
  readonly rows: number;
  readonly columns: number;
}

export const ringBytes = ({ rows, columns }: RingSize): number => rows * (columns * BYTES_A_FIGURE + BYTES_A_ROW);

export class Ring {
  readonly stepMs: number;
  readonly rows: number;
  readonly #folds: readonly Fold[];
  readonly #figures: Float32Array;
  /** The step each row holds; -1: none yet. */
  readonly #steps: Float64Array;
  /** Known looks of the step that runs, by column: what a mean is of. */
  readonly #looks: Float64Array;
  #last = -1;

  constructor({ stepMs, rows, folds }: { readonly stepMs: number; readonly rows: number; readonly folds: readonly Fold[] }) {
    this.stepMs = stepMs;
    this.rows = rows;
    this.#folds = folds;
    this.#figures = new Float32Array(rows * folds.length);
    this.#steps = new Float64Array(rows).fill(-1);
    this.#looks = new Float64Array(folds.length);
  }

  /** One figure a column; null: unknown. Uptimes do not go back. */
  add(uptime: number, figures: readonly (number | null)[]): void {
    const step = Math.floor(uptime / this.stepMs);
    const first = this.#begin(step);
    for (const [column, fold] of this.#folds.entries()) {
      const figure = figures[column] ?? null;
      if (figure === null) continue;
      const before = this.#figures[first + column] as number;
      const looks = (this.#looks[column] as number) + 1;
      this.#looks[column] = looks;
      this.#figures[first + column] = looks === 1 ? figure : folded(fold, { before, figure, looks });
    }
  }

  /** The rows of the steps that ended after `uptime`, oldest first, with nothing between them left out; `from` is the uptime of the first. */
  since(uptime: number): { readonly from: number; readonly rows: readonly (readonly number[] | null)[] } {
    const oldest = Math.max(0, this.#last - this.rows + 1, Math.floor(uptime / this.stepMs));
    const rows: (readonly number[] | null)[] = [];
    for (let step = oldest; step <= this.#last; step += 1) {
      const row = this.#row(step);
      if (row !== null || rows.length > 0) rows.push(row);
    }
    return { from: (this.#last - rows.length + 1) * this.stepMs, rows };
  }

  /** NaN: unknown. */
  #row(step: number): readonly number[] | null {
    const index = step % this.rows;
    const across = this.#folds.length;
    return this.#steps[index] === step ? [...this.#figures.subarray(index * across, (index + 1) * across)] : null;
  }

  /** Where the row of this step begins; cleared if it is new. */
  #begin(step: number): number {
    const index = step % this.rows;
    const first = index * this.#folds.length;
    if (this.#steps[index] !== step) {
      this.#steps[index] = step;
      this.#figures.fill(Number.NaN, first, first + this.#folds.length);
      this.#looks.fill(0);
    }
    this.#last = step;
    return first;
  }
}

function folded(fold: Fold, { before, figure, looks }: { readonly before: number; readonly figure: number; readonly looks: number }): number {
  switch (fold) {
    case "mean": return before + (figure - before) / looks;
    case "least": return Math.min(before, figure);
    case "most": return Math.max(before, figure);
  }
}
