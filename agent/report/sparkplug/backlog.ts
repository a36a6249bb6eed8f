/** What has moved while nobody could hear it, oldest first and bounded: told as history when somebody can. */
import type { Scalar } from "../farm/said.ts";

export interface Missed {
  /** null: the node itself. */
  readonly device: string | null;
  readonly at: number;
  readonly values: Readonly<Record<string, Scalar>>;
}

export class Backlog {
  readonly #most: number;
  #missed: Missed[] = [];
  /** Those that gave way. */
  dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#missed.length;
  }

  add(missed: Missed): void {
    this.#missed.push(missed);
    if (this.#missed.length <= this.#most) return;
    this.#missed.shift();
    this.dropped += 1;
  }

  /** The next that belong to one device, `most` at the most. */
  take(most: number): readonly Missed[] {
    const [first] = this.#missed;
    if (first === undefined) return [];
    const end = this.#missed.findIndex(({ device }) => device !== first.device);
    return this.#missed.splice(0, Math.min(most, end < 0 ? this.#missed.length : end));
  }
}
