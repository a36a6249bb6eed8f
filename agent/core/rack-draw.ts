/** What the rack draws, what it may come to draw, and the least it can be brought to. */
import type { Draw } from "./model.ts";
import type { Metered } from "./snapshot.ts";
import { nearestIn, sumWatts, watts, type Millis, type Watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt, rests } from "./view.ts";

/** The rack's meter where it is fresh, else the sum of what each may draw. */
export function rackDraw(views: readonly View[], metered: Metered | null): Draw {
  if (metered !== null && metered.power !== null) {
    return { low: watts(Math.max(0, metered.power - metered.uncertainty)), high: watts(metered.power + metered.uncertainty), by: "inlet" };
  }
  const by = views.every((view) => view.draw.by === "outlet") ? "outlet" : "asic";
  return { low: sumWatts(views.map((view) => view.draw.low)), high: sumWatts(views.map((view) => view.draw.high)), by };
}

/** What is reserved, and how much of it is one machine's: a raise needs what it may come to beyond that. */
export interface Reserved {
  readonly power: number;
  countedOf(view: View): number;
}

/**
 * The most the rack may come to draw from what is under way: the sum of the larger ends, or, when the rack's own meter
 * is fresh, what it shows plus what may still be added to it. The meter counts what a machine draws, not what it may draw;
 * where it shows less than they draw at the least by their own words, these count.
 */
export function reserved(views: readonly View[], metered: Metered | null, { bias, uptime, seen }: { readonly bias: Watts; readonly uptime: Millis; readonly seen: Millis }): Reserved {
  const ends = views.reduce((sum, view) => sum + view.reserve, 0) + Math.max(0, bias);
  if (metered === null || metered.power === null) return { power: ends, countedOf: ({ reserve }) => reserve };
  const shown = uptime - (metered.age ?? 0) - seen;
  let [growth, least] = [0, 0];
  for (const view of views) {
    least += view.rising ? view.reserve : view.draw.low;
    if (view.rising) growth += Math.max(0, view.reserve - (rests(view, { uptime, seen }) ? settledDraw(view) : shownOf(view, shown)));
  }
  const grown = metered.power + metered.uncertainty + growth;
  const power = Math.max(least, grown);
  return power < ends ? { power, countedOf: (view) => (view.rising ? view.reserve : grown < least ? view.draw.low : settledDraw(view)) } : { power: ends, countedOf: ({ reserve }) => reserve };
}

/** What a machine at rest draws: what its setting promises, as far as its meter bears that out. */
export function settledDraw(view: View): Watts {
  const { draw, actual } = view;
  return actual < 0 ? draw.low : nearestIn(draw, expectedAt(view, actual));
}

/** What the rack's meter surely shows of one. A machine that says it has risen says so before the meter does. */
function shownOf({ draw, state: { change } }: View, shown: number): number {
  return change !== null && (change.way === "up" || change.way === "wake" || change.way === "boards") && change.at > shown ? Math.min(draw.low, change.from) : draw.low;
}

/** With every machine that does as told asleep, every other where it is, and what the rack draws besides. */
export const floorOf = (views: readonly View[], bias: Watts): Watts =>
  watts(Math.max(0, bias) + views.reduce((sum, view) => sum + (canSleep(view) ? expectedAt(view, 0) : settledDraw(view)), 0));

const canSleep = (view: View): boolean => view.known && view.curve.setpoints[0] !== null && view.state.deviatesSince === null && view.state.quarantine === null;
