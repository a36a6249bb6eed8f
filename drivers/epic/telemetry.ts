/** PowerPlay's summary in the contract's vocabulary. */
import type { BoardTelemetry, OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { megahertz } from "../../agent/core/units.ts";
import { flagAt, isObject, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { NOTHING_SAID } from "../cgminer/mining.ts";
import { celsiusAt, countAt, inMillivolts, mean, megahertzAt, rpmAt, secondsAt, terahashAt, totalTerahash, wattsAt } from "../cgminer/figures.ts";
import { at } from "../http/path.ts";

const MEGA_PER_TERA = 1e6;
const MOST_BOARDS = 16;
/** Half a step of its clock, and what a supply is off by. */
const TOLERANCE = { megahertz: 3, millivolts: 70 } as const;

const STATES: Readonly<Record<string, Exclude<Telemetry["state"], null>>> = {
  Mining: "hashing",
  AdjustingClockVoltage: "ramping",
  Idling: "asleep",
  Stopping: "ramping",
  Initializing: "starting",
  Loading: "starting",
  PreInitCooldown: "starting",
  Rebooting: "starting",
  SoftRebooting: "starting",
};

export const stateOf = (summary: JsonObject): Telemetry["state"] => STATES[textAt(at(summary, "Status"), "Operating State") ?? ""] ?? null;

/** Its own tuner would undo a setting. */
export const tunes = (summary: JsonObject): boolean => flagAt(at(summary, "PerpetualTune"), "Running") === true;

export function telemetryOf(summary: JsonObject, points: readonly OperatingPoint[]): Telemetry {
  const [session, supply, stratum] = [at(summary, "Session"), at(summary, "Power Supply Stats"), at(summary, "Stratum")];
  const fans = at(summary, "Fans Rpm");
  const boards = rowsAt(summary, "HBs").slice(0, MOST_BOARDS).map(boardOf);
  const power = wattsAt(supply, "Input Power");
  const state = stateOf(summary);
  const frequency = mean(boards.map((board) => board.frequency), megahertz);
  const voltage = voltageAt(supply, "Target Voltage") ?? voltageAt(supply, "Output Voltage");
  const url = textAt(stratum, "Current Pool");
  const error = textAt(at(summary, "Status"), "Last Error");
  return {
    ...NOTHING_SAID,
    power,
    powerSource: power === null ? null : "measured",
    hashrate: totalTerahash(boards.map(({ hashrate }) => hashrate)),
    hashrateAverage: terahashAt(session, "Average MHs", MEGA_PER_TERA),
    frequency,
    voltage,
    state,
    point: state === "hashing" ? (points.find((point) => isAt(point, frequency, voltage))?.id ?? null) : null,
    boards,
    fansRpm: isObject(fans) ? Object.keys(fans).slice(0, 16).map((name) => rpmAt(fans, name)) : [],
    pools: url === null ? [] : [{ url, worker: textAt(stratum, "Current User"), active: flagAt(stratum, "IsPoolConnected") }],
    accepted: countAt(session, "Accepted"),
    rejected: countAt(session, "Rejected"),
    uptime: secondsAt(session, "Uptime"),
    errors: error === null ? [] : [error],
  };
}

function isAt(point: OperatingPoint, frequency: number | null, voltage: number | null): boolean {
  const clocked = frequency !== null && point.frequency !== null && Math.abs(frequency - point.frequency) <= TOLERANCE.megahertz;
  return clocked && (voltage === null || point.voltage === null || Math.abs(voltage - point.voltage) <= TOLERANCE.millivolts);
}

/** `Hashrate: [MH/s, percent of the ideal]`. */
function boardOf(board: JsonObject, position: number): BoardTelemetry {
  const rates = board["Hashrate"];
  return {
    index: numberAt(board, "Index") ?? position,
    enabled: true,
    frequency: megahertzAt(board, "Core Clock Avg", 1),
    voltage: voltageAt(board, "Output Voltage"),
    hashrate: Array.isArray(rates) ? terahashAt({ rate: (rates as readonly Json[])[0] ?? null }, "rate", MEGA_PER_TERA) : null,
    boardTemperature: celsiusAt(board, "Temperature"),
    chipTemperature: null,
  };
}

/** Volts in measured values, millivolts in set ones. */
function voltageAt(row: Json, key: string): BoardTelemetry["voltage"] {
  const value = numberAt(row, key);
  return inMillivolts(value === null || value > 100 ? value : value * 1000);
}
