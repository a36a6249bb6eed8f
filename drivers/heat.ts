/** When a machine is too hot for a raise, and what it may still be told then. */
import type { OperatingPoint, Telemetry } from "../agent/core/model.ts";
import type { Celsius } from "../agent/core/units.ts";

/** Cooler by so many °C, boards get raises again. */
export const COOLED_BY = 5;

/** Boards too hot for a raise, and what the machine ran at when that was read. */
export interface Heat {
  readonly hottest: number;
  /** W: no point that draws more. */
  readonly ceiling: number;
  readonly boards: number;
  readonly asleep: boolean;
}

/** A sensor that fell silent cools nothing. */
export function heatAfter(before: Heat | null, { boards, point, power, state }: Telemetry, { boardMax, points }: { readonly boardMax: Celsius; readonly points: readonly OperatingPoint[] }): Heat | null {
  const temperatures = boards.map(({ boardTemperature }) => boardTemperature).filter((temperature) => temperature !== null);
  if (temperatures.length === 0) return before;
  const hottest = Math.max(...temperatures);
  if (hottest < boardMax - (before === null ? 0 : COOLED_BY)) return null;
  const lowest = Math.min(...points.map((one) => one.power));
  const present = points.find(({ id }) => id === point)?.power ?? power ?? lowest;
  // While it is hot the ceiling follows the machine down and never up; the lowest point always stays, to plan with.
  const ceiling = Math.max(lowest, Math.min(present, before?.ceiling ?? Infinity));
  return { hottest, ceiling, boards: boards.filter(({ enabled }) => enabled !== false).length, asleep: state === "asleep" };
}
