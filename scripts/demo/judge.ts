/** Did the rack do what the step asked? Judged from outside: the daemon's meter reading and the simulator's truth. */
import type { Step } from "./story.ts";

/** One look at everything. null: nobody answered, or nothing is known. */
export interface Sample {
  /** Seconds since the story began. */
  readonly atS: number;
  readonly limitW: number | null;
  readonly meteredW: number | null;
  readonly truthW: number;
  readonly state: string | null;
}

export interface Rack {
  readonly nominalW: number;
  /** The most its machines can draw. */
  readonly highestW: number;
  readonly outlets: number;
}

export interface Verdict {
  readonly name: string;
  readonly limitW: number;
  /** Means over the end of the step. */
  readonly meteredW: number | null;
  readonly truthW: number | null;
  /** From the step's signal; null: not at all. */
  readonly secondsToComply: number | null;
  /** Metered power over the smaller of the limit and what the rack can draw; null where none is asked for. */
  readonly shareUsedPct: number | null;
  readonly ok: boolean;
  /** What is wrong; null where it is ok. */
  readonly why: string | null;
}

/** GLA/1: at least this much of the reachable allocation is used. */
export const LEAST_SHARE = 0.97;
/** GLA/1: what an emergency may leave, of nominal power. */
const EMERGENCY_PART = 0.05;
/** The end of a step, over which its figures are averaged. */
const END_S = 2;

/** The most that counts as within the limit: GLA/1's settled tolerance, and an emergency's remainder. */
export function allowedW(step: Step, { nominalW, outlets }: Rack): number {
  const limitW = step.limitPart * nominalW;
  return step.limitPart === 0 ? EMERGENCY_PART * nominalW : limitW + Math.max(0.005 * limitW, 2 * outlets + 10);
}

/** `samples`: those of the step in their order; `signalS`: when its signal went out. */
export function judge(step: Step, rack: Rack, { samples, signalS }: { readonly samples: readonly Sample[]; readonly signalS: number }): Verdict {
  const limitW = Math.round(step.limitPart * rack.nominalW);
  const most = allowedW(step, rack);
  const reachableW = Math.min(limitW, rack.highestW);
  const enough = LEAST_SHARE * reachableW;
  const last = samples.at(-1) ?? null;
  const end = samples.filter(({ atS }) => last !== null && atS > last.atS - END_S);
  const meteredW = mean(end.map((sample) => sample.meteredW));
  const truthW = mean(end.map((sample) => sample.truthW));
  const share = step.uses && meteredW !== null ? meteredW / reachableW : null;

  const within = (sample: Sample): boolean => sample.meteredW !== null && sample.meteredW <= most && sample.truthW <= most;
  const since = step.goal === "lower" ? sinceWhen(samples, within) : (samples.find(({ meteredW: metered }) => metered !== null && metered >= enough) ?? null);
  const secondsToComply = since === null ? null : Math.max(0, tenth(since.atS - signalS));
  const over = step.goal === "raise" ? samples.find((sample) => Math.max(sample.meteredW ?? 0, sample.truthW) > most) : undefined;

  const wrongs = [
    ...(secondsToComply === null ? [step.goal === "lower" ? "the power did not stay under the limit" : `the power did not reach ${LEAST_SHARE * 100} % of the limit`] : []),
    ...(secondsToComply !== null && secondsToComply > step.withinS ? [`it took longer than ${step.withinS} s`] : []),
    ...(over !== undefined ? [`the power rose over the limit, to ${Math.round(Math.max(over.meteredW ?? 0, over.truthW))} W`] : []),
    ...(secondsToComply !== null && step.uses && (share === null || share < LEAST_SHARE) ? [`less than ${LEAST_SHARE * 100} % of the limit is used at the end`] : []),
    ...(last?.state !== step.state ? [`the daemon ends ${last?.state ?? "silent"}, not ${step.state}`] : []),
  ];
  return {
    name: step.name,
    limitW,
    meteredW: meteredW === null ? null : Math.round(meteredW),
    truthW: truthW === null ? null : Math.round(truthW),
    secondsToComply,
    shareUsedPct: share === null ? null : tenth(share * 100),
    ok: wrongs.length === 0,
    why: wrongs.length === 0 ? null : wrongs.join("; "),
  };
}

/** The first sample from which on all hold. */
function sinceWhen(samples: readonly Sample[], holds: (sample: Sample) => boolean): Sample | null {
  const broken = samples.findLastIndex((sample) => !holds(sample));
  return samples[broken + 1] ?? null;
}

/** null when any is unknown. */
function mean(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return values.length === 0 ? null : sum / values.length;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
