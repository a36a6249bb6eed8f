/** What the rack draws, what it may come to draw, and the least it can be brought to. */
import type { Draw } from "./model.ts";
import type { Metered } from "./snapshot.ts";
import { sumWatts, watts, type Watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";

/** The rack's meter where it is fresh, else the sum of what each may draw. */
export function rackDraw(views: readonly View[], metered: Metered | null): Draw {
  if (metered !== null && metered.power !== null) {
    return { low: watts(Math.max(0, metered.power - metered.uncertainty)), high: watts(metered.power + metered.uncertainty), by: "inlet" };
  }
  const by = views.every((view) => view.draw.by === "outlet") ? "outlet" : "asic";
  return { low: sumWatts(views.map((view) => view.draw.low)), high: sumWatts(views.map((view) => view.draw.high)), by };
}

/**
 * The most the rack may come to draw from what is under way: the sum of the larger ends, or, when the rack's own meter
 * is fresh, what it shows plus what may still be added to it.
 */
export function reserved(views: readonly View[], metered: Metered | null, bias: Watts): number {
  const ends = views.reduce((sum, view) => sum + view.reserve, 0) + Math.max(0, bias);
  if (metered === null || metered.power === null) return ends;
  const growth = views.reduce((sum, view) => (view.rising ? sum + Math.max(0, view.reserve - view.draw.low) : sum), 0);
  return Math.min(ends, metered.power + metered.uncertainty + growth);
}

/** With every machine that does as told asleep, every other at what it draws at the least, and what the rack draws besides. */
export const floorOf = (views: readonly View[], bias: Watts): Watts =>
  watts(Math.max(0, bias) + views.reduce((sum, view) => sum + (canSleep(view) ? expectedAt(view, 0) : view.draw.low), 0));

const canSleep = (view: View): boolean => view.known && view.curve.setpoints[0] !== null && view.state.deviatesSince === null && view.state.quarantine === null;
