/** What a daemon with one miner answers. */
import type { DeviceDetail, DeviceRow, GridAnswer, StatusDocument } from "../../agent/cli/answers.ts";
import type { PlanDocument } from "../../agent/report/rehearsed.ts";
import type { WhyDocument } from "../../agent/report/why.ts";
import { watts } from "../../agent/core/units.ts";

export const status: StatusDocument = {
  v: 1, type: "STATUS", at: "2026-01-01T00:00:00.000Z", online: true, session: { boot: "b", connects: 1 },
  state: "limited", restoring: false, compliance: "compliant", complianceW: 320, effectiveLimitW: 20_117, budgetW: 20_117,
  limitSource: "allocation", bindingDoc: "alloc-7", bindingBy: null, bindingSince: "2025-12-31T22:04:12.000Z", remainingS: 7_500, measuredW: 19_797, measuredLowW: 19_700, measuredHighW: 19_900,
  measuredQuality: "measured", hashrateThs: 1_021.5, failsafeLimitW: 10_000, heartbeatAgeS: 4, heartbeatTimeoutS: 120, heartbeat: "required",
  clock: "synced", gap: null, refused: { REPLAY: { count: 2, lastAt: "2026-01-01T00:00:00.000Z" } }, storage: "ok", config: "ok", signatures: "required", unsigned: [],
  held: { "gla/1/demo/site/s1/rack/r1/allocation": [0, 7] }, heldIds: {}, share: null, shareFrom: null, next: null, drill: false, setpointW: null, setpointDoc: null, software: "curtaild/0.1.0", licence: null, logHead: null,
  devices: { total: 12, answering: 11, asleep: 2, quarantined: 0 },
};

export const device: DeviceRow = {
  id: "asic-01", state: "hashing", readingAgeS: 0.8, point: "590", frequencyMHz: 590, voltageMV: 13_800, powerW: 3_010, powerLowW: 2_990, powerHighW: 3_030,
  drawBy: "outlet", hashrateThs: 121.8, temperatureC: 61, setpoint: "point 590", order: null, unknownReason: null, quarantineReason: null, wear: { restH: 12.5, powerCycles: 3, thermalCycles: 2, changes: 41 }, maintenance: false, poolGuard: null, owes: [], priority: 0, pin: null,
};

export const silent: DeviceRow = { ...device, id: "asic-02", state: "unknown", unknownReason: "timeout", powerW: null, powerLowW: 0, powerHighW: 3_500, drawBy: "nameplate", hashrateThs: null, temperatureC: null, point: null, readingAgeS: 31 };

export const detail: DeviceDetail = {
  ...device, description: "Antminer S19k Pro, LuxOS", nameplateW: watts(3_500), asleepW: watts(25), gain: 1.02, baseW: null, tookS: { down: 4.4, up: 0, sleep: 6.4, wake: 0, boards: 0 }, meterLagS: 2, misses: 0, reserveW: 3_010, failure: null, maintenance: false,
  capabilities: [], telemetry: null,
};

export const grid: GridAnswer = {
  documents: [
    { ref: { id: "alloc-7", topic: "gla/1/demo/site/s1/rack/r1/allocation", epoch: 0, seq: 7 }, valid: { start: null, end: Date.parse("2026-01-01T02:05:00Z") }, ceiling: 20_117 },
    { ref: { id: "stop-1", topic: "gla/1/demo/all/emergency", epoch: 0, seq: 1 }, action: "STOP" },
  ],
  technician: { powerW: 4_000, until: null, who: "ada" },
  status,
  operated: true, tongues: [],
};

const step = { device: "asic-01", to: "point 615", powerW: 140, hashrateThs: 4.2, thsPerKW: 30 };
const last = { ...step, to: "point 565", hashrateThs: 4.9, thsPerKW: 35 };

const planned: WhyDocument["devices"][number] = {
  id: "asic-01", by: "plan", setpoint: "point 590", powerW: 3_010, hashrateThs: 121.8, drawLowW: 2_990, drawHighW: 3_030, drawBy: "outlet", reserveW: 3_030, there: true,
  unknownReason: null, failure: null, quarantine: null, order: null, wait: null, refused: null, heat: null, airC: null, misses: 0, next: { ...step, because: "no-room" }, last, gain: 1.02,
  tookS: { down: 4.4, up: 0, sleep: 6.4, wake: 0, boards: 0 },
};

