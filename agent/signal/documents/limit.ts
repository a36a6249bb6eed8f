/** LIMIT: narrows for a while. Several bind together, the minimum holds; CANCELLED takes one back. */
import * as z from "zod";
import type { DocumentRef, LimitEvent } from "../../core/grid.ts";
import { instant } from "../../core/units.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Lifetime } from "./envelope.ts";
import { id, length, power, time } from "./fields.ts";

export const limitSchema = z.object({
  status: z.enum(["ACTIVE", "CANCELLED", "CANCELLED_RANDOM"]).default("ACTIVE"),
  /** start null: now, which is the document's iat, so that it means the same after a restart. durationS null: until cancelled or exp. */
  intervals: z.array(z.object({ start: time.nullable(), durationS: length.nullable(), limitW: power.nullable() })).max(2_000).default([]),
  priority: z.number().optional(),
  obligation: z.enum(["MUST", "MAY"]).default("MUST"),
  supersedes: id.nullable().optional(),
  randomizeS: length.optional(),
  rampS: length.optional(),
  respondWithinS: length.optional(),
  toleranceW: power.optional(),
});

export interface ReadLimit {
  readonly event: LimitEvent;
  readonly cancelled: boolean;
}

/** Slopes, random starts and supersession change what binds when: until they are obeyed they are refused, not ignored. */
export function readLimit(body: z.infer<typeof limitSchema>, ref: DocumentRef, { issued, expires }: Lifetime): Result<ReadLimit> {
  if (body.status === "CANCELLED_RANDOM") return refuse("NOT_APPLICABLE", "CANCELLED_RANDOM: not obeyed yet, send CANCELLED");
  if (body.supersedes != null) return refuse("NOT_APPLICABLE", "supersedes: not obeyed yet, send CANCELLED for the other event");
  for (const field of ["randomizeS", "rampS"] as const) {
    if ((body[field] ?? 0) > 0) return refuse("NOT_APPLICABLE", `${field}: not obeyed yet`);
  }
  const cancelled = body.status === "CANCELLED";
  if (!cancelled && body.intervals.length === 0) return refuse("SCHEMA", "intervals: an ACTIVE limit needs one at least");
  const intervals: LimitEvent["intervals"][number][] = [];
  for (const [index, { start, durationS, limitW }] of body.intervals.entries()) {
    const end = durationS === null ? expires : instant((start ?? issued) + durationS);
    if (end > expires) return refuse("SCHEMA", `exp: before the end of intervals.${index}`);
    if (limitW !== null) intervals.push({ span: { start, end }, limit: limitW });
  }
  return accept({ event: { ref, intervals, expires }, cancelled });
}
