/** Reports of API V3 in the contract's vocabulary. Hashrates are in TH/s here. */
import type { BoardTelemetry, PoolTelemetry } from "../../agent/core/model.ts";
import type { Celsius } from "../../agent/core/units.ts";
import { celsiusAt, clockAt, countAt, rpmAt, secondsAt, terahashAt, wattsAt } from "../cgminer/figures.ts";
import { field, flagAt, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { stateOf, type Poll } from "./api.ts";
import { errorsOf } from "./error-words.ts";
import { fastBootIn, frequencyOf } from "./v2-telemetry.ts";

/** null: the miner refused this report. */
export interface ReportsV3 {
  readonly device: Json;
  readonly setting: Json;
  readonly status: Json;
}

export function pollOf({ device, setting, status }: ReportsV3): Poll {
  const miner = field(device, "miner");
  const summary = rowsAt(status, "summary")[0];
  const boards = rowsAt(status, "edevs").map((row, position) => boardOf(row, temperatureAt(summary, position), position));
  const uptimeS = numberAt(summary, "elapsed");
  const hashrate = terahashAt(summary, "hash-realtime", 1) ?? terahashAt(summary, "hash-1min", 1);
  const working = flagAt(miner, "working");
  const off = flagAt(setting, "miner-off") ?? (working === null ? null : !working);
  const climbed = flagAt(summary, "up-freq-finish");
  const state = stateOf({ off, up: summary !== undefined, climbed, hashes: (hashrate ?? 0) > 0, uptimeS });
  const power = wattsAt(summary, "power-realtime") ?? wattsAt(summary, "power-5min") ?? wattsAt(field(device, "power"), "pin");
  return {
    percent: numberAt(setting, "power-percent"),
    fastBoot: fastBootIn(textAt(miner, "fast-boot") ?? textAt(setting, "fast-boot")),
    firmware: textAt(field(device, "system"), "fwversion"),
    telemetry: {
      power,
      powerSource: power === null ? null : "measured",
      hashrate,
      hashrate15Min: terahashAt(summary, "hash-15min", 1),
      hashrateAverage: terahashAt(summary, "hash-average", 1),
      frequency: state === "asleep" ? null : frequencyOf(boards),
      voltage: null,
      state,
      boards,
      inlet: celsiusAt(summary, "environment-temperature"),
      outlet: null,
      fansRpm: summary === undefined ? [] : [rpmAt(summary, "fan-speed-in"), rpmAt(summary, "fan-speed-out")],
      pools: rowsAt(status, "pools").map(poolOf).filter((pool) => pool !== null),
      accepted: countAt(summary, "accepted"),
      rejected: countAt(summary, "rejected"),
      hardwareErrors: null,
      uptime: secondsAt(summary, "elapsed"),
      errors: errorsOf(field(device, "error-code")),
    },
  };
}

function boardOf(row: JsonObject, boardTemperature: Celsius | null, position: number): BoardTelemetry {
  return {
    index: numberAt(row, "slot") ?? numberAt(row, "id") ?? position,
    enabled: null,
    frequency: clockAt(row, "freq"),
    voltage: null,
    hashrate: terahashAt(row, "hash-realtime", 1) ?? terahashAt(row, "hash-average", 1),
    boardTemperature,
    chipTemperature: celsiusAt(row, "chip-temp-avg"),
  };
}

/** `board-temperature` is a list in the order of the boards. */
function temperatureAt(summary: Json | undefined, position: number): Celsius | null {
  const all = field(summary, "board-temperature");
  const value = Array.isArray(all) ? (all as readonly Json[])[position] : null;
  return celsiusAt({ value: value ?? null }, "value");
}

function poolOf(row: JsonObject): PoolTelemetry | null {
  const url = textAt(row, "url");
  return url === null ? null : { url, worker: textAt(row, "account"), active: flagAt(row, "stratum-active") };
}
