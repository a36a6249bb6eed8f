/**
 * The way up may need more than its end: a machine wakes towards what it fell asleep with, a firmware that restarts passes
 * through full power. A plan whose raises cannot all go out leaves watts to machines that never get there.
 */
import type { Allotment, Candidate } from "./allocate.ts";
import { allocate } from "./allocate.ts";
import { entryOf } from "./curve.ts";
import type { Setpoint } from "./model.ts";
import { stateWith } from "./state.ts";
import type { View } from "./view.ts";
import { expectedAt, transitionEnds, viewWith } from "./view.ts";

/** A raise whose way is barred: where it would go, and the most it may draw until it is there. */
export interface Barred {
  readonly view: View;
  readonly setpoint: Setpoint;
  readonly peak: number;
}

/** `barred`: who would be higher in a plan that did not mind the way. */
export type Passable = Allotment & { readonly barred: readonly Barred[] };

/** Whoever is still barred then waits for room. */
const LOOKS = 4;
const NOBODY: readonly Barred[] = [];

/** Who would find no room on its way, though all the others were where the entries have them and the cheaper raises made: cheapest first. */
export function barredOf(views: readonly View[], entryAt: (i: number) => number, available: number): readonly Barred[] {
  let total = 0;
  const raises: { view: View; ends: number; peak: number; more: number; entry: number }[] = [];
  for (const [i, view] of views.entries()) {
    const entry = entryAt(i);
    const ends = expectedAt(view, entry);
    total += ends;
    if (view.actual < 0 || entry <= view.actual || view.underway || view.climbing) continue;
    const peak = Math.max(...transitionEnds(view, entry));
    raises.push({ view, ends, peak, more: ends - expectedAt(view, view.actual), entry });
  }
  if (total + raises.reduce((most, { peak, ends }) => Math.max(most, peak - ends), 0) <= available) return NOBODY;
  raises.sort((a, b) => a.peak - a.ends + a.more - (b.peak - b.ends + b.more));
  let later = raises.reduce((sum, { more }) => sum + more, 0);
  const barred: Barred[] = [];
  for (const { view, ends, peak, more, entry } of raises) {
    later -= more;
    const setpoint = view.curve.setpoints[entry] ?? null;
    if (peak <= ends || total - later + peak - ends <= available || setpoint === null) continue;
    barred.push({ view, setpoint, peak });
    total -= more;
  }
  return barred;
}

/** The best plan all of whose raises find room on their way, and who is left where it is for that, the first found. */
export function allocatePassable(views: readonly View[], candidates: readonly Candidate[], context: { readonly available: number; readonly least: number; readonly passable: number }): Passable {
  const { available, least, passable } = context;
  let among = candidates;
  let first = NOBODY;
  for (let look = 1; ; look++) {
    const found = allocate(among, available, least);
    const barred = barredOf(views, (i) => found.entries[i] as number, passable);
    if (look === 1) first = barred;
    const { entries, power, hashrate, earns, bound } = found;
    if (barred.length === 0 || look === LOOKS) return { entries, power, hashrate, earns, bound, barred: first };
    const stays = new Set(barred.map(({ view }) => view));
    among = among.map((candidate, i) => (stays.has(views[i] as View) ? at(candidate, (views[i] as View).actual) : candidate));
  }
}

/** A raise that cannot go out as things are is given up: what it would draw is for the others. */
export function resigned(seen: readonly View[], { obeys, free }: { readonly obeys: (view: View) => boolean; readonly free: (planned: readonly View[]) => number }): { readonly views: readonly View[]; readonly gaveUp: ReadonlySet<View> } {
  const obeying = seen.filter(obeys);
  const entries = obeying.map(({ curve, state }) => entryOf(curve, state.target));
  const gaveUp = new Set<View>();
  const barred = entries.includes(-1) ? NOBODY : barredOf(obeying, (i) => entries[i] as number, free(obeying));
  if (barred.length === 0) return { views: seen, gaveUp };
  const among = new Set(barred.map(({ view }) => view));
  const views = seen.map((view) => {
    if (!among.has(view)) return view;
    const stays = viewWith(view, { state: stateWith(view.state, { target: view.curve.setpoints[view.actual] ?? null }) });
    gaveUp.add(stays);
    return stays;
  });
  return { views, gaveUp };
}

/** No higher than where it is. */
const at = (candidate: Candidate, actual: number): Candidate => ({ ...candidate, from: Math.min(candidate.from, Math.max(1, actual)), to: Math.min(candidate.to, actual) });
