/**
 * Two horizons: first legal in time, then optimal. What cannot be tuned down in time sleeps and is trimmed later; what
 * takes longer than the response time to come down is bridged by the quick ones, which come back when it is down.
 */
import type { Allotment, Candidate } from "./allocate.ts";
import { allocate } from "./allocate.ts";
import type { Policy } from "./policy.ts";
import { assumedTime } from "./settle.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";

/** Share of the response time a way down may take; the rest is for the order to arrive and for the meter to show it. */
const IN_TIME = 0.7;

/**
 * The lowest point a running machine can be tuned down to in time; below that only sleep is fast enough. Where no tune
 * is in time (a firmware that restarts for it), that is the point it runs at.
 */
export function reachableFrom(view: View, policy: Policy): number {
  const { curve, actual, frequency, state } = view;
  const down = curve.points?.down;
  if (down === undefined || (actual >= 0 && actual < curve.first)) return 1;
  const fixed = state.observed.down > policy.tuneTime && down.perMegahertz === 0 ? state.observed.down : down.fixed;
  if (fixed > policy.tuneTime) return actual > 0 ? actual : curve.power.length - 1;
  const least = curve.boards !== null && curve.boards.down.fixed > policy.tuneTime ? curve.first : 1;
  if (frequency === null || down.perMegahertz === 0) return least;
  const lowest = frequency - (policy.tuneTime - fixed) / down.perMegahertz;
  for (let entry = least; entry < curve.frequency.length; entry++) if ((curve.frequency[entry] as number) >= lowest) return entry;
  return least;
}

/** The plan for the time until the slow ones are down: they go where `best` has them, and the quick are as much lower as those still draw. */
export function bridged(views: readonly View[], candidates: readonly Candidate[], context: { readonly best: Allotment; readonly available: number; readonly policy: Policy }): Int32Array {
  const { best, available, policy } = context;
  // Slow is whoever cannot fall asleep in time: a bridge that put another one of them to sleep would only hang over longer.
  const slow = views.map((view) => isLate(view, 0, policy));
  const bound = views.reduce((sum, view, i) => (slow[i] === true ? sum + boundDraw(view, best.entries[i] as number) : sum), 0);
  const free = views.reduce((sum, view, i) => (slow[i] === true ? sum : sum + expectedAt(view, best.entries[i] as number)), 0);
  if (bound + free <= available) return best.entries;
  const lower = allocate(candidates.filter((_, i) => slow[i] !== true), available - bound, policy.least).entries;
  let next = 0;
  return best.entries.map((entry, i) => (slow[i] === true ? entry : (lower[next++] as number)));
}

/** What a slow one draws until it is down. */
const boundDraw = (view: View, to: number): number => Math.max(expectedAt(view, to), view.actual === to ? 0 : view.reserve);

function isLate(view: View, to: number, policy: Policy): boolean {
  const lowers = view.actual < 0 || to < view.actual;
  return lowers && Math.max(view.state.observed[to === 0 ? "sleep" : "down"], assumedTime(view, to)) > IN_TIME * policy.responseTime;
}
