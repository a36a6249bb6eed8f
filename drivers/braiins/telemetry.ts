/** Braiins OS in the contract's vocabulary: the cgminer reports, and what REST adds to them. */
import type { PoolTelemetry, Telemetry } from "../../agent/core/model.ts";
import { celsius, megahertz, millivolts, type Celsius } from "../../agent/core/units.ts";
import type { Reports } from "../cgminer/api.ts";
import { hashrateAt } from "../cgminer/hashrate.ts";
import { flagAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { countAt, mean, rpmAt, secondsAt, wattsAt } from "../cgminer/figures.ts";
import { at } from "../http/path.ts";
import { pointAt, type Hashboard } from "./boards.ts";
import type { Details } from "./details.ts";
import type { Identity } from "./identity.ts";
import { targetId } from "./points.ts";
import type { Mode, Tuning } from "./tuner.ts";

/** What one poll asks the cgminer API for, joined into one request. Only the first is indispensable. */
export const REPORTS = ["summary", "pools", "fans"] as const;

/** Mining that has not begun this long after the machine came up is not starting any more. */
const STARTING_MS = 300_000;
/** A target counts as reached within this fraction of what it draws there, though the tuner goes on for hours. */
const REACHED = 0.05;

/** What REST said in one poll. */
export interface RestReading {
  readonly details: Details;
  readonly stats: JsonObject;
  readonly mode: Mode;
  readonly tuning: Tuning;
  readonly boards: readonly Hashboard[];
  /** Asked for where the status is not well. */
  readonly errors: readonly string[];
}

/** Without REST: what the cgminer API tells everybody. */
export function openTelemetry(reports: Reports, errors: readonly string[]): Telemetry {
  const summary = rowsAt(reports.required("summary"), "SUMMARY")[0] ?? null;
  const hashrate = hashrateAt(summary, "5s");
  return {
    power: null,
    powerSource: null,
    hashrate,
    hashrate15Min: hashrateAt(summary, "15m"),
    hashrateAverage: hashrateAt(summary, "av"),
    frequency: null,
    voltage: null,
    state: hashrate !== null && hashrate > 0 ? "hashing" : null,
    point: null,
    boards: [],
    inlet: null,
    outlet: null,
    fansRpm: rowsAt(reports.optional("fans"), "FANS").map((row) => rpmAt(row, "RPM")),
    pools: rowsAt(reports.optional("pools"), "POOLS").map(poolOf).filter((pool) => pool !== null),
    accepted: countAt(summary, "Accepted"),
    rejected: countAt(summary, "Rejected"),
    hardwareErrors: countAt(summary, "Hardware Errors"),
    uptime: secondsAt(summary, "Elapsed"),
    errors,
  };
}

export function telemetryOf(reports: Reports, rest: RestReading, identity: Identity): Telemetry {
  const { mode, tuning } = rest;
  const scaled = isScaled(mode, tuning) ? [`the firmware has lowered its target from ${mode.target} W to ${tuning.aim} W by itself`] : [];
  const open = openTelemetry(reports, [...scaled, ...rest.errors]);
  const drawn = wattsAt(at(rest.stats, "power_stats", "approximated_consumption"), "watt");
  const boards = rest.boards.map((board) => board.telemetry);
  const running = boards.filter((board) => board.enabled !== false);
  const { state, point } = settingOf(rest, { drawn, hashes: (open.hashrate ?? 0) > 0 }, identity);
  return {
    ...open,
    power: drawn,
    powerSource: drawn === null ? null : "estimated",
    frequency: mean(running.map((board) => board.frequency), megahertz),
    voltage: mean(running.map((board) => board.voltage), millivolts),
    state,
    point,
    boards,
    inlet: extreme(rest.boards.map((board) => board.inlet), Math.min),
    outlet: extreme(rest.boards.map((board) => board.outlet), Math.max),
    uptime: rest.details.uptime ?? open.uptime,
  };
}

interface Seen {
  readonly drawn: number | null;
  readonly hashes: boolean;
}

function settingOf({ details, mode, tuning, boards }: RestReading, { drawn, hashes }: Seen, identity: Identity): Pick<Telemetry, "state" | "point"> {
  const { status, systemUptime } = details;
  if (status === null) return { state: null, point: null };
  if (status === "paused") return { state: "asleep", point: null };
  if (status === "not_started") return { state: systemUptime !== null && systemUptime < STARTING_MS ? "starting" : "fault", point: null };
  // Suspended or restricted by something else than us; some go on at less.
  if (status !== "normal" && !hashes) return { state: "fault", point: null };
  if (identity.manual) {
    const point = pointAt(boards, identity.points);
    return { state: "hashing", point: point?.id ?? null };
  }
  const point = identity.points.find(({ id }) => mode.target !== null && id === targetId(mode.target));
  const aim = isScaled(mode, tuning) ? tuning.aim : (point?.power ?? mode.target);
  const reached = tuning.state !== "tuning" || (aim !== null && drawn !== null && Math.abs(drawn - aim) <= REACHED * aim);
  return reached ? { state: "hashing", point: point?.id ?? null } : { state: "ramping", point: null };
}

/** The firmware aims lower than it was told. What it was told stands: telling it again would undo what protects the machine. */
const isScaled = ({ target }: Mode, { aim }: Tuning): boolean => target !== null && aim !== null && aim < target;

/** As the firmware words them. */
export function errorsOf(reply: JsonObject): readonly string[] {
  return rowsAt(reply, "errors").map((row) => textAt(row, "message") ?? "an error without words").slice(0, 20);
}

function poolOf(row: JsonObject): PoolTelemetry | null {
  const url = textAt(row, "URL");
  return url === null ? null : { url, worker: textAt(row, "User"), active: flagAt(row, "Stratum Active") };
}

function extreme(values: readonly (Celsius | null)[], pick: (...values: number[]) => number): Celsius | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : celsius(pick(...known));
}
