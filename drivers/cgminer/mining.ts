/** What all firmwares of the family say alike, in the contract's words. */
import type { PoolTelemetry, Telemetry } from "../../agent/core/model.ts";
import { countAt, secondsAt } from "./figures.ts";
import { hashrateAt } from "./hashrate.ts";
import { flagAt, rowsAt, textAt, type JsonObject } from "./json.ts";

/** A telemetry in which nothing was said. */
export const NOTHING_SAID: Telemetry = {
  power: null, powerSource: null, hashrate: null, hashrate15Min: null, hashrateAverage: null, frequency: null, voltage: null, state: null, point: null, boards: [],
  inlet: null, outlet: null, fansRpm: [], pools: [], accepted: null, rejected: null, hardwareErrors: null, uptime: null, errors: [],
};

/** What `summary` and `pools` tell. */
export function miningOf(summary: JsonObject, pools: JsonObject | null): Pick<Telemetry, "hashrate" | "hashrate15Min" | "hashrateAverage" | "accepted" | "rejected" | "hardwareErrors" | "uptime" | "pools"> {
  const row = rowsAt(summary, "SUMMARY")[0];
  return {
    // The shortest span there is: firmwares have 5 s, 20 s, 30 s or a minute.
    hashrate: hashrateAt(row, "5s") ?? hashrateAt(row, "20s") ?? hashrateAt(row, "30s") ?? hashrateAt(row, "1m"),
    hashrate15Min: hashrateAt(row, "15m"),
    hashrateAverage: hashrateAt(row, "av"),
    accepted: countAt(row, "Accepted"),
    rejected: countAt(row, "Rejected"),
    hardwareErrors: countAt(row, "Hardware Errors"),
    uptime: secondsAt(row, "Elapsed"),
    pools: rowsAt(pools ?? undefined, "POOLS").map(poolOf).filter((pool) => pool !== null),
  };
}

/** An empty slot has no URL. */
function poolOf(row: JsonObject): PoolTelemetry | null {
  const url = textAt(row, "URL");
  return url === null ? null : { url, worker: textAt(row, "User"), active: flagAt(row, "Stratum Active") };
}
