/** e: a limit that has stood long enough, on a rack that has been whole long enough, is used. */
import { roundW, type Moment } from "./moment.ts";
import { reach, worth } from "./reach.ts";
import type { Choice, MachineSight, Verdicts } from "./sight.ts";

/** The longest restart delay, the longest wake in the plan with its room, and the minute of the clause. */
const USED_AFTER_MS = 150_000;
const USE = 0.97;
/** What fits by less than models and meters are sure of, nobody plans for: points are coarse, and the one below may be far below. What surely fits is to be used all the more. */
const SURE = 0.98;
const USE_SURE = 0.99;
const LOOK_EVERY_MS = 10_000;
/** A wake ends when cold boards are as warm as they get, give or take half a percent, as long as gains may be learnt lower no sooner: minutes later, and then the minute of the clause begins. So long after a change at the most. */
const WARM = 0.995;
const WARM_AFTER_MS = 240_000;
const MINUTE_MS = 60_000;
/** Work that moves between machines is down at the one before it is up at the other, and is trimmed then: for the minute of the clause, in looks. */
const LOOKS = MINUTE_MS / LOOK_EVERY_MS;
/** A limit that ends so soon, as its document says. */
const BRIEF_MS = 300_000;

export interface UseRules {
  /** Of nominal power a minute, as the allocation lets it rise. */
  readonly rampPctPerMin: number;
  /** Until when what was wrong may still be felt: a quarantine, a restart. */
  readonly recoveredMs: number;
}

export class Use {
  #limitW = -1;
  /** The rack is steady: what ramps, wakes or comes out of quarantine has had its time. */
  judgedFromMs = 0;
  #warmByMs = 0;
  #under = 0;
  /** Who ran last while a meter showed more than was drawn: so much is believed of them, as safety asks, until they run again. */
  readonly #overrated = new Set<string>();
  #reach: { readonly key: string; readonly watts: number; readonly sure: number } = { key: "", watts: 0, sure: 0 };

  look(moment: Moment, { rampPctPerMin, recoveredMs }: UseRules, verdicts: Verdicts): void {
    const { sight, limitW, quiet, whole, toleranceW, shownHigh } = moment;
    const { nowMs, powerW, nominalW, said } = sight;
    if (shownHigh) for (const machine of sight.machines()) if (runs(machine)) this.#overrated.add(machine.id);
    // The agent may be stricter than the law, for safety: it gives nothing away that it may not.
    const stricter = said === null || (said.effectiveLimitW ?? Infinity) < limitW - 1;
    if (!whole || !quiet || stricter || limitW !== this.#limitW || nowMs < recoveredMs) {
      this.#limitW = limitW;
      this.#under = 0;
      const rampMs = (Math.min(limitW, 2 * nominalW) / ((nominalW * rampPctPerMin) / 100)) * 60_000;
      this.judgedFromMs = nowMs + USED_AFTER_MS + rampMs;
      this.#warmByMs = nowMs + WARM_AFTER_MS + rampMs;
      return;
    }
    if (nowMs % LOOK_EVERY_MS !== 0 || limitW === 0) return;
    if (nowMs < this.#warmByMs && sight.machines().some(({ warmth }) => warmth < WARM)) this.judgedFromMs = Math.max(this.judgedFromMs, nowMs + MINUTE_MS);
    if (nowMs < this.judgedFromMs) return;
    for (const machine of sight.machines()) if (runs(machine)) this.#overrated.delete(machine.id);
    const possible = possibleOf(moment, this.#overrated);
    const { watts: reachW, sure } = this.#reachable(possible, limitW);
    verdicts.judged("e");
    const under = powerW < Math.min(USE * reachW, USE_SURE * sure) - toleranceW && earnsLess(moment, possible);
    this.#under = under ? this.#under + 1 : 0;
    if (this.#under === LOOKS) verdicts.broken("e", `${roundW(powerW)} of ${roundW(reachW)} reachable under ${roundW(limitW)}`);
  }

  #reachable(possible: readonly (readonly Choice[])[], limitW: number): { readonly watts: number; readonly sure: number } {
    const key = `${limitW} ${possible.map(({ length }) => length).join(" ")}`;
    if (this.#reach.key !== key) this.#reach = { key, watts: reach(possible, limitW), sure: reach(possible, SURE * limitW) };
    return this.#reach;
  }
}

/** What is asked for is work, not watts: points are coarse, and the fewer watts may hash more. */
function earnsLess({ sight, limitW }: Moment, possible: readonly (readonly Choice[])[]): boolean {
  return sight.machines().reduce((sum, { hashrateThs }) => sum + hashrateThs, 0) < Math.min(USE * worth(possible, limitW), USE_SURE * worth(possible, SURE * limitW));
}

const runs = ({ powerW, asleepW }: MachineSight): boolean => powerW > 2 * asleepW;

const DARK: readonly Choice[] = [{ watts: 0, ths: 0 }];

/** What each machine may be set to, itself and the limit being what they are. */
function possibleOf({ sight, limitW, limitEndsMs }: Moment, overrated: ReadonlySet<string>): (readonly Choice[])[] {
  const machines = sight.machines();
  const mayBoot = closable(machines, USE * limitW);
  const brief = limitEndsMs - sight.wallMs < BRIEF_MS;
  const asleepW = machines.reduce((sum, machine) => sum + (machine.fed ? machine.asleepW : 0), 0);
  return machines.map((machine) => {
    const { choices, wakesToW, fed } = machine;
    if (!fed) return mayBoot.has(machine) ? [...DARK, ...choices] : DARK;
    if (overrated.has(machine.id)) return choices.slice(0, 1);
    // What it holds in its sleep it passes through on waking.
    if (wakesToW > 0 && wakesToW + asleepW - machine.asleepW > USE * limitW) return choices.slice(0, 1);
    if (!brief) return choices;
    // Putting one to sleep for another takes a minute of both, which a limit that ends soon does not pay.
    if (wakesToW === 0) return runs(machine) ? choices.slice(1) : choices;
    return (choices[1]?.watts ?? 0) <= limitW - sight.powerW ? choices : choices.slice(0, 1);
  });
}

/**
 * A machine whose outlet is closed boots through its full power before it hears anything: where that does not fit under the
 * limit with all others asleep, the outlet may not be closed. Which of the open ones may, one after the other, the largest first.
 */
function closable(machines: readonly MachineSight[], withinW: number): ReadonlySet<MachineSight> {
  const found = new Set<MachineSight>();
  let asleepW = machines.reduce((sum, machine) => sum + (machine.fed ? machine.asleepW : 0), 0);
  for (const machine of machines.filter(({ fed }) => !fed).toSorted((a, b) => b.highestW - a.highestW)) {
    if (machine.highestW + asleepW > withinW) continue;
    found.add(machine);
    asleepW += machine.asleepW;
  }
  return found;
}
