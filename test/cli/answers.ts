/** What a daemon with one miner answers. */
import type { DeviceDetail, DeviceRow, GridAnswer, StatusDocument } from "../../agent/cli/answers.ts";
import { watts } from "../../agent/core/units.ts";

export const status: StatusDocument = {
  v: 1, type: "STATUS", at: "2026-01-01T00:00:00.000Z", online: true, session: { boot: "b", connects: 1 },
  state: "limited", restoring: false, compliance: "compliant", complianceW: 320, effectiveLimitW: 20_117, budgetW: 20_117,
  limitSource: "allocation", bindingDoc: "alloc-7", bindingSince: "2025-12-31T22:04:12.000Z", remainingS: 7_500, measuredW: 19_797, measuredLowW: 19_700, measuredHighW: 19_900,
  measuredQuality: "measured", hashrateThs: 1_021.5, failsafeLimitW: 10_000, heartbeatAgeS: 4, heartbeatTimeoutS: 120, heartbeat: "required",
  clock: "synced", gap: null, refused: { REPLAY: { count: 2, lastAt: "2026-01-01T00:00:00.000Z" } }, storage: "ok", config: "ok", signatures: "required", unsigned: [],
  held: { "gla/1/demo/site/s1/rack/r1/allocation": [0, 7] }, heldIds: {}, share: null, shareFrom: null, next: null, drill: false, setpointW: null, setpointDoc: null, software: "curtaild/0.1.0", licence: null, logHead: null,
  devices: { total: 12, answering: 11, asleep: 2, quarantined: 0 },
};

export const device: DeviceRow = {
  id: "asic-01", state: "hashing", readingAgeS: 0.8, point: "590", frequencyMHz: 590, voltageMV: 13_800, powerW: 3_010, powerLowW: 2_990, powerHighW: 3_030,
  drawBy: "outlet", hashrateThs: 121.8, temperatureC: 61, setpoint: "point 590", order: null, unknownReason: null, quarantineReason: null, maintenance: false, poolGuard: null, owes: [],
};

export const silent: DeviceRow = { ...device, id: "asic-02", state: "unknown", unknownReason: "timeout", powerW: null, powerLowW: 0, powerHighW: 3_500, drawBy: "nameplate", hashrateThs: null, temperatureC: null, point: null, readingAgeS: 31 };

export const detail: DeviceDetail = {
  ...device, description: "Antminer S19k Pro, LuxOS", nameplateW: watts(3_500), asleepW: watts(25), gain: 1.02, tookS: { down: 4.4, up: 0, sleep: 6.4, wake: 0 }, meterLagS: 2, misses: 0, reserveW: 3_010, failure: null, maintenance: false,
  capabilities: [], telemetry: null,
};

export const grid: GridAnswer = {
  documents: [
    { ref: { id: "alloc-7", topic: "gla/1/demo/site/s1/rack/r1/allocation", epoch: 0, seq: 7 }, valid: { start: null, end: Date.parse("2026-01-01T02:05:00Z") }, ceiling: 20_117 },
    { ref: { id: "stop-1", topic: "gla/1/demo/all/emergency", epoch: 0, seq: 1 }, action: "STOP" },
  ],
  technician: { powerW: 4_000, until: null, who: "ada" },
  status,
};

