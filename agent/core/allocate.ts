/**
 * Shares out a budget so that the rack earns the most it can: a multiple-choice knapsack, solved by bisection on the
 * marginal value of a watt over the machines' convex hulls, then a bounded repair that spends what is left, then, where
 * the bound is still far, exchanges among machines. Machines of a higher rank are served before those of the next.
 */
import type { Curve, Hull, Range } from "./curve.ts";
import { exchanged } from "./exchange.ts";
import type { Sum } from "./relax.ts";
import { relaxed } from "./relax.ts";

/** One machine to plan: its curve, the gain of its real power over the model's, and the entries it may run at. */
export interface Candidate extends Range {
  readonly curve: Curve;
  readonly gain: number;
  /** The lowest number is served first, and gets all it can use before the next gets anything. */
  readonly rank: number;
}

/** Free to be at any of its points, and of no rank. */
export const FREE = { from: 1, to: Infinity, rank: 0 } as const;

export interface Allotment {
  /** The entry chosen for each candidate, in their order. */
  readonly entries: Int32Array;
  readonly power: number;
  readonly hashrate: number;
  /** TH/s, less what its watts have to earn at the least. */
  readonly earns: number;
  /** Upper bound of what any allotment under this budget earns: the linear-programming relaxation, rank by rank. */
  readonly bound: number;
}

/** Upgrades tried after the bisection: bounds the time on degenerate racks (thousands of equal machines). */
const REPAIRS = 64;
const EXCHANGES = 4;
/** Nearer to the bound than this share of it nothing more is looked for. */
const NEAR = 0.0003;

/** `least`: what a watt has to earn, TH/s; below it a machine rather sleeps. */
export function allocate(candidates: readonly Candidate[], budget: number, least = 0): Allotment {
  const ranks = [...new Set(candidates.map(({ rank }) => rank))].toSorted((a, b) => a - b);
  if (ranks.length <= 1) return shareOut(candidates, budget, least);
  const entries = new Int32Array(candidates.length);
  let [power, hashrate, earns, bound] = [0, 0, 0, 0];
  let floor = lowestPower(candidates);
  for (const rank of ranks) {
    const among = candidates.flatMap((candidate, i) => (candidate.rank === rank ? [i] : []));
    const served = among.map((i) => candidates[i] as Candidate);
    floor -= lowestPower(served);
    const part = shareOut(served, budget - power - floor, least);
    for (const [at, i] of among.entries()) entries[i] = part.entries[at] as number;
    power += part.power;
    hashrate += part.hashrate;
    earns += part.earns;
    bound += part.bound;
  }
  return { entries, power, hashrate, earns, bound };
}

const lowestPower = (candidates: readonly Candidate[]): number => candidates.reduce((sum, candidate) => sum + candidate.gain * (candidate.curve.hull(candidate).power[0] as number), 0);

/** What no allotment earns more than, for a hundredth of the time: is there anything to look for? Of all ranks as one. */
export const boundOf = (candidates: readonly Candidate[], budget: number, least = 0): number => relaxed(candidates, budget, least).bound;

function shareOut(candidates: readonly Candidate[], budget: number, least: number): Allotment {
  const { hulls, levels, ties, sum, bound, price } = relaxed(candidates, budget, least);
  const allotment = (entries: Int32Array, { power, hashrate }: Sum): Allotment => ({ entries, power, hashrate, earns: hashrate - least * power, bound });
  if (price === null) return allotment(entriesAt(hulls, levels), sum);
  const filled = fill({ candidates, hulls, levels, ties }, budget - sum.power);
  const entries = entriesAt(hulls, levels);
  const repaired = repair({ candidates, entries, least }, budget - sum.power - filled.power);
  let best = allotment(entries, { power: sum.power + filled.power + repaired.power, hashrate: sum.hashrate + filled.hashrate + repaired.hashrate });
  // A smaller gap leaves fewer exchanges in question, and those are looked at more finely.
  for (let pass = 0; pass < EXCHANGES && bound - best.earns > NEAR * bound; pass++) {
    const better = exchanged({ candidates, budget, price, least, gap: bound - best.earns, enough: NEAR * bound });
    if (better === null) break;
    best = allotment(better, totalAt(candidates, better));
  }
  return best;
}

