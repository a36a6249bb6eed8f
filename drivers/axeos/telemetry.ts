/** What AxeOS tells of itself, in the contract's vocabulary. */
import type { OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { flagAt, numberAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { NOTHING_SAID } from "../cgminer/mining.ts";
import { celsiusAt, countAt, inMillivolts, megahertzAt, rpmAt, secondsAt, terahashAt, wattsAt } from "../cgminer/figures.ts";

const GIGA_PER_TERA = 1_000;
const STARTING_MS = 60_000;

/** The first with pause and resume. */
const PAUSES_FROM = [2, 14] as const;

export function canPause(version: string | null): boolean {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version ?? "")?.slice(1) ?? []).map(Number);
  return major > PAUSES_FROM[0] || (major === PAUSES_FROM[0] && minor >= PAUSES_FROM[1]);
}

export const isPaused = (info: JsonObject): boolean => flagAt(info, "miningPaused") === true;

/** The point its settings are. They are what was stored: whether the chip follows is seen in power and hashrate. */
export const pointOf = (info: JsonObject, points: readonly OperatingPoint[]): OperatingPoint | null =>
  points.find(({ frequency, voltage }) => frequency === numberAt(info, "frequency") && voltage === numberAt(info, "coreVoltage")) ?? null;

export function telemetryOf(info: JsonObject, points: readonly OperatingPoint[]): Telemetry {
  const power = wattsAt(info, "power");
  const hashrate = terahashAt(info, "hashRate", GIGA_PER_TERA);
  const uptime = secondsAt(info, "uptimeSeconds");
  const state = stateOf(info, hashrate, uptime);
  const [frequency, voltage] = [megahertzAt(info, "frequency", 1), inMillivolts(numberAt(info, "coreVoltageActual") ?? numberAt(info, "coreVoltage"))];
  const [host, port] = [textAt(info, "stratumURL"), numberAt(info, "stratumPort")];
  const fault = textAt(info, "power_fault");
  return {
    ...NOTHING_SAID,
    power,
    powerSource: power === null ? null : "measured",
    hashrate,
    hashrateAverage: terahashAt(info, "hashRate_1h", GIGA_PER_TERA),
    frequency,
    voltage,
    state,
    point: state === "hashing" ? (pointOf(info, points)?.id ?? null) : null,
    boards: [{ index: 0, enabled: true, frequency, voltage, hashrate, boardTemperature: celsiusAt(info, "vrTemp"), chipTemperature: celsiusAt(info, "temp") }],
    fansRpm: [rpmAt(info, "fanrpm")],
    pools: host === null ? [] : [{ url: host.includes("://") || port === null ? host : `stratum+tcp://${host}:${port}`, worker: textAt(info, "stratumUser"), active: null }],
    accepted: countAt(info, "sharesAccepted"),
    rejected: countAt(info, "sharesRejected"),
    uptime,
    errors: [...(fault === null ? [] : [`power fault: ${fault}`]), ...(flagAt(info, "overheat_mode") === true ? ["overheated: it has throttled itself; clear the overheat mode in AxeOS"] : [])],
  };
}

function stateOf(info: JsonObject, hashrate: number | null, uptime: number | null): Telemetry["state"] {
  if (isPaused(info)) return "asleep";
  if (hashrate !== null && hashrate > 0) return "hashing";
  if (uptime !== null && uptime < STARTING_MS) return "starting";
  return hashrate === null ? null : "fault";
}
