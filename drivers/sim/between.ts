import type { SimModel, SimPoint } from "./model.ts";
import { lowestPointOf } from "./model.ts";

/**
 * The setting between two rows of the table that draws `powerW`: what a firmware that aims at watts or percents ends at.
 * Below the lowest row the clock falls in proportion at its voltage; above the highest it is the highest.
 */
export function settingFor(model: SimModel, powerW: number): SimPoint {
  let below = lowestPointOf(model);
  if (powerW <= below.powerW) return scaled(below, powerW / below.powerW);
  for (const point of model.points) {
    if (point.powerW >= powerW) {
      const span = point.powerW - below.powerW;
      return blend(below, point, span > 0 ? (powerW - below.powerW) / span : 1);
    }
    below = point;
  }
  return below;
}

const blend = (from: SimPoint, to: SimPoint, part: number): SimPoint => {
  const between = (key: "frequencyMHz" | "voltageMV" | "powerW" | "hashrateThs"): number => from[key] + (to[key] - from[key]) * part;
  return { id: to.id, frequencyMHz: between("frequencyMHz"), voltageMV: Math.round(between("voltageMV")), powerW: between("powerW"), hashrateThs: between("hashrateThs") };
};

const scaled = (point: SimPoint, part: number): SimPoint => ({
  ...point,
  frequencyMHz: point.frequencyMHz * part,
  powerW: point.powerW * part,
  hashrateThs: point.hashrateThs * part,
});
