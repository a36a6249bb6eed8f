/**
 * The events: LIMIT narrows for a while, SETPOINT says what is wanted, LEVEL names a step of the allocation's ladder.
 * They share everything but the figure. CANCELLED takes one back.
 */
import * as z from "zod";
import { instant, type Instant, type Millis, type Watts } from "../../core/units.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Lifetime } from "./envelope.ts";
import { id, length, power, time } from "./fields.ts";

/** start null: now, which is the document's iat, so that it means the same after a restart. durationS null: until cancelled or exp. */
const when = { start: time.nullable(), durationS: length.nullable() };
const most = 2_000;

const common = {
  status: z.enum(["ACTIVE", "CANCELLED", "CANCELLED_RANDOM"]).default("ACTIVE"),
  /** The smaller goes first; without one it goes last. Of LIMITs the smallest holds, whatever their priority. */
  priority: z.number().min(-1e9).max(1e9).nullable().default(null),
  obligation: z.enum(["MUST", "MAY"]).default("MUST"),
  /** The event of the same node that this one takes the place of, once it has begun. */
  supersedes: id.nullable().default(null),
  /** The first interval begins up to so much later, and a CANCELLED_RANDOM acts up to so much later. */
  randomizeS: length.nullable().default(null),
  /** The limit slopes over this long instead of stepping. */
  rampS: length.nullable().default(null),
  respondWithinS: length.nullable().default(null),
  toleranceW: power.nullable().default(null),
};

export const limitSchema = z.object({ ...common, intervals: z.array(z.object({ ...when, limitW: power.nullable() })).max(most).default([]) });
export const setpointSchema = z.object({ ...common, intervals: z.array(z.object({ ...when, setpointW: power.nullable() })).max(most).default([]) });
export const levelSchema = z.object({ ...common, intervals: z.array(z.object({ ...when, level: z.int().min(0).max(3).nullable() })).max(most).default([]) });

export interface EventInterval {
  readonly start: Instant;
  readonly end: Instant;
  /** Watts, or the number of a level. */
  readonly value: number;
}

export interface EventStatement {
  readonly status: "ACTIVE" | "CANCELLED" | "CANCELLED_RANDOM";
  /** By their start. */
  readonly intervals: readonly EventInterval[];
  readonly priority: number | null;
  readonly obligation: "MUST" | "MAY";
  readonly supersedes: string | null;
  readonly randomize: Millis | null;
  readonly ramp: Millis | null;
  readonly respondWithin: Millis | null;
  readonly tolerance: Watts | null;
}

interface Interval {
  readonly start: Instant | null;
  readonly durationS: Millis | null;
}
type Body<I extends Interval> = z.infer<z.ZodObject<typeof common>> & { readonly intervals: readonly I[] };

export const readLimit = (body: z.infer<typeof limitSchema>, lifetime: Lifetime): Result<EventStatement> => readEvent(body, lifetime, ({ limitW }) => limitW);
export const readSetpoint = (body: z.infer<typeof setpointSchema>, lifetime: Lifetime): Result<EventStatement> => readEvent(body, lifetime, ({ setpointW }) => setpointW);

export function readLevel(body: z.infer<typeof levelSchema>, lifetime: Lifetime): Result<EventStatement> {
  if ((body.rampS ?? 0) > 0) return refuse("NOT_APPLICABLE", "rampS: a LEVEL steps, send a LIMIT for a slope");
  return readEvent(body, lifetime, ({ level }) => level);
}

function readEvent<I extends Interval>(body: Body<I>, { issued, expires }: Lifetime, figure: (interval: I) => number | null): Result<EventStatement> {
  const { status, supersedes, priority, obligation } = body;
  if (status === "ACTIVE" && body.intervals.length === 0) return refuse("SCHEMA", "intervals: an ACTIVE event needs one at least");
  if (status === "CANCELLED_RANDOM" && body.randomizeS === null) return refuse("SCHEMA", "randomizeS: a CANCELLED_RANDOM has to say over how long");
  const intervals: EventInterval[] = [];
  for (const [index, interval] of body.intervals.entries()) {
    const start = interval.start ?? issued;
    const end = interval.durationS === null ? expires : instant(start + interval.durationS);
    if (end > expires) return refuse("SCHEMA", `exp: before the end of intervals.${index}`);
    const value = figure(interval);
    if (value !== null) intervals.push({ start, end, value });
  }
  intervals.sort((a, b) => a.start - b.start);
  return accept({
    status, intervals, priority, obligation, supersedes,
    randomize: body.randomizeS, ramp: body.rampS, respondWithin: body.respondWithinS, tolerance: body.toleranceW,
  });
}
