import { BackOff } from "./back-off.ts";
import type { Priority } from "./job.ts";

/** How long someone of this priority is held back at most: orders never; the meter that verifies a curtailment is asked again within 5 s. */
const PATIENCE_MS: Readonly<Record<Priority, number>> = { switching: 0, fast: 4_000, slow: 30_000 };
const LONGEST_MS = 30_000;
const FIRST_LINE_MS = 100;
const FIRST_UNIT_MS = 1_000;
/** A unit may miss one reply; from the second on its neighbours no longer wait for it. */
const MISSED_REPLIES = 2;
const LATELY_MS = 10_000;

/** Who on a line is left alone for how long. A good reply makes good for everything. */
export class LineHealth {
  readonly #random: () => number;
  readonly #line: BackOff;
  readonly #units = new Map<number, BackOff>();
  readonly #answeredAt = new Map<number, number>();
  #reason = "never tried";

  constructor(random: () => number) {
    this.#random = random;
    this.#line = new BackOff(FIRST_LINE_MS, LONGEST_MS, random);
  }

  /** Why the line failed last. */
  get reason(): string {
    return this.#reason;
  }

  /** When the line may be connected again for someone of this priority. */
  connectAt(priority: Priority): number {
    return this.#line.until(PATIENCE_MS[priority]);
  }

  /** How many replies this unit has missed, when that is a reason not to ask it now; else 0. */
  missed(unit: number, priority: Priority, now: number): number {
    const known = this.#units.get(unit);
    if (known === undefined || known.failures < MISSED_REPLIES) return 0;
    return known.until(PATIENCE_MS[priority]) > now ? known.failures : 0;
  }

  /** Whether it has missed so many replies that its neighbours go first. */
  isSilent(unit: number): boolean {
    return (this.#units.get(unit)?.failures ?? 0) >= MISSED_REPLIES;
  }

  /** Whether another than this one has answered of late: then the line is in order, and only this one is not. */
  othersAnswer(unit: number, now: number): boolean {
    for (const [other, at] of this.#answeredAt) if (other !== unit && now - at < LATELY_MS) return true;
    return false;
  }

  answered(unit: number, now: number): void {
    this.#line.answered();
    this.#answeredAt.set(unit, now);
    this.#units.delete(unit);
  }

  lineAnswered(): void {
    this.#line.answered();
  }

  lineFailed(reason: string, now: number): void {
    this.#reason = reason;
    this.#line.failed(now);
  }

  unitFailed(unit: number, now: number): void {
    const known = this.#units.get(unit) ?? new BackOff(FIRST_UNIT_MS, LONGEST_MS, this.#random);
    this.#units.set(unit, known);
    known.failed(now);
  }
}
