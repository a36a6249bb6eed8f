/** VNish's summary in the contract's vocabulary. */
import type { BoardTelemetry, PoolTelemetry, Telemetry } from "../../agent/core/model.ts";
import { megahertz, millivolts, seconds, type Millis, type Millivolts, type Terahash } from "../../agent/core/units.ts";
import { numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { celsiusAt, countAt, inMillivolts, mean, megahertzAt, rpmAt, secondsAt, terahashAt, wattsAt } from "../cgminer/figures.ts";
import { at } from "../http/path.ts";
import { presetName, type Identity } from "./identity.ts";
import { asMillivolts, globalsOf, percentId, pointAt } from "./points.ts";
import { stateOf } from "./state.ts";

export function telemetryOf(summary: JsonObject, perf: JsonObject, identity: Identity): Telemetry {
  const miner = at(summary, "miner");
  const status = at(miner, "miner_status");
  const state = stateOf(textAt(status, "miner_state"));
  const boards = rowsAt(miner, "chains").map((chain, position) => boardOf(chain, position, identity));
  const pools = rowsAt(miner, "pools").filter((pool) => textAt(pool, "pool_type") !== "DevFee");
  const power = wattsAt(miner, "power_consumption");
  return {
    power,
    powerSource: power === null ? null : "estimated",
    hashrate: hashrateAt(miner, ["hr_realtime", "instant_hashrate"], identity),
    hashrate15Min: null,
    hashrateAverage: hashrateAt(miner, ["hr_average", "average_hashrate"], identity),
    frequency: mean(boards.map((board) => board.frequency), megahertz),
    voltage: mean(boards.map((board) => board.voltage), millivolts),
    state,
    point: pointOf(status, perf, identity),
    boards,
    inlet: null,
    outlet: null,
    fansRpm: rowsAt(at(miner, "cooling"), "fans").map((fan) => rpmAt(fan, "rpm")),
    pools: pools.map(poolOf).filter((pool) => pool !== null),
    accepted: sum(pools, "accepted"),
    rejected: sum(pools, "rejected"),
    hardwareErrors: countAt(miner, "hw_errors"),
    uptime: uptimeOf(status),
    errors: errorsOf(status, rowsAt(miner, "chains")),
  };
}

function pointOf(status: Json, perf: JsonObject, { throttles, manual, points }: Identity): string | null {
  const state = stateOf(textAt(status, "miner_state"));
  if (state !== "hashing" && state !== "ramping") return null;
  if (manual) {
    const globals = globalsOf(at(perf, "current_preset"));
    return globals === null ? null : pointAt(points, globals);
  }
  const percent = numberAt(status, "throttled");
  const id = throttles ? (percent === null ? null : percentId(percent)) : presetName(perf);
  return points.some((point) => point.id === id) ? id : null;
}

/** The firmware counts the time in its state: mining has not begun while it starts, and the time in any other state is none of mining. */
function uptimeOf(status: Json): Millis | null {
  const word = textAt(status, "miner_state");
  if (stateOf(word) === "starting") return seconds(0);
  return word === "mining" ? secondsAt(status, "miner_state_time") : null;
}

function boardOf(chain: JsonObject, position: number, identity: Identity): BoardTelemetry {
  const state = textAt(at(chain, "status"), "state");
  return {
    index: numberAt(chain, "id") ?? position,
    enabled: state === null ? null : state !== "disabled",
    frequency: megahertzAt(chain, "frequency", 1) ?? megahertzAt(chain, "freq", 1),
    voltage: voltageAt(chain),
    hashrate: hashrateAt(chain, ["hashrate_rt", "hr_realtime"], identity),
    boardTemperature: celsiusAt(at(chain, "pcb_temp"), "max"),
    chipTemperature: celsiusAt(at(chain, "chip_temp"), "max"),
  };
}

/** Without URL or user it is an empty slot. */
function poolOf(pool: JsonObject): PoolTelemetry | null {
  const url = textAt(pool, "url");
  const status = textAt(pool, "status");
  return url === null ? null : { url, worker: textAt(pool, "user"), active: status === null ? null : status === "active" };
}

function errorsOf(status: Json, chains: readonly JsonObject[]): readonly string[] {
  const code = numberAt(status, "failure_code");
  const words = textAt(status, "description");
  const failed = stateOf(textAt(status, "miner_state")) === "fault";
  const whole = failed ? [`${words ?? "failure"}${code === null ? "" : ` (code ${code})`}`] : [];
  const ofChains = chains.filter((chain) => textAt(at(chain, "status"), "state") === "failure");
  return [...whole, ...ofChains.map((chain) => `board ${textAt(chain, "id") ?? "?"}: ${textAt(at(chain, "status"), "description") ?? "failure"}`)];
}

function hashrateAt(row: Json, keys: readonly string[], { perTerahash }: Identity): Terahash | null {
  if (perTerahash === null) return null;
  for (const key of keys) {
    const rate = terahashAt(row, key, perTerahash);
    if (rate !== null) return rate;
  }
  return null;
}

function voltageAt(chain: JsonObject): Millivolts | null {
  const value = numberAt(chain, "voltage") ?? numberAt(chain, "volt");
  return inMillivolts(value === null ? null : asMillivolts(value));
}

function sum(rows: readonly JsonObject[], key: string): number | null {
  const known = rows.map((row) => countAt(row, key)).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
