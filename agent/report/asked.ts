/** How often the operator wants to be told, by its allocations in force: of several the shortest holds. */
import type { Allocation } from "../core/grid.ts";
import { overlaps } from "../core/limit.ts";
import type { Now } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";

export interface Asked {
  /** null: not said. */
  readonly telemetry: Millis | null;
  readonly interval: Millis | null;
}

export function askedBy(allocations: readonly Allocation[], now: Now): Asked {
  const reports = allocations.flatMap(({ valid, report }) => (report !== null && overlaps(valid, now) ? [report] : []));
  return { telemetry: shortest(reports.map(({ telemetry }) => telemetry)), interval: shortest(reports.map(({ interval }) => interval)) };
}

/** What divides the hour, so that every hour of the clock begins with a record: longest first. */
const LENGTHS = [60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1].map((minutes) => seconds(minutes * 60));
const SHORTEST = seconds(60);

/** Records are as long as was asked for where that divides the hour, else the next shorter that does; a minute at least. */
export function intervalLength({ interval }: Asked): Millis {
  const asked = interval ?? seconds(900);
  return LENGTHS.find((length) => length <= asked) ?? SHORTEST;
}

function shortest(lengths: readonly (Millis | null)[]): Millis | null {
  return lengths.reduce((least, length) => (length === null || (least !== null && least <= length) ? least : length), null);
}
