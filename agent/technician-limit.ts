/** The technician's own limit: it narrows like any other, outlives a restart, and ends by time or by word. */
import type { Statement } from "./core/limit.ts";
import type { Now, Tick } from "./core/time.ts";
import { instant, millis, watts, type Millis } from "./core/units.ts";

/** As it is kept on disk. */
export interface TechnicianLimit {
  readonly powerW: number;
  /** Wall time in ms since 1970; null: until cleared. */
  readonly until: number | null;
  readonly who: string;
  /** Its length in ms, where nobody vouched for the clock it was set by: `until` is then no time to go by. Absent: somebody did. */
  readonly forMs?: number;
}

/** As it is held: `ends`, the uptime of this process at which it is over; null: by the wall clock, or never. */
export interface HeldLimit extends TechnicianLimit {
  readonly ends: Millis | null;
}

/** `forMs` from now on, whatever the wall clock is set to meanwhile; null: until cleared. */
export function limitFrom({ powerW, forMs, who }: { readonly powerW: number; readonly forMs: number | null; readonly who: string }, { uptime, at }: Tick, sure: boolean): HeldLimit {
  if (forMs === null) return { powerW, until: null, who, ends: null };
  return { powerW, until: at + forMs, who, ends: millis(uptime + forMs), ...(!sure && { forMs }) };
}

/** After a restart. Where its end was never a time to go by it is held for its whole length again: late, never early. */
export function limitRecalled(limit: TechnicianLimit | null, { uptime }: Tick): HeldLimit | null {
  return limit === null ? null : { ...limit, ends: limit.forMs === undefined ? null : millis(uptime + limit.forMs) };
}

export const toKeep = ({ powerW, until, who, forMs }: HeldLimit): TechnicianLimit => ({ powerW, until, who, ...(forMs !== undefined && { forMs }) });

/** The limit with its end on the wall clock of the moment. */
export function limitSeen(limit: HeldLimit | null, { uptime, at }: Tick): TechnicianLimit | null {
  return limit === null ? null : { powerW: limit.powerW, who: limit.who, until: limit.ends === null ? limit.until : at + (limit.ends - uptime) };
}

/** Still in force while any moment of now lies before its end: an uncertain clock ends it late, never early. */
export function technicianStatements(limit: HeldLimit | null, now: Now): Statement[] {
  if (limit === null) return [];
  const { powerW, until, ends } = limit;
  if (ends !== null ? now.uptime >= ends : until !== null && now.earliest >= until) return [];
  // Counted anew where the clock was not one to go by.
  const end = ends !== null && limit.forMs !== undefined ? now.earliest + (ends - now.uptime) : until;
  return [{ source: "technician", power: watts(powerW), ref: null, until: end === null ? null : instant(end) }];
}
