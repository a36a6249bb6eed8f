/**
 * The rack's own planned windows, evaluated as a level each cycle: nothing has to fire at the right moment, and a
 * restart, a clock step or an unknown time finds the same answer. They narrow like any other limit and lift none.
 */
import type { Statement } from "../core/limit.ts";
import type { Now } from "../core/time.ts";
import { instant, type Instant, type Watts } from "../core/units.ts";
import { instantOf, localDay, type OffsetAt } from "./zone.ts";

export interface Window {
  readonly name: string;
  /** Weekdays on which it begins, Sunday 0. */
  readonly days: ReadonlySet<number>;
  /** Minutes after local midnight. An end not after the beginning lies on the next day. */
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  readonly offsetAt: OffsetAt;
  readonly limit: Watts;
}

export interface Occurrence {
  readonly start: Instant;
  readonly end: Instant;
}

const WHOLE_DAY = 1_440;

/** Of one window, every occurrence that has a moment in [from, to], by its start. */
export function occurrences(window: Window, from: Instant, to: Instant): Occurrence[] {
  const { days, offsetAt } = window;
  const end = window.to > window.from ? window.to : window.to + WHOLE_DAY;
  const found: Occurrence[] = [];
  // One that began the day before may still be running.
  for (let day = localDay(from, offsetAt) - 1; day <= localDay(to, offsetAt); day += 1) {
    if (!days.has((((day + 4) % 7) + 7) % 7)) continue;
    const last = end > WHOLE_DAY ? { day: day + 1, minutes: end - WHOLE_DAY } : { day, minutes: end };
    const occurrence = {
      start: instantOf(day, window.from, { offsetAt, which: "first" }),
      end: instantOf(last.day, last.minutes, { offsetAt, which: "last" }),
    };
    if (occurrence.start <= to && occurrence.end > from) found.push(occurrence);
  }
  return found;
}

export interface Running {
  readonly window: Window;
  /** null: nobody can say, the time is not known. */
  readonly until: Instant | null;
}

/** The windows that have a moment in now. At a time that is not known every one may be running, and all of them hold. */
export function running(windows: readonly Window[], { earliest, latest }: Now): Running[] {
  return windows.flatMap((window): Running[] =>
    latest === null ? [{ window, until: null }] : occurrences(window, earliest, latest).map(({ end }) => ({ window, until: end })));
}

export const stated = (windows: readonly Running[]): Statement[] => windows.map(({ window, until }) => ({ source: "schedule", power: window.limit, ref: null, until }));

export interface Planned extends Occurrence {
  readonly window: Window;
}

const WEEK_AND_A_DAY = 8 * 86_400_000;

/** The next occurrences of all windows, those running now among them. */
export function upcoming(windows: readonly Window[], at: Instant, most: number): Planned[] {
  const horizon = instant(at + WEEK_AND_A_DAY);
  return windows.flatMap((window) => occurrences(window, at, horizon).map((occurrence) => ({ ...occurrence, window })))
    .sort((a, b) => a.start - b.start).slice(0, most);
}
