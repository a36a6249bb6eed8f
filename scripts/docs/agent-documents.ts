/** What the agent says, as schemas for its readers. Readers ignore fields they do not know: more may come. */
import * as z from "zod";

const watts = z.number().nullable();
const at = z.iso.datetime();
const session = z.looseObject({ boot: z.string(), connects: z.int() });
const order = z.tuple([z.int(), z.int()]);

export const ackSchema = z.looseObject({
  v: z.literal(1),
  type: z.literal("ACK"),
  at,
  id: z.string().meta({ description: "Of the document answered." }),
  topic: z.string(),
  epoch: z.int(),
  seq: z.int(),
  of: z.string().meta({ description: "Its type." }),
  status: z.enum(["RECEIVED", "ACCEPTED", "STARTED", "SETTLED", "COMPLETED", "OPT_OUT", "CANCELLED", "SUPERSEDED", "PARTIAL", "CANNOT_COMPLY", "REJECTED"]),
  code: z.enum(["SCHEMA", "NEGATIVE", "UNSIGNED", "BAD_SIGNATURE", "AUDIENCE", "REPLAY", "EXPIRED", "INVALID_TIME", "NOT_APPLICABLE", "TOO_LARGE", "STORAGE", "FLOOD", "INTERNAL"]).nullable(),
  reason: z.string().nullable(),
  expectedSettleAt: at.nullable().meta({ description: "With ACCEPTED: when the meter should show it. With CANNOT_COMPLY: when it will, all the same." }),
  measuredW: watts,
  effectiveLimitW: watts,
  shortfallW: watts.meta({ description: "With PARTIAL and CANNOT_COMPLY: measured above the limit; null: not known." }),
  drill: z.literal(true).optional(),
  shareFrom: z.literal("config").optional(),
  recordId: z.string().optional(),
  recordedAt: at.optional(),
  historical: z.literal(true).optional().meta({ description: "Kept while the link was down." }),
});

export const statusSchema = z.looseObject({
  v: z.literal(1),
  type: z.literal("STATUS"),
  online: z.boolean().meta({ description: "false: unreachable, never off." }),
  session: session.meta({ description: "New after every start and every connection: then a heartbeat with `last` is due within 60 s." }),
  failsafeLimitW: watts,
  heartbeatTimeoutS: z.number(),
  at: at.optional(),
  state: z.enum(["init", "controlled", "limited", "failsafe", "emergency", "restoring"]).optional(),
  restoring: z.boolean().optional(),
  compliance: z.enum(["not-limited", "settling", "compliant", "unverified", "at-floor", "violating"]).optional(),
  effectiveLimitW: watts.optional().meta({ description: "null: no limit." }),
  limitSource: z.enum(["allocation", "event", "emergency", "failsafe", "schedule", "breaker", "thermal", "technician", "estop", "contract"]).nullable().optional(),
  bindingDoc: z.string().nullable().optional(),
  bindingBy: z.string().nullable().optional().meta({ description: "Who said what binds, where it is not a document of the operator." }),
  drill: z.boolean().optional(),
  setpointW: watts.optional(),
  setpointDoc: z.string().nullable().optional(),
  bindingSince: at.nullable().optional().meta({ description: "Since when the same document, or source, has been what limits." }),
  remainingS: z.number().nullable().optional(),
  measuredW: watts.optional(),
  measuredQuality: z.enum(["measured", "estimated", "unknown"]).optional(),
  heartbeatAgeS: z.number().nullable().optional(),
  heartbeat: z.enum(["required", "optional"]).optional(),
  clock: z.enum(["synced", "unsynced", "heartbeat"]).optional(),
  gap: z.looseObject({ forS: z.number(), topics: z.array(z.string()) }).nullable().optional(),
  refused: z.record(z.string(), z.looseObject({ count: z.int(), lastAt: at })).optional(),
  storage: z.enum(["ok", "failed"]).optional(),
  config: z.enum(["ok", "last-good"]).optional(),
  signatures: z.enum(["required", "optional"]).optional(),
  unsigned: z.array(z.string()).optional(),
  held: z.record(z.string(), order).optional().meta({ description: "By topic, the last (epoch, seq) verified: what a heartbeat's `last` has to name." }),
  heldIds: z.record(z.string(), z.string()).optional(),
  next: z.looseObject({ id: z.string(), from: at.nullable() }).nullable().optional(),
  share: z.record(z.string(), z.number()).nullable().optional(),
  shareFrom: z.enum(["operator", "config"]).nullable().optional(),
  software: z.string().optional(),
  licence: z.string().nullable().optional(),
  logHead: z.string().nullable().optional().meta({ description: "Where the rack's journal stood at its last checkpoint." }),
});

