/**
 * The linear-programming relaxation of sharing out a budget: bisection on the price of a watt over the machines' hulls. A
 * machine is looked at again only while the two ends of the price disagree about it, so that most of the halvings cost one
 * addition a machine.
 */
import type { Candidate } from "./allocate.ts";
import type { Hull } from "./curve.ts";

/** Halvings of the price; 2^-40 of the steepest slope separates any two slopes that matter. */
const HALVINGS = 40;

export interface Relaxed {
  readonly hulls: readonly Hull[];
  /** The step of its hull that each reaches at the lowest price that fits. */
  readonly levels: Int32Array;
  /** The step that each reaches at the highest price that does not fit: those between tie. */
  readonly ties: Int32Array;
  readonly sum: Sum;
  /** TH/s, less what its watts have to earn at the least: no allotment earns more. */
  readonly bound: number;
  /** TH/s a watt: the lowest price found at which the steps worth it fit; null: nothing does. */
  readonly price: number | null;
}

/** W and TH/s. */
export interface Sum {
  readonly power: number;
  readonly hashrate: number;
}

export function relaxed(candidates: readonly Candidate[], budget: number, least: number): Relaxed {
  const auction = gathered(candidates, least);
  const { hulls, gains } = auction;
  const none = new Int32Array(hulls.length);
  const lowest = total(auction, none);
  if (lowest.power >= budget) return { hulls, levels: none, ties: none, sum: lowest, bound: lowest.hashrate - least * lowest.power, price: null };

  const { high, levels, ties } = bisected(auction, budget, least);
  const sum = total({ hulls, gains }, levels);
  // Between the last feasible price and the first infeasible one lie the steps that tie; the bound takes them in part.
  const bound = sum.hashrate - least * sum.power + (high === least ? 0 : Math.max(0, budget - sum.power) * (high - least));
  return { hulls, levels, ties, sum, bound, price: high };
}

/** What the machines are and bid, in their order: thousands of them are no longer near when they are looked at again. */
interface Auction {
  readonly hulls: Hull[];
  readonly gains: Float64Array;
  /** The steps that are worth the least, and W there. */
  readonly steps: Int32Array;
  readonly draws: Float64Array;
  /** TH/s a watt of the steepest first step. */
  readonly steepest: number;
}

function gathered(candidates: readonly Candidate[], least: number): Auction {
  const { length } = candidates;
  const [hulls, gains, steps, draws] = [[] as Hull[], new Float64Array(length), new Int32Array(length), new Float64Array(length)];
  let steepest = 0;
  for (let i = 0; i < length; i++) {
    const candidate = candidates[i] as Candidate;
    const { gain } = candidate;
    const hull = candidate.curve.hull(candidate);
    const step = levelAt(hull.slope, least * gain, { low: 0, high: hull.slope.length });
    hulls.push(hull);
    [gains[i], steps[i], draws[i]] = [gain, step, gain * (hull.power[step] as number)];
    steepest = Math.max(steepest, (hull.slope[0] ?? 0) / gain);
  }
  return { hulls, gains, steps, draws, steepest };
}

/** `high`: the lowest price found that fits. */
function bisected({ hulls, gains, steps: ties, draws, steepest }: Auction, budget: number, least: number): Pick<Relaxed, "levels" | "ties"> & { readonly high: number } {
  if (summed(draws) <= budget) return { high: least, levels: ties, ties };
  // Just above every machine's first step all stay at their lowest.
  let high = Math.max(least, steepest * (1 + 1e-9));
  let low = least;
  const levels = new Int32Array(hulls.length);
  const tried = new Int32Array(hulls.length);
  /** Whose steps at the high and at the low price differ: the first `count` of them. */
  const open = Int32Array.from(ties.keys());
  let count = open.length;
  for (let halving = 0; halving < HALVINGS && high > low; halving++) {
    const middle = (low + high) / 2;
    for (let at = 0; at < count; at++) {
      const i = open[at] as number;
      const { slope, power } = hulls[i] as Hull;
      const gain = gains[i] as number;
      const level = levelAt(slope, middle * gain, { low: levels[i] as number, high: ties[i] as number });
      tried[i] = level;
      draws[i] = gain * (power[level] as number);
    }
    const fits = summed(draws) <= budget;
    if (fits) high = middle;
    else low = middle;
    const end = fits ? levels : ties;
    let still = 0;
    for (let at = 0; at < count; at++) {
      const i = open[at] as number;
      end[i] = tried[i] as number;
      if (levels[i] !== ties[i]) open[still++] = i;
    }
    count = still;
    if (high - low <= high * 1e-9) break;
  }
  return { high, levels, ties };
}

function summed(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

/** How many hull steps are worth more than `price` TH/s per model watt; it is known to be `low` to `high` of them. */
function levelAt(slope: Float64Array, price: number, { low, high }: { low: number; high: number }): number {
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slope[middle] as number) > price) low = middle + 1;
    else high = middle;
  }
  return low;
}

function total({ hulls, gains }: Pick<Auction, "hulls" | "gains">, levels: Int32Array): Sum {
  let power = 0;
  let hashrate = 0;
  for (let i = 0; i < hulls.length; i++) {
    const hull = hulls[i] as Hull;
    const level = levels[i] as number;
    power += (gains[i] as number) * (hull.power[level] as number);
    hashrate += hull.hashrate[level] as number;
  }
  return { power, hashrate };
}
