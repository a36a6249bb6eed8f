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
  /** What it draws at full operation. */
  readonly nominalW: number;
  readonly breakerW: number;
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
const LEAST_SHARE = 0.97;
/** A raise that falls back by this much has not been reached before. */
const FALL = 0.9;
/** GLA/1: what an emergency may leave, of nominal power. */
const EMERGENCY_PART = 0.05;
/** The end of a step, over which its figures are averaged: what was done has to hold at least so long. */
export const END_S = 2;

export const limitOf = ({ limitPart }: Step, { nominalW, breakerW }: Rack): number => (limitPart === null ? breakerW : Math.min(limitPart * nominalW, breakerW));

/** The most that counts as within the limit: GLA/1's settled tolerance, and an emergency's remainder. */
export function allowedW(step: Step, rack: Rack): number {
  const limitW = limitOf(step, rack);
  return limitW === 0 ? EMERGENCY_PART * rack.nominalW : limitW + Math.max(0.005 * limitW, 2 * rack.outlets + 10);
}

/** `samples`: those of the step in their order; `signalS`: when its signal went out. */
export function judge(step: Step, rack: Rack, { samples, signalS }: { readonly samples: readonly Sample[]; readonly signalS: number }): Verdict {
  const limitW = limitOf(step, rack);
  const most = allowedW(step, rack);
  const reachableW = Math.min(limitW, rack.nominalW);
  const enough = LEAST_SHARE * reachableW;
  const last = samples.at(-1) ?? null;
  const end = samples.filter(({ atS }) => last !== null && atS > last.atS - END_S);
  const meteredW = mean(end.map((sample) => sample.meteredW));
  const truthW = mean(end.map((sample) => sample.truthW));
  const share = step.uses && meteredW !== null ? meteredW / reachableW : null;

  const since = step.goal === "lower" ? staysUnder(samples, most) : reaches(samples, enough);
  const secondsToComply = since === null ? null : Math.max(0, tenth(since.atS - signalS));
  const over = step.goal === "raise" ? risesOver(samples, most) : null;
  const wrongs = [
    ...(since === null ? [step.goal === "lower" ? "the power does not stay under the limit" : `the power does not reach ${LEAST_SHARE * 100} % of what it may be`] : []),
    ...(secondsToComply !== null && secondsToComply > step.withinS ? [`it took longer than ${step.withinS} s`] : []),
    ...(over !== null ? [`the power rose over the limit, to ${Math.round(highest(over))} W`] : []),
    ...(since !== null && share !== null && share < LEAST_SHARE ? [`less than ${LEAST_SHARE * 100} % of the limit is used at the end`] : []),
    ...(last?.state !== step.state ? [`the daemon is ${last?.state ?? "silent"}, not ${step.state}`] : []),
  ];
  return {
    name: step.name,
    limitW: Math.round(limitW),
    meteredW: meteredW === null ? null : Math.round(meteredW),
    truthW: truthW === null ? null : Math.round(truthW),
    secondsToComply,
    shareUsedPct: share === null ? null : tenth(share * 100),
    ok: wrongs.length === 0,
    why: wrongs.length === 0 ? null : wrongs.join("; "),
  };
}

const highest = ({ meteredW, truthW }: Sample): number => Math.max(meteredW ?? 0, truthW);

/** From when on meter and truth are under `most`, to the end; null: not at the end. */
function staysUnder(samples: readonly Sample[], most: number): Sample | null {
  const above = samples.findLastIndex((sample) => sample.meteredW === null || highest(sample) > most);
  return samples[above + 1] ?? null;
}

/** What rises over the limit after it was within; a rack nobody has taken over yet may be above it. */
function risesOver(samples: readonly Sample[], most: number): Sample | null {
  const within = samples.findIndex((sample) => highest(sample) <= most);
  return samples.find((sample, index) => within >= 0 && index > within && highest(sample) > most) ?? null;
}

/** When the meter shows `enough` and does not fall far below it again; null: never. */
function reaches(samples: readonly Sample[], enough: number): Sample | null {
  const low = samples.findLastIndex(({ meteredW }) => meteredW === null || meteredW < FALL * enough);
  return samples.slice(low + 1).find(({ meteredW }) => meteredW !== null && meteredW >= enough) ?? null;
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
