/** One quarter hour being filled. Plain data, so that it survives a restart of the daemon. */
import { counted } from "./register.ts";
import type { Cost, IntervalRecord, RegisterRecord } from "./record.ts";

export const QUARTER_MS = 900_000;
const QUARTER_S = 900;
/** A limit that changes more often than this within one quarter hour is told by its last changes only. */
const MOST_LIMITS = 120;
const ENOUGH = 0.99;

/** One look at the rack; it holds until the next. */
export interface Look {
  /** Monotonic, ms. */
  readonly uptime: number;
  /** Wall time, ms. */
  readonly at: number;
  readonly powerW: number | null;
  readonly quality: "measured" | "estimated" | "unknown";
  readonly limitW: number | null;
  readonly violating: boolean;
  readonly hashrateThs: number | null;
  readonly clock: "synced" | "unsynced" | "heartbeat";
  /** By meter; null: it did not say. Empty: no meter counts. */
  readonly registers: Readonly<Record<string, number | null>>;
}

export interface Quarter {
  /** Wall time of its beginning, ms. */
  readonly from: number;
  measuredS: number;
  estimatedS: number;
  powerWh: number;
  maxW: number | null;
  allottedWh: number | null;
  limits: [number, number | null][];
  overS: number;
  overWh: number;
  violatingS: number;
  hashesTh: number | null;
  clock: IntervalRecord["clock"];
  registers: Record<string, { start: number | null; end: number | null }>;
  bridgedWh: number | null;
}

export function beginQuarter(at: number): Quarter {
  return {
    from: Math.floor(at / QUARTER_MS) * QUARTER_MS, measuredS: 0, estimatedS: 0, powerWh: 0, maxW: null, allottedWh: 0, limits: [], overS: 0, overWh: 0,
    violatingS: 0, hashesTh: null, clock: "synced", registers: {}, bridgedWh: null,
  };
}

/** `look` held for `seconds`, from `offset` seconds after the beginning. */
export function fill(quarter: Quarter, look: Look, { seconds, offset }: { readonly seconds: number; readonly offset: number }): void {
  const { powerW, limitW, quality, hashrateThs } = look;
  noteLimit(quarter, offset, limitW);
  if (quarter.clock === "synced") quarter.clock = look.clock;
  if (limitW === null) quarter.allottedWh = null;
  else if (quarter.allottedWh !== null) quarter.allottedWh += (limitW * seconds) / 3600;
  if (hashrateThs !== null) quarter.hashesTh = (quarter.hashesTh ?? 0) + hashrateThs * seconds;
  if (look.violating) quarter.violatingS += seconds;
  if (powerW === null || quality === "unknown") return;
  if (quality === "measured") quarter.measuredS += seconds;
  else quarter.estimatedS += seconds;
  quarter.powerWh += (powerW * seconds) / 3600;
  quarter.maxW = Math.max(quarter.maxW ?? 0, powerW);
  if (limitW === null || powerW <= limitW) return;
  quarter.overS += seconds;
  quarter.overWh += ((powerW - limitW) * seconds) / 3600;
}

/** What a register read `at` the boundary or after; the first is its start. */
export function noteRegisters(quarter: Quarter, registers: Look["registers"]): void {
  for (const [meter, wh] of Object.entries(registers)) {
    if (wh === null) continue;
    const known = (quarter.registers[meter] ??= { start: null, end: null });
    known.end = wh;
  }
}

function noteLimit(quarter: Quarter, offset: number, limitW: number | null): void {
  const last = quarter.limits.at(-1);
  if (last !== undefined && last[1] === limitW) return;
  quarter.limits.push([Math.round(offset), limitW]);
  if (quarter.limits.length > MOST_LIMITS) quarter.limits.shift();
}

export function recordOf(quarter: Quarter, costOf: (from: number, kWh: number) => Cost | null): IntervalRecord {
  const { from, measuredS, estimatedS } = quarter;
  const missingS = Math.max(0, QUARTER_S - measuredS - estimatedS);
  const seen = measuredS + estimatedS > 0;
  const register = byRegisters(quarter, missingS);
  const energyWh = register?.wh ?? (seen ? quarter.powerWh : null);
  const surely = register?.note === null || measuredS >= ENOUGH * QUARTER_S;
  const { hashesTh } = quarter;
  return {
    v: 1,
    type: "INTERVAL",
    from: new Date(from).toISOString(),
    to: new Date(from + QUARTER_MS).toISOString(),
    quality: surely ? "ok" : measuredS + estimatedS >= ENOUGH * QUARTER_S || register?.note === "rolled" ? "estimated" : "missing",
    measuredS: tenth(measuredS),
    estimatedS: tenth(estimatedS),
    missingS: tenth(missingS),
    energyWh: tenth(energyWh),
    energyBy: register !== null && register.note !== "replaced" ? "register" : seen ? "power" : "none",
    powerWh: seen ? tenth(quarter.powerWh) : null,
    registers: Object.entries(quarter.registers).map(([meter, { start, end }]): RegisterRecord => ({ meter, startWh: start, endWh: end })),
    registerNote: register?.note ?? null,
    bridgedWh: tenth(quarter.bridgedWh),
    maxW: quarter.maxW === null ? null : Math.round(quarter.maxW),
    allottedWh: tenth(quarter.allottedWh),
    limits: quarter.limits,
    overS: tenth(quarter.overS),
    overWh: tenth(quarter.overWh),
    violatingS: tenth(quarter.violatingS),
    hashesTh: hashesTh === null ? null : Math.round(hashesTh),
    jPerTh: hashesTh === null || hashesTh === 0 || energyWh === null ? null : tenth((energyWh * 3600) / hashesTh),
    clock: quarter.clock,
    cost: energyWh === null ? null : costOf(from, energyWh / 1000),
  };
}

/** The sum of all registers; null where one of them said nothing at one end. What power says stands in the way of nonsense only where it was looked at throughout. */
function byRegisters({ registers, powerWh }: Quarter, missingS: number): { readonly wh: number; readonly note: "rolled" | "replaced" | null } | null {
  const meters = Object.values(registers);
  if (meters.length === 0) return null;
  let wh = 0;
  let note: "rolled" | "replaced" | null = null;
  for (const { start, end } of meters) {
    if (start === null || end === null) return null;
    const one = counted(start, end, missingS > 0.01 * QUARTER_S ? null : powerWh / meters.length);
    wh += one.wh;
    if (one.by !== "register" && note !== "replaced") note = one.by;
  }
  // One of several is not known: what the power says of all is better than a part.
  return note === "replaced" ? { wh: powerWh, note } : { wh, note };
}

function tenth(value: number): number;
function tenth(value: number | null): number | null;
function tenth(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}
