/**
 * Shares out a budget so that the rack's hashrate is the most it can be: a multiple-choice knapsack, solved by bisection
 * on the marginal value of a watt over the machines' convex hulls, then a bounded repair that spends what is left.
 * Distance to the linear-programming bound: at most one hull step of one machine before the repair.
 */
import type { Curve, Hull } from "./curve.ts";

/** One machine to plan: its curve, the gain of its real power over the model's, and the first entry it may run at. */
export interface Candidate {
  readonly curve: Curve;
  readonly gain: number;
  readonly from: number;
}

export interface Allotment {
  /** The entry chosen for each candidate, in their order. */
  readonly entries: Int32Array;
  readonly power: number;
  readonly hashrate: number;
  /** Upper bound of any allotment under this budget: the linear-programming relaxation. */
  readonly bound: number;
}

/** Halvings of the marginal value; 2^-40 of the steepest slope separates any two slopes that matter. */
const HALVINGS = 40;
/** Upgrades tried after the bisection: bounds the time on degenerate racks (thousands of equal machines). */
const REPAIRS = 64;

export function allocate(candidates: readonly Candidate[], budget: number): Allotment {
  const hulls = candidates.map(({ curve, from }) => curve.hull(from));
  const levels = new Int32Array(candidates.length);
  const lowest = total(candidates, hulls, levels);
  if (lowest.power >= budget) return { entries: entriesAt(hulls, levels), ...lowest, bound: lowest.hashrate };

  let high = steepest(candidates, hulls);
  let low = 0;
  if (powerAt(candidates, hulls, low) <= budget) high = low;
  for (let step = 0; step < HALVINGS && high > low; step++) {
    const middle = (low + high) / 2;
    if (powerAt(candidates, hulls, middle) <= budget) high = middle;
    else low = middle;
    if (high - low <= high * 1e-9) break;
  }
  for (let i = 0; i < hulls.length; i++) levels[i] = levelAt(hulls[i] as Hull, high * (candidates[i] as Candidate).gain);
  const feasible = total(candidates, hulls, levels);
  // Between the last feasible price and the first infeasible one lie the steps that tie; the bound takes them in part.
  const bound = feasible.hashrate + (high === 0 ? 0 : Math.max(0, budget - feasible.power) * high);
  const filled = fill({ candidates, hulls, levels, low }, budget - feasible.power);
  const entries = entriesAt(hulls, levels);
  const repaired = repair(candidates, entries, budget - feasible.power - filled.power);
  return { entries, power: feasible.power + filled.power + repaired.power, hashrate: feasible.hashrate + filled.hashrate + repaired.hashrate, bound };
}

/** How many hull steps are worth at least `price` TH/s per model watt. */
function levelAt(hull: Hull, price: number): number {
  const { slope } = hull;
  let low = 0;
  let high = slope.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slope[middle] as number) > price) low = middle + 1;
    else high = middle;
  }
  return low;
}

function powerAt(candidates: readonly Candidate[], hulls: readonly Hull[], price: number): number {
  let sum = 0;
  for (let i = 0; i < hulls.length; i++) {
    const hull = hulls[i] as Hull;
    const { gain } = candidates[i] as Candidate;
    sum += gain * (hull.power[levelAt(hull, price * gain)] as number);
  }
  return sum;
}

/** Just above every machine's first step: at this price all stay at their lowest. */
function steepest(candidates: readonly Candidate[], hulls: readonly Hull[]): number {
  let most = 0;
  for (let i = 0; i < hulls.length; i++) most = Math.max(most, ((hulls[i] as Hull).slope[0] ?? 0) / (candidates[i] as Candidate).gain);
  return most * (1 + 1e-9);
}

function total(candidates: readonly Candidate[], hulls: readonly Hull[], levels: Int32Array): { power: number; hashrate: number } {
  let power = 0;
  let hashrate = 0;
  for (let i = 0; i < hulls.length; i++) {
    const hull = hulls[i] as Hull;
    const level = levels[i] as number;
    power += (candidates[i] as Candidate).gain * (hull.power[level] as number);
    hashrate += hull.hashrate[level] as number;
  }
  return { power, hashrate };
}

const entriesAt = (hulls: readonly Hull[], levels: Int32Array): Int32Array => levels.map((level, i) => (hulls[i] as Hull).index[level] as number);

/** Takes the tied steps one by one, the steepest first and then by order, as long as they fit. */
function fill(plan: { candidates: readonly Candidate[]; hulls: readonly Hull[]; levels: Int32Array; low: number }, left: number): { power: number; hashrate: number } {
  const { candidates, hulls, levels, low } = plan;
  const steps: { machine: number; level: number; power: number; hashrate: number; value: number }[] = [];
  for (let machine = 0; machine < hulls.length; machine++) {
    const hull = hulls[machine] as Hull;
    const { gain } = candidates[machine] as Candidate;
    const reachable = levelAt(hull, low * gain);
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
function repair(candidates: readonly Candidate[], entries: Int32Array, left: number): { power: number; hashrate: number } {
  let power = 0;
  let hashrate = 0;
  for (let round = 0; round < REPAIRS; round++) {
    let best: { machine: number; entry: number; power: number; hashrate: number } | null = null;
    for (let machine = 0; machine < candidates.length; machine++) {
      const { curve, gain, from } = candidates[machine] as Candidate;
      const entry = entries[machine] as number;
      for (let next = Math.max(entry + 1, from); next < curve.power.length; next++) {
        const cost = gain * ((curve.power[next] as number) - (curve.power[entry] as number));
        if (cost > left - power) break;
        const gained = (curve.hashrate[next] as number) - (curve.hashrate[entry] as number);
        const [worth, bestWorth] = best === null ? [gained, 0] : [gained * best.power, best.hashrate * cost];
        if (worth > bestWorth || (best !== null && worth === bestWorth && gained > best.hashrate)) best = { machine, entry: next, power: cost, hashrate: gained };
      }
    }
    if (best === null) break;
    entries[best.machine] = best.entry;
    power += best.power;
    hashrate += best.hashrate;
  }
  return { power, hashrate };
}
