/** ALLOCATION: what the rack may draw, from when until when. */
import * as z from "zod";
import type { Allocation, DocumentRef, Span } from "../../core/grid.ts";
import { instant, seconds, type Instant, type Millis, type Watts } from "../../core/units.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Lifetime } from "./envelope.ts";
import { areaName } from "../topics.ts";
import { byName, length, percent, power, time } from "./fields.ts";

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
  /** What LEVEL 0..3 mean: fractions of firmW. */
  levels: z.array(z.number().min(0).max(1_000)).length(4).nullable().default(null),
  /** By the node below this one, `rack/r1`: its part of this document's watts and of every event's for this node. */
  shares: byName(z.string().max(256), z.number().min(0).max(1)).prefault({}),
  /** By area: this rack belongs to it and has so much of its watts. */
  areas: byName(z.string().regex(areaName), z.number().min(0).max(1)).prefault({}),
  /** Under which permit or contract; repeated in `status`. */
  licence: z.string().max(512).nullable().default(null),
});

/** What the smallest fractions, added up, may be off by. */
const roundingError = 1e-9;

export interface ReadAllocation {
  readonly allocation: Allocation;
  readonly shares: ReadonlyMap<string, number>;
  readonly areas: ReadonlyMap<string, number>;
  readonly licence: string | null;
}

export function readAllocation(body: z.infer<typeof allocationSchema>, ref: DocumentRef, lifetime: Lifetime): Result<ReadAllocation> {
  const { validFrom, validUntil, failsafe, restart, report } = body;
  if (validUntil <= validFrom) return refuse("SCHEMA", "validUntil: not after validFrom");
  if (lifetime.expires < validUntil) return refuse("SCHEMA", "exp: before validUntil");
  const schedule = readSchedule(body.schedule, { start: validFrom, end: validUntil });
  if (!schedule.ok) return schedule;
  const granted = [...body.shares.values()].reduce((sum, share) => sum + share, 0);
  if (granted > 1 + roundingError) return refuse("SCHEMA", `shares: together ${granted}, more than the whole`);
  if (body.levels !== null && body.firmW === null) return refuse("SCHEMA", "levels: fractions of firmW, which is not given");
  const allocation: Allocation = {
    ref,
    valid: { start: validFrom, end: validUntil },
    ceiling: body.maxW,
    firm: body.firmW,
    levels: body.levels,
    schedule: schedule.value,
    failsafe: failsafe && { limit: failsafe.limitW, heartbeatTimeout: failsafe.heartbeatTimeoutS, onLoss: failsafe.onLoss, scheduleTrust: failsafe.scheduleTrustS },
    restart: restart && { minOff: restart.minOffS, random: restart.randomS, rampPercentPerMinute: restart.rampPctPerMin },
    report: report && { telemetry: report.telemetryS, interval: report.intervalS },
  };
  return accept({ allocation, shares: body.shares, areas: body.areas, licence: body.licence });
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
