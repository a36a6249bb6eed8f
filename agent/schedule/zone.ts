/** Wall clocks of the world: what a clock on the wall shows at an instant, and when it shows a given time. */
import { instant, type Instant } from "../core/units.ts";

/** How far the wall clock of a zone is ahead of UTC at an instant, in milliseconds. */
export type OffsetAt = (at: Instant) => number;

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Throws a RangeError for a zone the tz database does not have. */
export function offsetsOf(zone: string): OffsetAt {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  return (at) => {
    const second = Math.floor(at / 1_000) * 1_000;
    const shown = Object.fromEntries(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: s = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, s) - second;
  };
}

/** The day on the wall, counted from 1970-01-01; its weekday is (day + 4) % 7, Sunday 0. */
export const localDay = (at: Instant, offsetAt: OffsetAt): number => Math.floor((at + offsetAt(at)) / DAY);

/**
 * When the wall clock of a day reaches `minutes` after midnight. Shown twice (clocks put back): the first or the last
 * time, as asked. Never shown (put forward): the moment of the jump, so that a window neither vanishes nor moves.
 */
export function instantOf(day: number, minutes: number, { offsetAt, which }: { readonly offsetAt: OffsetAt; readonly which: "first" | "last" }): Instant {
  const shown = day * DAY + minutes * MINUTE;
  // No zone is further from UTC, and none changes its clock twice in two days.
  const offsets = [offsetAt(instant(shown - DAY)), offsetAt(instant(shown + DAY))];
  const candidates = offsets.map((offset) => instant(shown - offset)).filter((at) => at + offsetAt(at) === shown);
  if (candidates.length > 0) return instant(which === "first" ? Math.min(...candidates) : Math.max(...candidates));
  return jumpBetween(instant(shown - Math.max(...offsets)), instant(shown - Math.min(...offsets)), offsetAt);
}

/** The first millisecond of the new offset. */
function jumpBetween(from: Instant, to: Instant, offsetAt: OffsetAt): Instant {
  const before = offsetAt(from);
  let [low, high]: [number, number] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(instant(middle)) === before) low = middle;
    else high = middle;
  }
  return instant(high);
}