/** Two that run, one that is silent, one that rests, one that does not follow. */
export const why: WhyDocument = {
  at: status.at, state: status.state, compliance: status.compliance, complianceW: status.complianceW, effectiveLimitW: status.effectiveLimitW, limitSource: status.limitSource, bindingDoc: status.bindingDoc,
  bindingSince: status.bindingSince, remainingS: status.remainingS, failsafeLimitW: status.failsafeLimitW, heartbeatAgeS: status.heartbeatAgeS, heartbeatTimeoutS: status.heartbeatTimeoutS,
  measuredW: status.measuredW, hashrateThs: status.hashrateThs,
  beside: [{ source: "schedule", powerW: 25_000, doc: null, until: "2026-01-01T17:00:00.000Z" }, { source: "breaker", powerW: 40_000, doc: null, until: null }],
  setpoint: null,
  budget: {
    budgetW: 20_117, risesForS: 0,
    parts: { marginW: 151, wideMargin: false, biasW: 210, besideW: 3_600, beside: [{ device: "asic-02", powerW: 3_500 }, { device: "asic-05", powerW: 100 }], climbW: 0, availableW: 16_156, plannedW: 16_121, freeW: 35 },
  },
  plan: { verdict: "kept", because: "not-worth", betterByPct: 0.3, madeAgoS: 32, dwellsForS: 0, barred: null },
  raisesWait: null, marginal: { ...last, device: "asic-03" },
  devices: [
    planned,
    { ...planned, id: "asic-02", by: "silence", unknownReason: "timeout", failure: "no answer within 3 s", setpoint: "sleep", reserveW: 3_500 },
    { ...planned, id: "asic-03" },
    { ...planned, id: "asic-04", wait: { because: "rests", forS: 12, needsW: null } },
    { ...planned, id: "asic-05", by: "ladder", quarantine: { reason: "3 orders to lower it had no effect", held: "sleep", endsInS: 240 }, refused: { at: "2026-01-01T00:00:00.000Z", setpoint: "point 300", message: "tuning is \u001b[31mlocked" } },
  ],
  next: [
    { inS: 12, at: status.at, what: "wakes", device: "asic-04", limitW: null, source: null, doc: null },
    { inS: 240, at: status.at, what: "quarantine-ends", device: "asic-05", limitW: null, source: null, doc: null },
    { inS: 7_500, at: "2026-01-01T02:05:00.000Z", what: "limit", device: null, limitW: 10_000, source: "failsafe", doc: null },
  ],
};

const sum = (powerW: number, hashrateThs: number) => ({ powerW, hashrateThs, jPerTh: hashrateThs === 0 ? null : Math.round((100 * powerW) / hashrateThs) / 100 });

export const plan: PlanDocument = {
  askedW: 6_000, at: null, effectiveLimitW: 6_000, limitSource: "technician", bindingDoc: null, state: "limited", compliance: "compliant", floorW: 300, toleranceW: 60,
  before: sum(19_797, 1_021), after: sum(5_950, 330), withinS: 6, doneS: 44, rehearsedS: 66, unheard: 0, restarts: 8, shedNowW: { within5s: 0, within60s: 18_900, within300s: 19_400 }, ahead: [{ from: "2026-01-01T17:00:00.000Z", limitW: 5_000, drawW: 5_000, shedW: 4_700 }],
  moves: [
    { device: "asic-01", from: "point 590", told: ["point 300"], fromW: 3_010, toW: 1_200, beginsS: 0, arrivesS: 6, measured: true, restarts: 0 },
    ...["asic-02", "asic-03"].map((id) => ({ device: id, from: "point 590", told: ["sleep", "point 300"], fromW: 3_000, toW: 1_190, beginsS: 0, arrivesS: 44, measured: false, restarts: 2 })),
  ],
  curve: Array.from({ length: 21 }, (_, index) => sum(300 + 1_000 * index, 60 * index - 0.6 * index * index)),
};
