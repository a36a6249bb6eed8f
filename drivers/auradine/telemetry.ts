/** Auradine's reports in the contract's vocabulary. */
import type { BoardTelemetry, OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { megahertz, watts, type Watts } from "../../agent/core/units.ts";
import type { Reports } from "../cgminer/api.ts";
import { hashrateAt } from "../cgminer/hashrate.ts";
import { flagAt, numberAt, rowsAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { miningOf, NOTHING_SAID } from "../cgminer/mining.ts";
import { celsiusAt, inMillivolts, mean, megahertzAt } from "../cgminer/figures.ts";

/** What one poll asks GCMiner for. */
export const REPORTS = ["summary", "devs", "pools"] as const;

const MOST_WATTS = 50_000;
const STARTING_MS = 180_000;

export interface Mode {
  readonly asleep: boolean | null;
  /** The watts its tuner aims at; null: it is in another mode. */
  readonly target: number | null;
}

export function modeOf(reply: JsonObject): Mode {
  const row = rowsAt(reply, "Mode")[0];
  const sleep = textAt(row, "Sleep")?.toLowerCase();
  const custom = textAt(row, "Mode")?.toLowerCase() === "custom";
  return { asleep: sleep === "on" || sleep === "true" ? true : sleep === undefined ? null : false, target: custom ? numberAt(row, "Power") : null };
}

export interface Said {
  readonly reports: Reports;
  readonly mode: Mode;
  readonly psu: JsonObject;
  readonly frequency: JsonObject;
}

export function telemetryOf({ reports, mode, psu, frequency }: Said, points: readonly OperatingPoint[]): Telemetry {
  const mining = miningOf(reports.required("summary"), reports.optional("pools"));
  const clocks = new Map(rowsAt(frequency, "Frequency").map((row) => [numberAt(row, "ID"), clockOf(row)]));
  const boards = rowsAt(reports.required("devs"), "DEVS").map((row, position) => boardOf(row, position, clocks));
  const power = wattsOf(rowsAt(psu, "PSU")[0], "PowerIn");
  const state = stateOf(mode, mining);
  return {
    ...NOTHING_SAID,
    ...mining,
    power,
    powerSource: power === null ? null : "measured",
    frequency: mean(boards.map((board) => board.frequency), megahertz),
    voltage: inMillivolts(inVolts(rowsAt(psu, "PSU")[0], "VoutSet")),
    state,
    point: state === "hashing" ? (points.find(({ id }) => id === `${mode.target}W`)?.id ?? null) : null,
    boards,
    errors: boards.filter((board) => board.enabled === false && mode.asleep !== true).map(({ index }) => `board ${index}: not alive`),
  };
}

function stateOf({ asleep }: Mode, { hashrate, uptime }: Pick<Telemetry, "hashrate" | "uptime">): Telemetry["state"] {
  if (asleep === true) return "asleep";
  if (hashrate !== null && hashrate > 0) return "hashing";
  if (uptime !== null && uptime < STARTING_MS) return "starting";
  return hashrate === null || asleep === null ? null : "fault";
}

/** Boards count from 1 here. */
function boardOf(row: JsonObject, position: number, clocks: ReadonlyMap<number | null, BoardTelemetry["frequency"]>): BoardTelemetry {
  const id = numberAt(row, "ID");
  return {
    index: id === null ? position : id - 1,
    enabled: flagAt(row, "Enabled"),
    frequency: clocks.get(id) ?? null,
    voltage: null,
    hashrate: hashrateAt(row, "5s"),
    boardTemperature: celsiusAt(row, "Temperature"),
    chipTemperature: null,
  };
}

const clockOf = (row: JsonObject): BoardTelemetry["frequency"] => mean(rowsAt(row, "ChipFrequency").map((chip) => megahertzAt(chip, "Frequency", 1)), megahertz);

/** "58.94W". */
function wattsOf(row: Json | undefined, key: string): Watts | null {
  const value = unitless(row, key, /W$/i);
  return value === null || value < 0 || value > MOST_WATTS ? null : watts(value);
}

/** "11.50V", in mV. */
function inVolts(row: Json | undefined, key: string): number | null {
  const value = unitless(row, key, /V$/i);
  return value === null ? null : value * 1000;
}

function unitless(row: Json | undefined, key: string, unit: RegExp): number | null {
  const text = textAt(row, key)?.replace(unit, "").trim() ?? "";
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}
