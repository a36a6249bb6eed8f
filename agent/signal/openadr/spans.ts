/** When the intervals of an event are, as the user guide lays them out: one after the other, shifted together, repeated or cut by the event's own duration. */
import type { Span } from "../../core/grid.ts";
import type { Now } from "../../core/time.ts";
import { instant, type Instant } from "../../core/units.ts";
import { BEGINNING, endOf, FOREVER, inMs, isNothing, type Length } from "./duration.ts";
import type { OadrEvent, Period } from "./reading.ts";

export interface Placed {
  /** Counts on over repetitions. */
  readonly index: number;
  /** Which of the event's intervals. */
  readonly of: number;
  readonly span: Span;
}

type Timed = Pick<OadrEvent, "id" | "intervalPeriod" | "duration" | "createdDateTime" | "modificationDateTime"> & { readonly intervals: readonly { readonly intervalPeriod: Period | null }[] };

/** Repetitions beside the present one that are worth knowing. */
const AROUND = 2;

/** `u`: this device's draw for an id, in [0, 1). What cannot be dated counts as begun, and what has no length as open: both tighten. */
export function spansOf(event: Timed, now: Now, u: (id: string) => number): readonly Placed[] {
  const once = onceOf(event, u);
  const { duration } = event;
  if (duration === null || once.length === 0) return once;
  const first = once[0]?.span.start ?? null;
  const last = once.at(-1)?.span.end ?? null;
  if (first === null || last === null || last <= first) return cut(once, first === null ? null : endOf(first, duration));
  const end = endOf(first, duration);
  if (end !== null && end <= last) return cut(once, end);
  return cut(repeated(once, { first, length: last - first, now }), end);
}

/** What it begins with when the VTN says "now": when it was written, if it says so. */
function writtenAt({ modificationDateTime, createdDateTime }: Timed): Instant | null {
  const at = modificationDateTime ?? createdDateTime;
  return at === BEGINNING ? null : at;
}

function onceOf(event: Timed, u: (id: string) => number): Placed[] {
  const whole = event.intervalPeriod;
  const placed: Placed[] = [];
  let shift = shiftOf(whole?.randomizeStart ?? null, u(event.id));
  /** End of the interval before: a time, null where it never ends, undefined before the first. */
  let reached: Instant | null | undefined;
  for (const [index, { intervalPeriod: own }] of event.intervals.entries()) {
    if (own?.randomizeStart != null) shift = shiftOf(own.randomizeStart, u(index === 0 ? event.id : `${event.id}/${index}`));
    const length = own?.duration ?? whole?.duration ?? FOREVER;
    const start = startOf(own, { whole, reached, shift, written: writtenAt(event) });
    if (start === "never") break;
    const end = start === null ? (isNothing(length) ? instant(0) : null) : endOf(start, length);
    reached = end;
    if (!isNothing(length)) placed.push({ index, of: index, span: { start, end } });
  }
  return placed;
}

/** null: begun, nobody knows when. "never": the one before does not end. */
function startOf(own: Period | null, context: { readonly whole: Period | null; readonly reached: Instant | null | undefined; readonly shift: number; readonly written: Instant | null }): Instant | null | "never" {
  const { whole, reached, shift, written } = context;
  const absolute = own?.start ?? null;
  if (absolute !== null && absolute !== BEGINNING) return instant(absolute + shift);
  if (reached !== undefined) return reached ?? "never";
  const start = whole?.start ?? null;
  if (start !== null && start !== BEGINNING) return instant(start + shift);
  return written === null ? null : instant(written + shift);
}

/** Up to so much earlier or later, evenly. */
const shiftOf = (range: Length | typeof FOREVER | null, u: number): number => (range === null || range === FOREVER ? 0 : Math.round((2 * u - 1) * inMs(range)));

function cut(placed: readonly Placed[], end: Instant | null): Placed[] {
  if (end === null) return [...placed];
  return placed.flatMap(({ span, ...rest }) => {
    if (span.start !== null && span.start >= end) return [];
    return [{ ...rest, span: { start: span.start, end: span.end === null || span.end > end ? end : span.end } }];
  });
}

/** The repetitions around now. Without an upper bound of now any of them may be running: each counts as begun. */
function repeated(once: readonly Placed[], { first, length, now }: { readonly first: Instant; readonly length: number; readonly now: Now }): Placed[] {
  const turn = Math.max(0, Math.floor((now.earliest - first) / length));
  if (now.latest === null) return once.map(({ of }) => ({ index: turn * once.length + of, of, span: { start: null, end: null } }));
  const [from, to] = [Math.max(0, turn - AROUND), Math.max(0, Math.floor((now.latest - first) / length)) + AROUND];
  // A clock this vague beside repetitions this short: all of them may be running.
  if ((to - from) * once.length > MOST_PLACED) return once.map(({ of }) => ({ index: of, of, span: { start: null, end: null } }));
  return Array.from({ length: to - from + 1 }, (_, step) => from + step).flatMap((k) =>
    once.map(({ of, span }) => ({ index: k * once.length + of, of, span: { start: moved(span.start, k * length), end: moved(span.end, k * length) } })),
  );
}

const MOST_PLACED = 20_000;
const moved = (at: Instant | null, by: number): Instant | null => (at === null ? null : instant(at + by));
