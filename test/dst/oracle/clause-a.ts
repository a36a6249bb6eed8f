/** a1-a3: the true power, and the words the agent has for it. */
import { floorOf, keepOf, roundW, type Moment } from "./moment.ts";
import type { Grants } from "./grants.ts";
import type { Entry, Verdicts } from "./sight.ts";

export class TruePower {
  readonly #grants: Grants;
  #overdrawn = false;

  constructor(grants: Grants) {
    this.#grants = grants;
  }

  look(moment: Moment, verdicts: Verdicts): void {
    const { sight, toleranceW, heightW, stepMs } = moment;
    const keepW = keepOf(moment);
    const overW = sight.powerW - keepW - toleranceW;
    verdicts.judged("a1");
    if (overW > heightW) verdicts.broken("a1", `${roundW(sight.powerW)} drawn, ${roundW(keepW)} to keep, ${roundW(toleranceW)} tolerated, ${roundW(heightW)} granted`);
    const beyondWh = this.#grants.overdrawn(sight.nowMs, { overW, stepMs });
    if (beyondWh > 0.1 && !this.#overdrawn) verdicts.broken("a1", `${beyondWh.toFixed(1)} Wh over the limit in an hour beyond what its grants hold`);
    this.#overdrawn = beyondWh > 0.1;
  }
}

/** The agent may say it late, not wrongly. */
const CALLED_OUT_MS = 120_000;
/** Beyond this the machines' own words contradict the meter: 5 % and what a rack draws besides. */
const DISAGREE = { fraction: 0.05, watts: 100 } as const;
/** A meter that shows more than the machines say may show a load that is no machine, up to so much of nominal: that is learnt and kept free, not called out. */
const BESIDES = 0.02;

export class Words {
  /** Said, and not taken back. */
  #calledOut = false;
  #contradictedMs: number | null = null;

  entry({ name }: Entry): void {
    if (name === "meter.disagreed" || name === "meter.agreed") this.#calledOut = name === "meter.disagreed";
  }

  /** A new process has said nothing yet. */
  booted(): void {
    this.#calledOut = false;
  }

  look(moment: Moment, verdicts: Verdicts): void {
    const { sight, toleranceW, quiet } = moment;
    this.#meter(moment, verdicts);
    if (sight.said === null || !quiet) return;
    const keepW = keepOf(moment);
    verdicts.judged("a2");
    const { compliance } = sight.said;
    const over = sight.powerW > keepW + toleranceW;
    if (over && (compliance === "compliant" || compliance === "not-limited")) verdicts.broken("a2", `${compliance} at ${roundW(sight.powerW)}, ${roundW(keepW)} to keep`);
  }

  #meter({ sight, meterTrue, quiet, limitSinceMs, bootedMs }: Moment, verdicts: Verdicts): void {
    const { nowMs, nominalW } = sight;
    const meterW = meterTrue ? null : sight.meterW();
    const says = meterTrue || meterW === null ? null : saysOf(sight.machines());
    const apartW = says === null || meterW === null ? 0 : Math.max(says - meterW, meterW - says - BESIDES * nominalW) - DISAGREE.fraction * meterW;
    const contradicted = quiet && apartW > DISAGREE.watts;
    this.#contradictedMs = contradicted ? Math.max(this.#contradictedMs ?? nowMs, limitSinceMs, bootedMs) : null;
    if (this.#contradictedMs === null || nowMs - this.#contradictedMs < CALLED_OUT_MS) return;
    verdicts.judged("a2");
    if (!this.#calledOut) verdicts.broken("a2", `for 120 s the meter shows ${roundW(meterW ?? 0)}, the machines say ${roundW(says ?? 0)}, and nobody has said so`);
  }
}

/** What all machines say together; null: one does not answer. */
function saysOf(machines: readonly { readonly saysW: number | null }[]): number | null {
  let sum = 0;
  for (const { saysW } of machines) {
    if (saysW === null) return null;
    sum += saysW;
  }
  return sum;
}

/** Meter lag, and what the contract allows to say it. */
const SAID_WITHIN_MS = 7_000;
const ZERO_AFTER_MS = 30_000;

export class Excess {
  #overMs = -Infinity;
  /** While it is said that the rack is at its floor: where that has been lately. */
  #floors: { readonly atMs: number; readonly floorW: number }[] = [];

  look({ sight, toleranceW, limitW, limitSinceMs, bootedMs, quiet, whole, meterTrue }: Moment, verdicts: Verdicts): void {
    const { said, nowMs, powerW } = sight;
    if (said === null) return;
    if (powerW > (said.effectiveLimitW ?? Infinity)) this.#overMs = nowMs;
    if (said.compliance === "violating" && meterTrue) {
      verdicts.judged("a3");
      if (nowMs - this.#overMs > SAID_WITHIN_MS) verdicts.broken("a3", `violating at ${roundW(powerW)} under ${said.effectiveLimitW ?? "no"} W`);
    }
    const lately = said.compliance === "at-floor" ? [...this.#floors, { atMs: nowMs, floorW: floorOf(sight.machines()) }] : [];
    this.#floors = lately.filter(({ atMs }) => nowMs - atMs <= SAID_WITHIN_MS);
    if (said.compliance === "at-floor" && meterTrue && quiet) {
      verdicts.judged("a3");
      // An outlet that opens takes a machine that does not obey off the floor before the meter has shown it.
      const floorW = Math.max(...this.#floors.map((recent) => recent.floorW));
      if (floorW + toleranceW <= (said.effectiveLimitW ?? Infinity)) verdicts.broken("a3", `at-floor under ${said.effectiveLimitW ?? "no"} W, with a floor of ${roundW(floorW)}`);
    }
    const rested = nowMs - Math.max(limitSinceMs, bootedMs) > ZERO_AFTER_MS;
    if (limitW === 0 && rested && quiet && whole) {
      const floorW = floorOf(sight.machines());
      verdicts.judged("a3");
      // With every outlet open nothing is drawn, and the limit is kept in full.
      if (said.compliance !== "at-floor" && powerW > toleranceW) verdicts.broken("a3", `${said.compliance} under a limit of 0 W`);
      if (powerW > floorW + toleranceW) verdicts.broken("a3", `${roundW(powerW)} under a limit of 0 W, with a floor of ${roundW(floorW)}`);
    }
  }
}
