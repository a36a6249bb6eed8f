/** Reports of API V2 in the contract's vocabulary. */
import type { BoardTelemetry, PoolTelemetry } from "../../agent/core/model.ts";
import { megahertz, type Megahertz, type Terahash, type Watts } from "../../agent/core/units.ts";
import { celsiusAt, clockAt, countAt, rpmAt, secondsAt, terahashAt, wattsAt } from "../cgminer/figures.ts";
import { hashrateAt } from "../cgminer/hashrate.ts";
import { field, flagAt, isObject, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { stateOf, type Poll } from "./api.ts";
import { errorsOf } from "./error-words.ts";

/** null: the miner refused this report. */
export interface ReportsV2 {
  readonly status: JsonObject | null;
  readonly summary: JsonObject | null;
  readonly edevs: JsonObject | null;
  readonly psu: JsonObject | null;
  readonly pools: JsonObject | null;
  readonly errors: JsonObject | null;
  readonly version: JsonObject | null;
}

export function pollOf({ status, summary, edevs, psu, pools, errors, version }: ReportsV2): Poll {
  const told = field(status ?? undefined, "Msg");
  const sum = summaryRow(summary);
  const boards = rowsAt(edevs, "DEVS").map(boardOf);
  const uptimeS = numberAt(sum, "Elapsed");
  const hashrate = hashrateNow(sum);
  // Older firmware says btmineroff.
  const off = flagAt(told, "mineroff") ?? flagAt(told, "btmineroff");
  const climbed = flagAt(sum, "Upfreq Complete");
  const state = stateOf({ off, up: sum !== undefined, climbed, hashes: (hashrate ?? 0) > 0, uptimeS });
  const power = powerIn(summary) ?? wattsAt(field(psu ?? undefined, "Msg"), "pin");
  return {
    percent: null,
    fastBoot: fastBootIn(textAt(sum, "Btminer Fast Boot")),
    firmware: textAt(told, "FirmwareVersion") ?? textAt(told, "Firmware Version") ?? textAt(field(version ?? undefined, "Msg"), "fw_ver"),
    telemetry: {
      power,
      powerSource: power === null ? null : "measured",
      hashrate,
      hashrate15Min: hashrateAt(sum, "15m"),
      hashrateAverage: hashrateAt(sum, "av"),
      frequency: state === "asleep" ? null : frequencyOf(boards),
      voltage: null,
      state,
      boards,
      inlet: celsiusAt(sum, "Env Temp"),
      outlet: null,
      fansRpm: sum === undefined ? [] : [rpmAt(sum, "Fan Speed In"), rpmAt(sum, "Fan Speed Out")],
      pools: rowsAt(pools, "POOLS").map(poolOf).filter((pool) => pool !== null),
      accepted: countAt(sum, "Accepted"),
      rejected: countAt(sum, "Rejected"),
      hardwareErrors: countAt(sum, "Hardware Errors"),
      uptime: secondsAt(sum, "Elapsed"),
      errors: errorsOf(field(field(errors ?? undefined, "Msg"), "error_code")),
    },
  };
}

/** Power of now where the firmware tells it, else its own mean. */
export function powerIn(summary: JsonObject | null): Watts | null {
  const row = summaryRow(summary);
  return wattsAt(row, "Power_RT") ?? wattsAt(row, "Power");
}

/** Newer firmware puts the summary flat into Msg. */
function summaryRow(summary: JsonObject | null): JsonObject | undefined {
  const flat = field(summary ?? undefined, "Msg");
  return rowsAt(summary, "SUMMARY")[0] ?? (isObject(flat) ? flat : undefined);
}

/** "HS RT" is in MH/s like its neighbours, though it does not say so. */
function hashrateNow(row: Json | undefined): Terahash | null {
  return terahashAt(row, "HS RT", 1e6) ?? hashrateAt(row, "5s");
}

function boardOf(row: JsonObject, position: number): BoardTelemetry {
  return {
    index: numberAt(row, "Slot") ?? numberAt(row, "ASC") ?? position,
    enabled: flagAt(row, "Enabled"),
    frequency: clockAt(row, "Chip Frequency"),
    voltage: null,
    hashrate: hashrateNow(row),
    boardTemperature: celsiusAt(row, "Temperature"),
    chipTemperature: celsiusAt(row, "Chip Temp Avg"),
  };
}

function poolOf(row: JsonObject): PoolTelemetry | null {
  const url = textAt(row, "URL");
  return url === null ? null : { url, worker: textAt(row, "User"), active: flagAt(row, "Stratum Active") };
}

/** Mean over the boards that are clocked. */
export function frequencyOf(boards: readonly BoardTelemetry[]): Megahertz | null {
  const clocked = boards.map((board) => board.frequency).filter((frequency) => frequency !== null && frequency > 0) as Megahertz[];
  return clocked.length === 0 ? null : megahertz(clocked.reduce((sum, frequency) => sum + frequency, 0) / clocked.length);
}

/** `enable` and `disable`, in some versions `enabled` and `true`. */
export function fastBootIn(text: string | null): boolean | null {
  if (text === null) return null;
  return /^(enable|true|1)/i.test(text);
}