function totalAt(candidates: readonly Candidate[], entries: Int32Array): Sum {
  let power = 0;
  let hashrate = 0;
  for (const [i, { curve, gain }] of candidates.entries()) {
    power += gain * (curve.power[entries[i] as number] as number);
    hashrate += curve.hashrate[entries[i] as number] as number;
  }
  return { power, hashrate };
}

const entriesAt = (hulls: readonly Hull[], levels: Int32Array): Int32Array => levels.map((level, i) => (hulls[i] as Hull).index[level] as number);

/** Takes the tied steps one by one, the steepest first and then by order, as long as they fit. */
function fill(plan: { candidates: readonly Candidate[]; hulls: readonly Hull[]; levels: Int32Array; ties: Int32Array }, left: number): Sum {
  const { candidates, hulls, levels, ties } = plan;
  const steps: { machine: number; level: number; power: number; hashrate: number; value: number }[] = [];
  for (let machine = 0; machine < hulls.length; machine++) {
    const reachable = ties[machine] as number;
    if (levels[machine] === reachable) continue;
    const hull = hulls[machine] as Hull;
    const { gain } = candidates[machine] as Candidate;
    for (let level = levels[machine] as number; level < reachable; level++) {
      const power = gain * ((hull.power[level + 1] as number) - (hull.power[level] as number));
      const hashrate = (hull.hashrate[level + 1] as number) - (hull.hashrate[level] as number);
      steps.push({ machine, level, power, hashrate, value: hashrate / power });
    }
  }
  steps.sort((a, b) => b.value - a.value || a.machine - b.machine || a.level - b.level);
  let power = 0;
  let hashrate = 0;
  for (const step of steps) {
    if (levels[step.machine] !== step.level || power + step.power > left) continue;
    levels[step.machine] = step.level + 1;
    power += step.power;
    hashrate += step.hashrate;
  }
  return { power, hashrate };
}

/**
 * Spends the rest on the upgrades that gain most for a watt, the largest of those, points off the hull included. Not on the
 * one that gains most: it would carry a single machine far above the others, in a lowering plan even upwards, where it waits.
 */
function repair({ candidates, entries, least }: { candidates: readonly Candidate[]; entries: Int32Array; least: number }, left: number): Sum {
  let power = 0;
  let hashrate = 0;
  const cheapest = new Float64Array(candidates.length);
  for (let machine = 0; machine < candidates.length; machine++) cheapest[machine] = nextCost(candidates[machine] as Candidate, entries[machine] as number);
  for (let round = 0; round < REPAIRS; round++) {
    let best: { machine: number; entry: number; power: number; hashrate: number } | null = null;
    for (let machine = 0; machine < candidates.length; machine++) {
      if ((cheapest[machine] as number) > left - power) continue;
      const { curve, gain, from, to } = candidates[machine] as Candidate;
      const entry = entries[machine] as number;
      const highest = Math.min(to, curve.power.length - 1);
      for (let next = Math.max(entry + 1, from); next <= highest; next++) {
        const cost = gain * ((curve.power[next] as number) - (curve.power[entry] as number));
        if (cost > left - power) break;
        const gained = (curve.hashrate[next] as number) - (curve.hashrate[entry] as number);
        const [worth, bestWorth] = best === null ? [gained, least * cost] : [gained * best.power, best.hashrate * cost];
        if (worth > bestWorth || (best !== null && worth === bestWorth && gained > best.hashrate)) best = { machine, entry: next, power: cost, hashrate: gained };
      }
    }
    if (best === null) break;
    entries[best.machine] = best.entry;
    cheapest[best.machine] = nextCost(candidates[best.machine] as Candidate, best.entry);
    power += best.power;
    hashrate += best.hashrate;
  }
  return { power, hashrate };
}

/** Watts to the next point up; Infinity: there is none. */
function nextCost({ curve, gain, from, to }: Candidate, entry: number): number {
  const next = Math.max(entry + 1, from);
  return next > Math.min(to, curve.power.length - 1) ? Infinity : gain * ((curve.power[next] as number) - (curve.power[entry] as number));
}
