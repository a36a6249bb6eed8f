/** SEALMINER's `stats` in the contract's vocabulary: one flat row, boards and fans by a number in front of the name. */
import type { BoardTelemetry, OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { megahertz } from "../../agent/core/units.ts";
import type { Reports } from "../cgminer/api.ts";
import { flagAt, numberAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { miningOf, NOTHING_SAID } from "../cgminer/mining.ts";
import { celsiusAt, mean, megahertzAt, rpmAt, secondsAt, terahashAt, totalTerahash, wattsAt } from "../cgminer/figures.ts";

export const REPORTS = ["summary", "stats", "pools"] as const;

const MEGA_PER_TERA = 1e6;
const STARTING_MS = 300_000;
const MOST_BOARDS = 16;
const SENSORS = [0, 1, 2, 3] as const;

export const statsOf = (stats: JsonObject): JsonObject | undefined => rowsAt(stats, "STATS")[0];

export const limitOf = (stats: JsonObject): number | null => numberAt(statsOf(stats), "Power Limit");

/** It names what it does; whatever is neither running nor on its way there has been suspended. */
export function stateOf(row: JsonObject | undefined, { hashrate, uptime }: Pick<Telemetry, "hashrate" | "uptime">): Telemetry["state"] {
  const word = textAt(row, "PM State")?.toLowerCase() ?? "";
  if (/suspend|sleep|standby|idle|stop/.test(word)) return "asleep";
  if (/fault|error|fail/.test(word)) return "fault";
  if (/init|start|boot|tun/.test(word)) return "starting";
  if (hashrate !== null && hashrate > 0) return "hashing";
  if (uptime !== null && uptime < STARTING_MS) return "starting";
  return hashrate === null || word === "" ? null : "fault";
}

export function telemetryOf(reports: Reports, points: readonly OperatingPoint[]): Telemetry {
  const stats = reports.required("stats");
  const row = statsOf(stats);
  const mining = miningOf(reports.required("summary"), reports.optional("pools"));
  const boards = boardsOf(row);
  const power = row === undefined ? null : wattsAt(row, "PSU Input Power");
  const state = stateOf(row, mining);
  const limit = limitOf(stats);
  const code = textAt(row, "Error Code");
  return {
    ...NOTHING_SAID,
    ...mining,
    hashrate: mining.hashrate ?? totalTerahash(boards.map((board) => board.hashrate)),
    uptime: mining.uptime ?? (row === undefined ? null : secondsAt(row, "System Uptime")),
    power,
    powerSource: power === null ? null : "measured",
    frequency: mean(boards.map((board) => board.frequency), megahertz),
    state,
    point: state === "hashing" ? (points.find(({ id }) => id === `${limit}W`)?.id ?? null) : null,
    boards,
    fansRpm: Array.from({ length: Math.min(MOST_BOARDS, numberAt(row, "Fan Count") ?? 0) }, (_, fan) => rpmAt(row, `${fan} Speed`)),
    errors: [...(code === null ? [] : [`error code ${code}`]), ...badChips(row, boards.length)],
  };
}

function boardsOf(row: JsonObject | undefined): readonly BoardTelemetry[] {
  if (row === undefined) return [];
  return Array.from({ length: Math.min(MOST_BOARDS, numberAt(row, "Board Count") ?? 0) }, (_, index) => {
    const warmest = SENSORS.map((sensor) => celsiusAt(row, `${index} Temp ${sensor}`)).filter((value) => value !== null).toSorted((a, b) => b - a)[0];
    return {
      index,
      enabled: flagAt(row, `${index} Online`),
      frequency: megahertzAt(row, `${index} Freq`, 1),
      voltage: null,
      hashrate: terahashAt(row, `${index} MHS(Sample)`, MEGA_PER_TERA),
      boardTemperature: warmest ?? null,
      chipTemperature: null,
    };
  });
}

function badChips(row: JsonObject | undefined, boards: number): string[] {
  return Array.from({ length: boards }, (_, board) => ({ board, bad: numberAt(row, `${board} Bad Chip Count`) ?? 0 })).filter(({ bad }) => bad > 0).map(({ board, bad }) => `board ${board}: ${bad} bad chips`);
}
