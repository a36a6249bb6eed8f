/** ALLOCATION: what the rack may draw, from when until when. */
import * as z from "zod";
import type { Allocation, DocumentRef, Span } from "../../core/grid.ts";
import { instant, seconds, type Instant, type Millis, type Watts } from "../../core/units.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Lifetime } from "./envelope.ts";
import { length, percent, power, time } from "./fields.ts";

export const allocationSchema = z.object({
  validFrom: time,
  validUntil: time,
  /** null: no statement. A missing one is refused. */
  maxW: power.nullable(),
  firmW: power.nullable().default(null),
  schedule: z.array(z.object({ start: time.optional(), durationS: length, limitW: power.nullable() })).max(2_000).default([]),
  failsafe: z
    .object({
      limitW: power.nullable().default(null),
      heartbeatTimeoutS: length.default(seconds(120)),
      onLoss: z.enum(["FAILSAFE_NOW", "SCHEDULE_THEN_FAILSAFE"]).default("FAILSAFE_NOW"),
      scheduleTrustS: length.default(seconds(3_600)),
    })
    .nullable()
    .default(null),
  /** Where it says only a part, the rest is what GLA/1 gives under "Times to keep". */
  restart: z
    .object({ minOffS: length.default(seconds(0)), randomS: length.default(seconds(300)), rampPctPerMin: percent.default(20) })
    .nullable()
    .default(null),
  report: z.object({ telemetryS: length.nullable().default(null), intervalS: length.default(seconds(900)) }).nullable().default(null),
  /** Information for LEVEL documents, which have their own issue. */
  levels: z.array(z.number().min(0)).length(4).optional(),
  shares: z.record(z.string().max(256), z.number().min(0).max(1)).optional(),
  areas: z.record(z.string().max(64), z.number().min(0).max(1)).optional(),
  licence: z.unknown().optional(),
});

/** Granting shares and areas is understood, but not obeyed yet: refused in the open rather than half obeyed. */
export function readAllocation(body: z.infer<typeof allocationSchema>, ref: DocumentRef, lifetime: Lifetime): Result<Allocation> {
  const { validFrom, validUntil, failsafe, restart, report } = body;
  if (validUntil <= validFrom) return refuse("SCHEMA", "validUntil: not after validFrom");
  if (lifetime.expires < validUntil) return refuse("SCHEMA", "exp: before validUntil");
  const schedule = readSchedule(body.schedule, { start: validFrom, end: validUntil });
  if (!schedule.ok) return schedule;
  for (const field of ["shares", "areas"] as const) {
    if (Object.keys(body[field] ?? {}).length > 0) return refuse("NOT_APPLICABLE", `${field}: not granted through this agent yet`);
  }
  return accept({
    ref,
    valid: { start: validFrom, end: validUntil },
    ceiling: body.maxW,
    firm: body.firmW,
    schedule: schedule.value,
    failsafe: failsafe && { limit: failsafe.limitW, heartbeatTimeout: failsafe.heartbeatTimeoutS, onLoss: failsafe.onLoss, scheduleTrust: failsafe.scheduleTrustS },
    restart: restart && { minOff: restart.minOffS, random: restart.randomS, rampPercentPerMinute: restart.rampPctPerMin },
    report: report && { telemetry: report.telemetryS, interval: report.intervalS },
  });
}

type Item = { readonly start?: Instant | undefined; readonly durationS: Millis; readonly limitW: Watts | null };

/** Items follow each other without gap or overlap over the whole validity. */
function readSchedule(items: readonly Item[], valid: { readonly start: Instant; readonly end: Instant }): Result<{ readonly span: Span; readonly limit: Watts | null }[]> {
  let reached = valid.start;
  const schedule: { span: Span; limit: Watts | null }[] = [];
  for (const [index, { start = reached, durationS, limitW }] of items.entries()) {
    if (start !== reached) return refuse("SCHEMA", `schedule.${index}.start: ${start < reached ? "overlaps" : "leaves a gap after"} what is before it`);
    if (durationS === 0) return refuse("SCHEMA", `schedule.${index}.durationS: no length`);
    reached = instant(start + durationS);
    schedule.push({ span: { start, end: reached }, limit: limitW });
  }
  if (items.length > 0 && reached !== valid.end) return refuse("SCHEMA", "schedule: does not end at validUntil");
  return accept(schedule);
}