export const capabilitySchema = z.looseObject({
  v: z.literal(1),
  type: z.literal("CAPABILITY"),
  at,
  nominalW: z.number(),
  floorW: watts,
  failsafeLimitW: watts,
  heartbeatTimeoutS: z.number(),
  shedW: z.looseObject({ within5s: watts, within60s: watts, within300s: watts }),
  addW: z.looseObject({ within5s: watts, within60s: watts, within300s: watts }).meta({ description: "By the ramp in force, were the limit lifted." }),
  ahead: z.array(z.looseObject({ from: at, limitW: watts, drawW: watts, shedW: watts })).meta({ description: "What could be shed after each change of the limit that is known for four hours, the rack's own schedule among them; limitW null: nothing limits." }),
  emergency: z.looseObject({ withinS: z.number(), after30sW: watts }).nullable().meta({ description: "What an EMERGENCY comes to: seconds until the last machine is down, and what is drawn after 30 s." }),
  curve: z.array(z.looseObject({ powerW: watts, hashrateThs: z.number() })).meta({ description: "The most hashrate of the whole rack at each of a few draws." }),
  transitions: z.array(z.looseObject({ model: z.string(), machines: z.int(), shedS: z.number().nullable(), wakeS: z.number().nullable(), sleepW: watts, measuredAt: at }))
    .meta({ description: "What proof tests at this rack have measured, by model." }),
  shareFrom: z.enum(["operator", "config"]).nullable(),
  devices: z.looseObject({ total: z.int(), reachable: z.int() }),
});

export const telemetrySchema = z.looseObject({
  v: z.literal(1), type: z.literal("TELEMETRY"), at, state: z.string(), compliance: z.string(),
  powerW: watts, powerLowW: watts, powerHighW: watts, quality: z.enum(["measured", "estimated", "unknown"]), effectiveLimitW: watts, budgetW: watts, drill: z.boolean(),
});

/** What went through the rack's own store on its way: a number of its own, and whether it comes late. */
const forwarded = {
  recordId: z.string().optional().meta({ description: "The same when it has to be sent twice." }),
  recordedAt: at.optional(),
  historical: z.literal(true).optional().meta({ description: "Kept while the link was down." }),
};

export const intervalSchema = z.looseObject({
  v: z.literal(1),
  type: z.literal("INTERVAL"),
  from: at.meta({ description: "Intervals follow each other by the clock, UTC: quarter hours, or as `report.intervalS` asks." }),
  to: at,
  quality: z.enum(["ok", "estimated", "missing"]),
  energyWh: watts.meta({ description: "null: not known." }),
  energyBy: z.enum(["register", "power", "none"]),
  maxW: watts,
  allottedWh: watts.meta({ description: "What the limits allowed; null: for part of the time nothing limited." }),
  limits: z.array(z.tuple([z.number(), z.number().nullable()])).meta({ description: "Seconds from the beginning, and the limit from then on; null: none." }),
  overS: z.number(),
  overWh: z.number(),
  violatingS: z.number().meta({ description: "Above limit and tolerance when the time to respond was over." }),
  clock: z.enum(["synced", "unsynced", "heartbeat", "stepped"]),
  ...forwarded,
});

const span = z.tuple([watts, watts, watts, watts]);
const baseline = z.looseObject({ powerW: z.number(), baselineWh: z.number(), notUsedWh: z.number() });

export const reportSchema = z.looseObject({
  v: z.literal(1),
  type: z.literal("REPORT"),
  id: z.string().meta({ description: "Of the document reported on." }),
  at,
  from: at,
  to: at,
  order: z.looseObject({ id: z.string(), type: z.string(), topic: z.string(), sha256: z.string(), receivedAt: at }).nullable().meta({ description: "The document as it came; `sha256` of its payload." }),
  result: z.looseObject({
    boundFrom: at, boundTo: at, limitW: watts, toleranceW: z.number(), ordersSent: z.int(),
    firstOrderS: z.number().nullable(), lastAcknowledgedS: z.number().nullable(), underLimitS: z.number().nullable().meta({ description: "Until the meter showed the rack under the limit; null: it did not." }),
    measuredS: z.number(), withinS: z.number(), withinPct: z.number().nullable(), overWh: z.number(), worstOverW: z.number(),
  }).nullable().meta({ description: "null: it never was what limits." }),
  energy: z.looseObject({ usedWh: watts, meterBefore: baseline.nullable(), meterAfterW: watts, tenOfTen: baseline.nullable(), missing: z.array(z.string()) }),
  curve: z.looseObject({ from: at, stepS: z.number(), columns: z.array(z.string()), rows: z.array(span) }),
  journal: z.looseObject({ firstLine: z.int().nullable(), lastLine: z.int().nullable(), head: z.string() }),
  ...forwarded,
});

/** A notice is for logs: what else stands in it depends on its name, which docs/runbook.md explains. */
export const noticeSchema = z.looseObject({ at, name: z.string().regex(/^[a-z]+\.[a-z.]+$/) });

export const logHeadSchema = z.looseObject({
  v: z.literal(1),
  type: z.literal("LOG_HEAD"),
  at,
  logHead: z.string().regex(/^\d{1,15}:[0-9a-f]{64}$/).meta({ description: "The last line's number and SHA-256. Echo it as `seen` in the heartbeat." }),
});
