/**
 * The last of a budget: what bisection and repair leave between a plan and its bound is closed by exchanging points among
 * machines. A dynamic program over the watts more or less than the plan at the marginal price, one state a bucket, so that
 * its time and memory are bounded; entries that alone lose more than the gap are no part of a better plan and are left out.
 */
import type { Candidate } from "./allocate.ts";
import { entriesOf } from "./curve.ts";

/** Of the range of watts that exchanges move through. Each keeps its best state, with its watts unrounded. */
const BUCKETS = 1024;
/** Machines that take part: those whose next best entry costs least. What more would find is below the worth of a change. */
const MACHINES = 100;

export interface Unfinished {
  readonly candidates: readonly Candidate[];
  readonly budget: number;
  /** TH/s a watt at the margin, and what a watt has to earn at the least. */
  readonly price: number;
  readonly least: number;
  /** TH/s between the plan in hand and its bound, and how much of it may stay. */
  readonly gap: number;
  readonly enough: number;
}

/** What a machine may be exchanged to, by what it loses; the entry that is best at the marginal price comes first. */
interface Choices {
  readonly machine: number;
  readonly entries: readonly number[];
  /** Watts over the first. */
  readonly more: Float64Array;
  /** TH/s earned less than by the first, watts paid at the marginal price. */
  readonly loss: Float64Array;
}

/** Entries that earn more than the plan in hand; null: none were found. */
export function exchanged({ candidates, budget, price, least, gap, enough }: Unfinished): Int32Array | null {
  const all = candidates.map((candidate, machine) => choicesOf(candidate, { machine, price, gap }));
  const room = candidates.reduce((left, { curve, gain }, i) => left - gain * (curve.power[all[i]?.entries[0] ?? 0] as number), budget);
  const nearest = ({ loss }: Choices): number => loss[1] as number;
  const taking = all.filter(({ entries }) => entries.length > 1).toSorted((a, b) => nearest(a) - nearest(b) || a.machine - b.machine).slice(0, MACHINES);
  const found = walk(taking, { room, gap, enough, slack: price - least });
  if (found === null) return null;
  const better = Int32Array.from(all, ({ entries }) => entries[0] ?? 0);
  for (const [at, { machine }] of taking.entries()) better[machine] = found[at] as number;
  return better;
}

/** Only those that alone do not lose the whole gap. */
function choicesOf(candidate: Candidate, { machine, price, gap }: { readonly machine: number; readonly price: number; readonly gap: number }): Choices {
  const { curve, gain } = candidate;
  const net = (entry: number): number => (curve.hashrate[entry] as number) - price * gain * (curve.power[entry] as number);
  const open = entriesOf(curve, candidate);
  const best = open.reduce((so, entry) => (net(entry) > net(so) ? entry : so));
  const entries = [best, ...open.filter((entry) => entry !== best && net(best) - net(entry) < gap).sort((a, b) => net(b) - net(a))];
  return {
    machine, entries,
    more: new Float64Array(entries.map((entry) => gain * ((curve.power[entry] as number) - (curve.power[best] as number)))),
    loss: new Float64Array(entries.map((entry) => Math.max(0, net(best) - net(entry)))),
  };
}

/** The entries of the cheapest way to come nearest to the room. Every state is a plan: whom it has not reached stays at its first. */
function walk(machines: readonly Choices[], { room, gap, enough, slack }: { readonly room: number; readonly gap: number; readonly enough: number; readonly slack: number }): Int32Array | null {
  const reach = machines.reduce((most, { more }) => more.reduce((so, value) => Math.max(so, Math.abs(value)), most), 0);
  const low = -reach;
  const high = Math.max(room, 0) + reach;
  const perWatt = (BUCKETS - 1) / Math.max(1, high - low);
  let [watts, losses] = [new Float64Array(BUCKETS), new Float64Array(BUCKETS).fill(Infinity)];
  let [nextWatts, nextLosses] = [new Float64Array(BUCKETS), new Float64Array(BUCKETS)];
  losses[Math.round(-low * perWatt)] = 0;
  /** By machine and bucket: the choice that led there, and from where. */
  const chosen = new Uint8Array(BUCKETS * machines.length);
  const from = new Uint16Array(BUCKETS * machines.length);
  let best = gap * (1 - 1e-9);
  let end: End | null = null;
  for (let at = 0; at < machines.length; at++) {
    const { more, loss } = machines[at] as Choices;
    nextLosses.fill(Infinity);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const lost = losses[bucket] as number;
      if (lost >= best) continue;
      const spent = watts[bucket] as number;
      for (let k = 0; k < more.length; k++) {
        const losing = lost + (loss[k] as number);
        // The others lose more.
        if (losing >= best) break;
        const now = spent + (more[k] as number);
        if (now < low || now > high) continue;
        const left = losing + slack * (room - now);
        if (now <= room && left < best) [best, end] = [left, { at, k, bucket }];
        // Rounded, as it is positive; this loop is where a plan spends its time, and here Math.round is a quarter of it.
        const to = ((now - low) * perWatt + 0.5) | 0;
        if (losing >= (nextLosses[to] as number)) continue;
        nextWatts[to] = now;
        nextLosses[to] = losing;
        chosen[at * BUCKETS + to] = k;
        from[at * BUCKETS + to] = bucket;
      }
    }
    if (best <= enough) break;
    [watts, nextWatts] = [nextWatts, watts];
    [losses, nextLosses] = [nextLosses, losses];
  }
  return end === null ? null : retraced(machines, { chosen, from, end });
}

/** The last step of the best plan: its machine and choice, and the bucket it left; the one it came to may have been taken by another. */
interface End {
  readonly at: number;
  readonly k: number;
  readonly bucket: number;
}

function retraced(machines: readonly Choices[], { chosen, from, end }: { readonly chosen: Uint8Array; readonly from: Uint16Array; readonly end: End }): Int32Array {
  const entries = Int32Array.from(machines, (choices) => choices.entries[0] ?? 0);
  let { bucket } = end;
  entries[end.at] = machines[end.at]?.entries[end.k] ?? 0;
  for (let at = end.at - 1; at >= 0; at--) {
    entries[at] = machines[at]?.entries[chosen[at * BUCKETS + bucket] ?? 0] ?? 0;
    bucket = from[at * BUCKETS + bucket] ?? 0;
  }
  return entries;
}
