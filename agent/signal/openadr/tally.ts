/** What was drawn in an interval, as it is added up second by second, and how well that is known. */
import type { Millis } from "../../core/units.ts";

/** A look at the rack; it stands for the time since the look before. null: not known. */
export interface Look {
  readonly powerW: number | null;
  readonly measured: boolean;
  /** What would be drawn if nothing limited; null: nobody can say. */
  readonly baselineW: number | null;
  /** What could be shed within five minutes. */
  readonly shedW: number;
  readonly state: OperatingState;
}

export type OperatingState = "RUNNING_NORMAL" | "IDLE_NORMAL" | "RUNNING_CURTAILED" | "IDLE_CURTAILED" | "ERROR";
export type Quality = "OK" | "ESTIMATED" | "MISSING";

/** Longer between two looks nothing is known: the daemon was away. */
const LONGEST_LOOK = 10_000;
/** Less of an interval than this is no ground for an estimate of it. */
const ENOUGH = 0.5;

export class Tally {
  #knownMs = 0;
  #measuredMs = 0;
  #wattMs = 0;
  #baselineMs = 0;
  #baselineWattMs = 0;
  #last: Look | null = null;

  add(look: Look, length: Millis): void {
    if (length <= 0 || length > LONGEST_LOOK) return;
    this.#last = look;
    if (look.baselineW !== null) {
      this.#baselineMs += length;
      this.#baselineWattMs += look.baselineW * length;
    }
    if (look.powerW === null) return;
    this.#knownMs += length;
    this.#wattMs += look.powerW * length;
    if (look.measured) this.#measuredMs += length;
  }

  get last(): Look | null {
    return this.#last;
  }

  /** Over an interval of `length`. Where a second of it is missing it is an estimate, where half is, nothing. */
  mean(length: number): { readonly kW: number | null; readonly quality: Quality } {
    const quality = qualityOf({ length, known: this.#knownMs, measured: this.#measuredMs });
    return { kW: quality === "MISSING" ? null : this.#wattMs / this.#knownMs / 1_000, quality };
  }

  baseline(length: number): { readonly kW: number | null; readonly quality: Quality } {
    const quality = qualityOf({ length, known: this.#baselineMs, measured: 0 });
    return { kW: quality === "MISSING" ? null : this.#baselineWattMs / this.#baselineMs / 1_000, quality };
  }
}

function qualityOf({ length, known, measured }: { readonly length: number; readonly known: number; readonly measured: number }): Quality {
  if (length <= 0 || known < ENOUGH * length) return "MISSING";
  return measured >= length - SLACK ? "OK" : "ESTIMATED";
}

/** Cycles do not begin with intervals: a second at each end. */
const SLACK = 2_000;
