/** What an event's figures are for this rack: the start drawn, the share applied, the slope cut into straight pieces. */
import type { LevelEvent, LimitEvent, PowerInterval } from "../core/grid.ts";
import { instant, watts, type Watts } from "../core/units.ts";
import type { EventDocument } from "./documents.ts";
import type { EventInterval } from "./documents/event.ts";

export interface Terms {
  /** What an ancestor's or area's watts are multiplied by; 1 for our own. */
  readonly share: number;
  /** Where a slope begins that nothing goes before: the most the rack draws in full operation. */
  readonly nominal: Watts;
  /** In [0, 1): this device's own draw for this document, the same after any restart. */
  readonly u: number;
}

export function bindPower({ ref, intervals, randomize, ramp, expires }: EventDocument, { share, nominal, u }: Terms): LimitEvent {
  const pieces: PowerInterval[] = [];
  let before: { readonly end: number; readonly limit: Watts } | null = null;
  for (const { start, end, value } of delayed(intervals, u * (randomize ?? 0))) {
    const limit = scaled(value, share);
    const from: Watts = before !== null && before.end === start ? before.limit : nominal;
    const level = instant(Math.min(end, start + (ramp ?? 0)));
    if (level > start) pieces.push({ span: { start, end: level }, from, limit: reached(from, limit, (level - start) / (ramp ?? 1)) });
    if (end > level) pieces.push({ span: { start: level, end }, limit });
    before = { end, limit };
  }
  return { ref, intervals: pieces, expires };
}

export function bindLevel({ ref, intervals, randomize, expires }: EventDocument, { u }: Terms): LevelEvent {
  return { ref, expires, intervals: delayed(intervals, u * (randomize ?? 0)).map(({ start, end, value }) => ({ span: { start, end }, level: value })) };
}

/** Rounded down: racks that share may not draw a watt more together than was given. */
export const scaled = (power: number, share: number): Watts => watts(share === 1 ? power : Math.floor(power * share));

/** Only the beginning of the whole event moves, its end stays; what would have ended before is left out. */
function delayed(intervals: readonly EventInterval[], delay: number): readonly EventInterval[] {
  const begun = (intervals[0]?.start ?? 0) + delay;
  if (delay === 0) return intervals;
  return intervals.filter(({ end }) => end > begun).map((interval) => ({ ...interval, start: instant(Math.max(interval.start, begun)) }));
}

const reached = (from: Watts, limit: Watts, part: number): Watts => watts(from + (limit - from) * part);
