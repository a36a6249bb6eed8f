/** LuxOS reports in the contract's vocabulary. */
import type { BoardTelemetry, OperatingPoint, PoolTelemetry, Telemetry } from "../../agent/core/model.ts";
import { megahertz, millivolts } from "../../agent/core/units.ts";
import type { Reports } from "../cgminer/api.ts";
import { celsiusAt, countAt, mean, rpmAt, secondsAt, wattsAt } from "../cgminer/figures.ts";
import { hashrateAt } from "../cgminer/hashrate.ts";
import { flagAt, numberAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { pointAt, type Board } from "./boards.ts";

/** What one poll asks for, joined into one request. Only the first two are indispensable. */
export const REPORTS = ["summary", "devs", "power", "temps", "fans", "pools", "config"] as const;

/** A board that does not hash this long after the start is not starting any more. */
const STARTING_S = 300;

/** `dead`: those that should run and do not. */
export function telemetryOf(reports: Reports, { boards, dead }: { readonly boards: readonly Board[]; readonly dead: readonly Board[] }, points: readonly OperatingPoint[]): Telemetry {
  const summary = rowsAt(reports.required("summary"), "SUMMARY")[0];
  const power = rowsAt(reports.optional("power"), "POWER")[0];
  const running = boards.filter((board) => board.running);
  const drawn = wattsAt(power, "Watts");
  const state = stateOf(reports, boards);
  return {
    power: drawn,
    powerSource: drawn === null ? null : flagAt(power, "PSU") === true ? "measured" : "estimated",
    hashrate: hashrateAt(summary, "5s"),
    hashrate15Min: hashrateAt(summary, "15m"),
    hashrateAverage: hashrateAt(summary, "av"),
    frequency: mean(running.map((board) => board.frequency), megahertz),
    voltage: mean(running.map((board) => board.voltage), millivolts),
    state,
    // Asleep it is at no point, whatever it would wake to; on a ramp it passes through points it is not set to.
    point: state === "asleep" || state === "ramping" ? null : (pointAt(boards, points)?.id ?? null),
    boards: boardsTelemetry(boards, reports.optional("temps")),
    inlet: null,
    outlet: null,
    fansRpm: rowsAt(reports.optional("fans"), "FANS").map((row) => rpmAt(row, "RPM")),
    pools: rowsAt(reports.optional("pools"), "POOLS").map(poolOf).filter((pool) => pool !== null),
    accepted: countAt(summary, "Accepted"),
    rejected: countAt(summary, "Rejected"),
    hardwareErrors: countAt(summary, "Hardware Errors"),
    uptime: secondsAt(summary, "Elapsed"),
    errors: state === "starting" ? [] : dead.map((board) => `board ${board.index}: ${board.status}`),
  };
}

/** null: not said. */
export function isAsleep(reports: Reports): boolean | null {
  const mode = textAt(configOf(reports), "CurtailMode");
  return mode === null ? null : mode.toLowerCase() === "sleep";
}

/** Whether one of the firmware's own controllers (ATM, the tuner) would undo a setting; null: not said. */
export function controllersOf(reports: Reports): { readonly atm: boolean | null; readonly tuner: boolean | null } {
  const config = configOf(reports);
  return { atm: flagAt(config, "IsAtmEnabled"), tuner: flagAt(config, "IsTuning") };
}

function configOf(reports: Reports): JsonObject | undefined {
  return rowsAt(reports.optional("config"), "CONFIG")[0];
}

function stateOf(reports: Reports, boards: readonly Board[]): Telemetry["state"] {
  const asleep = isAsleep(reports);
  if (asleep === true) return "asleep";
  const summary = rowsAt(reports.required("summary"), "SUMMARY")[0];
  const running = boards.filter((board) => board.running);
  if (running.some((board) => board.ramping)) return "ramping";
  if (running.length === 0) return (numberAt(summary, "Elapsed") ?? STARTING_S) < STARTING_S ? "starting" : "fault";
  const hashes = (hashrateAt(summary, "5s") ?? 0) > 0;
  return asleep === null && !hashes ? null : "hashing";
}

function boardsTelemetry(boards: readonly Board[], temps: JsonObject | null): readonly BoardTelemetry[] {
  const byBoard = new Map(rowsAt(temps, "TEMPS").map((row, position) => [numberAt(row, "TEMP") ?? numberAt(row, "ID") ?? position, row]));
  return boards.map((board) => ({
    index: board.index,
    enabled: board.running,
    frequency: board.frequency,
    voltage: board.voltage,
    hashrate: hashrateAt(board.row, "5s"),
    boardTemperature: celsiusAt(byBoard.get(board.index), "Board") ?? celsiusAt(board.row, "Temperature"),
    chipTemperature: celsiusAt(byBoard.get(board.index), "Chip"),
  }));
}

function poolOf(row: JsonObject): PoolTelemetry | null {
  const url = textAt(row, "URL");
  return url === null ? null : { url, worker: textAt(row, "User"), active: flagAt(row, "Stratum Active") };
}
