/** e: a limit that has stood long enough, on a rack that has been whole long enough, is used. */
import { roundW, type Moment } from "./moment.ts";
import { reach } from "./reach.ts";
import type { Verdicts } from "./sight.ts";

/** The longest restart delay, the longest wake in the plan with its room, and the minute of the clause. */
const USED_AFTER_MS = 150_000;
const USE = 0.97;
const LOOK_EVERY_MS = 10_000;
/** Work that moves between machines is down at the one before it is up at the other: so many looks under it in a row are too many. */
const LOOKS = 4;

export interface UseRules {
  /** Of nominal power a minute, as the allocation lets it rise. */
  readonly rampPctPerMin: number;
  /** Until when what was wrong may still be felt: a quarantine, a restart. */
  readonly recoveredMs: number;
}

export class Use {
  #limitW = -1;
  #judgedFromMs = 0;
  #under = 0;
  #reach: { readonly key: string; readonly watts: number } = { key: "", watts: 0 };

  look(moment: Moment, { rampPctPerMin, recoveredMs }: UseRules, verdicts: Verdicts): void {
    const { sight, limitW, quiet, whole, toleranceW } = moment;
    const { nowMs, powerW, nominalW, said } = sight;
    // The agent may be stricter than the law, for safety: it gives nothing away that it may not.
    const stricter = said === null || (said.effectiveLimitW ?? Infinity) < limitW - 1;
    if (!whole || !quiet || stricter || limitW !== this.#limitW || nowMs < recoveredMs) {
      this.#limitW = limitW;
      this.#under = 0;
      const rampMs = (Math.min(limitW, 2 * nominalW) / ((nominalW * rampPctPerMin) / 100)) * 60_000;
      this.#judgedFromMs = nowMs + USED_AFTER_MS + rampMs;
      return;
    }
    if (nowMs < this.#judgedFromMs || limitW === 0 || nowMs % LOOK_EVERY_MS !== 0) return;
    const reachW = this.#reachable(moment);
    verdicts.judged("e");
    this.#under = powerW < USE * reachW - toleranceW ? this.#under + 1 : 0;
    if (this.#under === LOOKS) verdicts.broken("e", `${roundW(powerW)} of ${roundW(reachW)} reachable under ${roundW(limitW)}`);
  }

  #reachable({ sight, limitW }: Moment): number {
    const choices = sight.machines().map(({ choicesW }) => choicesW);
    const key = `${limitW} ${choices.length}`;
    if (this.#reach.key !== key) this.#reach = { key, watts: reach(choices, limitW) };
    return this.#reach.watts;
  }
}
