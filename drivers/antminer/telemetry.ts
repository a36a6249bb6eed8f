/** What bmminer and the web interface say, in the contract's vocabulary. */
import type { PoolTelemetry, Telemetry } from "../../agent/core/model.ts";
import { megahertz, type Megahertz, type Terahash, type Watts } from "../../agent/core/units.ts";
import { countAt, secondsAt } from "../cgminer/figures.ts";
import { hashrateAt } from "../cgminer/hashrate.ts";
import { flagAt, numberAt, rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { MinerModel } from "../models.ts";
import type { StockPoint } from "./points.ts";
import { MODE, sameSettings, type Settings } from "./settings.ts";
import { chainsOf, fansOf, machineOf, type Chain } from "./stats.ts";

export interface Said {
  readonly stats: JsonObject;
  readonly summary: JsonObject;
  readonly pools: JsonObject;
  /** null: the web interface did not tell. */
  readonly settings: Settings | null;
  /** Measured by the power supply; null: not told. */
  readonly power: Watts | null;
}

/** A machine that does not hash fully this long after its start is not starting any more. */
const STARTING_S = 300;
/** Below this part of the full hashrate it does not hash. */
const IDLE = 0.02;
/** Parts of what its point says: at either of the first two it has arrived, above the third it does not follow it. The clock is ahead of the average. */
const ARRIVED = { hashrate: 0.85, clock: 0.97 } as const;
const ASTRAY = 1.25;

export function telemetryOf(said: Said, points: readonly StockPoint[], model: MinerModel): Telemetry {
  const machine = machineOf(said.stats);
  const summary = rowsAt(said.summary, "SUMMARY")[0];
  const chains = chainsOf(machine);
  const elapsed = numberAt(summary, "Elapsed") ?? numberAt(machine, "Elapsed");
  const hashrate = hashrateAt(summary, "5s") ?? hashrateAt(machine, "5s");
  const { settings } = said;
  const set = settings === null ? null : (points.find((point) => sameSettings(point.settings, settings)) ?? null);
  const frequency = meanClock(chains);
  const state = stateOf({ settings, rate: rateNow(chains, hashrate), frequency, elapsed, set, full: points.at(-1) });
  const follows = set !== null && hashrate !== null && hashrate <= ASTRAY * set.hashrate;
  return {
    power: said.power,
    powerSource: said.power === null ? null : "measured",
    hashrate,
    hashrate15Min: hashrateAt(summary, "15m"),
    hashrateAverage: hashrateAt(summary, "av") ?? hashrateAt(machine, "av"),
    frequency: state === "asleep" ? (points.find((point) => sameSettings(point.settings, awake(settings)))?.frequency ?? null) : frequency,
    voltage: null,
    state,
    point: state === "hashing" && follows ? set.id : null,
    boards: chains.map(({ chips: _chips, deadChips: _deadChips, ...board }) => board),
    inlet: null,
    outlet: null,
    fansRpm: fansOf(machine),
    pools: rowsAt(said.pools, "POOLS").map(poolOf).filter((pool) => pool !== null),
    accepted: countAt(summary, "Accepted"),
    rejected: countAt(summary, "Rejected"),
    hardwareErrors: countAt(summary, "Hardware Errors"),
    uptime: secondsAt(summary, "Elapsed") ?? secondsAt(machine, "Elapsed"),
    errors: state === "hashing" ? [...boardErrors(chains, model), ...(set === null || follows ? [] : [`set to ${set.id}, and hashes faster than that`])] : [],
  };
}

/** What it would wake to. */
const awake = (settings: Settings | null): Settings => ({ mode: MODE.normal, level: settings?.level ?? null });

function meanClock(chains: readonly Chain[]): Megahertz | null {
  const clocked = chains.map(({ frequency }) => frequency).filter((frequency) => frequency !== null);
  return clocked.length === 0 ? null : megahertz(clocked.reduce((sum, frequency) => sum + frequency, 0) / clocked.length);
}

/** A chain that does not run has an empty rate at once, when the average of the machine still falls. */
function rateNow(chains: readonly Chain[], average: Terahash | null): number | null {
  return chains.length === 0 ? average : chains.reduce((sum, { hashrate }) => sum + (hashrate ?? 0), 0);
}

interface Seen {
  readonly settings: Settings | null;
  readonly rate: number | null;
  readonly frequency: Megahertz | null;
  readonly elapsed: number | null;
  readonly set: StockPoint | null;
  readonly full: StockPoint | undefined;
}

/** Put to sleep it hashes on for up to a minute, and started it climbs for minutes: the setting alone does not make the state. */
function stateOf(seen: Seen): Telemetry["state"] {
  const { settings, rate, elapsed, set, full } = seen;
  if (rate === null) return null;
  const hashes = rate > IDLE * (full?.hashrate ?? 0);
  const young = elapsed !== null && elapsed < STARTING_S;
  if (settings?.mode === MODE.sleep) return hashes ? "ramping" : "asleep";
  if (hashes) return young && set !== null && !hasArrived(rate, seen.frequency, set) ? "ramping" : "hashing";
  if (settings?.mode == null) return null;
  return young ? "starting" : "fault";
}

function hasArrived(rate: number, frequency: Megahertz | null, set: StockPoint): boolean {
  return rate >= ARRIVED.hashrate * set.hashrate || (frequency !== null && set.frequency !== null && frequency >= ARRIVED.clock * set.frequency);
}

function boardErrors(chains: readonly Chain[], { boards }: MinerModel): string[] {
  const dead = chains.filter(({ deadChips }) => deadChips > 0).map(({ index, deadChips, chips }) => `board ${index}: ${deadChips}${chips === null ? "" : ` of ${chips}`} chips do not answer`);
  const missing = boards - chains.length;
  return missing > 0 ? [...dead, `${missing} of ${boards} boards do not answer`] : dead;
}

/** A slot that is not used has no URL. */
function poolOf(row: JsonObject): PoolTelemetry | null {
  const url = textAt(row, "URL");
  return url === null ? null : { url, worker: textAt(row, "User"), active: flagAt(row, "Stratum Active") };
}
