/** One interval being filled. Plain data, so that it survives a restart of the daemon. */
import { counted } from "./register.ts";
import type { Cost, IntervalRecord, RegisterRecord } from "./record.ts";

export const QUARTER_MS = 900_000;
/** A limit that changes more often than this within one interval is told by its last changes only. */
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

export interface Interval {
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
  /** Nobody looked at its end: its registers stand where they were seen last. */
  unended?: true;
}

/** `from`: ms since 1970. */
export function beginInterval(from: number): Interval {
  return {
    from, measuredS: 0, estimatedS: 0, powerWh: 0, maxW: null, allottedWh: 0, limits: [], overS: 0, overWh: 0,
    violatingS: 0, hashesTh: null, clock: "synced", registers: {}, bridgedWh: null,
  };
}

/** `look` held for `seconds`, from `offset` seconds after the beginning. */
export function fill(interval: Interval, look: Look, { seconds, offset }: { readonly seconds: number; readonly offset: number }): void {
  const { powerW, limitW, quality, hashrateThs } = look;
  noteLimit(interval, offset, limitW);
  if (interval.clock === "synced") interval.clock = look.clock;
  if (limitW === null) interval.allottedWh = null;
  else if (interval.allottedWh !== null) interval.allottedWh += (limitW * seconds) / 3600;
  if (hashrateThs !== null) interval.hashesTh = (interval.hashesTh ?? 0) + hashrateThs * seconds;
  if (look.violating) interval.violatingS += seconds;
  if (powerW === null || quality === "unknown") return;
  if (quality === "measured") interval.measuredS += seconds;
  else interval.estimatedS += seconds;
  interval.powerWh += (powerW * seconds) / 3600;
  interval.maxW = Math.max(interval.maxW ?? 0, powerW);
  if (limitW === null || powerW <= limitW) return;
  interval.overS += seconds;
  interval.overWh += ((powerW - limitW) * seconds) / 3600;
}

/** What a register read `at` the boundary or after; the first is its start. */
export function noteRegisters(interval: Interval, registers: Look["registers"]): void {
  for (const [meter, wh] of Object.entries(registers)) {
    if (wh === null) continue;
    const known = (interval.registers[meter] ??= { start: null, end: null });
    known.end = wh;
  }
}

function noteLimit(interval: Interval, offset: number, limitW: number | null): void {
  const last = interval.limits.at(-1);
  if (last !== undefined && last[1] === limitW) return;
  interval.limits.push([Math.round(offset), limitW]);
  if (interval.limits.length > MOST_LIMITS) interval.limits.shift();
}

/** What it came to; it ended at `to`. */
export function recordOf(interval: Interval, to: number, costOf: (from: number, kWh: number) => Cost | null): IntervalRecord {
  const { from, measuredS, estimatedS } = interval;
  const lengthS = (to - from) / 1000;
  const missingS = Math.max(0, lengthS - measuredS - estimatedS);
  const seen = measuredS + estimatedS > 0;
  const register = byRegisters(interval, missingS > 0.01 * lengthS);
  const energyWh = register?.wh ?? (seen ? interval.powerWh : null);
  const surely = (register?.note === null && interval.unended !== true) || measuredS >= ENOUGH * lengthS;
  const { hashesTh } = interval;
  return {
    v: 1,
    type: "INTERVAL",
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    quality: surely ? "ok" : measuredS + estimatedS >= ENOUGH * lengthS || register?.note === "rolled" ? "estimated" : "missing",
    measuredS: tenth(measuredS),
    estimatedS: tenth(estimatedS),
    missingS: tenth(missingS),
    energyWh: tenth(energyWh),
    energyBy: register !== null && register.note !== "replaced" ? "register" : seen ? "power" : "none",
    powerWh: seen ? tenth(interval.powerWh) : null,
    registers: Object.entries(interval.registers).map(([meter, { start, end }]): RegisterRecord => ({ meter, startWh: start, endWh: interval.unended === true ? null : end })),
    registerNote: register?.note ?? null,
    bridgedWh: tenth(interval.bridgedWh),
    maxW: interval.maxW === null ? null : Math.round(interval.maxW),
    allottedWh: tenth(interval.allottedWh),
    limits: interval.limits,
    overS: tenth(interval.overS),
    overWh: tenth(interval.overWh),
    violatingS: tenth(interval.violatingS),
    hashesTh: hashesTh === null ? null : Math.round(hashesTh),
    jPerTh: hashesTh === null || hashesTh === 0 || energyWh === null ? null : tenth((energyWh * 3600) / hashesTh),
    clock: interval.clock,
    cost: energyWh === null ? null : costOf(from, energyWh / 1000),
  };
}

/** The sum of all registers; null where one of them said nothing at one end. What power says stands in the way of nonsense only where it was looked at throughout. */
function byRegisters({ registers, powerWh }: Interval, partly: boolean): { readonly wh: number; readonly note: "rolled" | "replaced" | null } | null {
  const meters = Object.values(registers);
  if (meters.length === 0) return null;
  let wh = 0;
  let note: "rolled" | "replaced" | null = null;
  for (const { start, end } of meters) {
    if (start === null || end === null) return null;
    const one = counted(start, end, partly ? null : powerWh / meters.length);
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
