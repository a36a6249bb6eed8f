/** The technician's own limit: it narrows like any other, outlives a restart, and ends by time or by word. */
import type { Statement } from "./core/limit.ts";
import type { Now } from "./core/time.ts";
import { instant, watts } from "./core/units.ts";

export interface TechnicianLimit {
  readonly powerW: number;
  /** Wall time in ms since 1970; null: until cleared. */
  readonly until: number | null;
  readonly who: string;
}

/** Still in force while any moment of now lies before its end: an uncertain clock ends it late, never early. */
export function technicianStatements(limit: TechnicianLimit | null, now: Now): Statement[] {
  if (limit === null || (limit.until !== null && now.earliest >= limit.until)) return [];
  return [{ source: "technician", power: watts(limit.powerW), ref: null, until: limit.until === null ? null : instant(limit.until) }];
}
