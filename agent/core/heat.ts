/**
 * What heat allows a machine, before its firmware ends it: hot boards or chips get no raise, then less power, then sleep;
 * a fan that stands takes it to its lowest point; warm air narrows what it may be set to, cool air opens it. Down at once,
 * up by steps when it has been cool for a while. A sensor that falls silent cools nothing.
 */
import type { Curve } from "./curve.ts";
import type { Telemetry } from "./model.ts";
import type { Celsius, Millis, Watts } from "./units.ts";
import { millis, seconds } from "./units.ts";

/** Where temperatures have to stay, by the machine's model and its owner. */
export interface HeatLimits {
  /** A board as hot as this gets no raise. */
  readonly board: Celsius;
  readonly chip: Celsius;
  /** The warmest air it is made for. */
  readonly inlet: Celsius;
  /** Points above the rated one are for air as cool as this; null: for any air. */
  readonly cool: Celsius | null;
  /** What its rated point draws by its model. */
  readonly rated: Watts;
}

export interface Heat {
  /** The air as it is counted: warmer at once, cooler when it is so by two degrees. null: nobody says. */
  readonly air: number | null;
  /** null: boards, chips and fans are as they should be. */
  readonly guard: Guard | null;
}

export interface Guard {
  /** By its model, W: no point that draws more; 0: it sleeps. */
  readonly ceiling: number;
  readonly by: "board" | "chip" | "fan";
  /** °C, or fans that stand. */
  readonly reading: number;
  readonly limit: number;
  /** Uptime of the last change of the ceiling. */
  readonly movedAt: Millis;
  /** Uptime at which it was last not cool. */
  readonly warmAt: Millis;
  /** Uptime since which it is at its limit or over it; null: it is not. */
  readonly overAt: Millis | null;
  /** How long it sleeps the next time. */
  readonly rest: Millis;
}

export const NO_HEAT: Heat = { air: null, guard: null };

/** What is written down: what heat leaves it, and why. The air is measured anew. */
export type KeptHeat = Pick<Guard, "ceiling" | "by" | "limit" | "rest">;

export const keptHeat = ({ guard }: Heat): { readonly heat?: KeptHeat } =>
  guard === null ? {} : { heat: { ceiling: Math.round(guard.ceiling), by: guard.by, limit: guard.limit, rest: guard.rest } };

/** A restart of the daemon cools nothing: a machine that slept has its whole rest before it, one that was lowered its minute. */
export const recalledHeat = (kept: KeptHeat, uptime: Millis): Heat => ({ air: null, guard: { ...kept, reading: kept.limit, movedAt: uptime, warmAt: uptime, overAt: null } });

/** What holds a machine lower than it could run: its own heat, or the air it breathes. */
export interface Hot extends Pick<Guard, "ceiling" | "reading" | "limit"> {
  readonly by: Guard["by"] | "air";
}

/** null: nothing does. */
export function heldBy({ guard, air }: Heat, limits: HeatLimits | undefined): Hot | null {
  if (guard !== null || limits === undefined) return guard;
  return air === null || air <= limits.inlet - AIR.narrows ? null : { by: "air", reading: air, limit: limits.inlet, ceiling: Infinity };
}

/** Machines with points for cool air only, and how many of them breathe it. °C: the warmest air that one of them breathes (null: nobody says), and what is cool. */
export interface CoolAir {
  readonly machines: number;
  readonly open: number;
  readonly air: number | null;
  readonly cool: number;
}

/** null: no machine has such points. */
export function coolAirOf(machines: readonly { readonly heat: Heat; readonly limits: HeatLimits | undefined; readonly highest: number }[]): CoolAir | null {
  return machines.reduce<CoolAir | null>((so, { heat: { air }, limits, highest }) => {
    if (limits === undefined || limits.cool === null || highest <= limits.rated) return so;
    const warmest = air === null ? (so?.air ?? null) : Math.max(air, so?.air ?? air);
    return { machines: (so?.machines ?? 0) + 1, open: (so?.open ?? 0) + (air !== null && air <= limits.cool ? 1 : 0), air: warmest, cool: limits.cool };
  }, null);
}

/** Why nobody may wake it; null: heat does not keep it asleep. */
export const asleepForHeat = ({ guard }: Heat): string | null =>
  guard?.ceiling === 0 ? `it sleeps because of heat: ${guard.by === "fan" ? "fans stand" : `a ${guard.by} was at ${Math.round(guard.reading)} °C of ${guard.limit} °C`}` : null;

/** Over its limit by this much it sleeps: firmware ends a machine some 10 °C above what boards may have. */
const SLEEPS_OVER = 5;
/** Under its limit by this much it is cool, and by this much it may wake. */
const COOL_UNDER = 5;
const WAKES_UNDER = 15;
/** Boards take a minute to follow their power: at the lowest point too, and then only sleep is left. */
const STEP = { down: seconds(15), up: seconds(60), share: 0.1, last: seconds(75) } as const;
const REST = { first: seconds(300), most: seconds(3_600) } as const;
/** Air is believed to be cooler when it is by this much, and narrows from so far below its limit. */
const AIR = { cooler: 2, narrows: 10 } as const;

export interface Warm {
  readonly telemetry: Telemetry;
  readonly curve: Curve;
  readonly actual: number;
  readonly uptime: Millis;
  /** The warmest air that any machine of the rack says, for those that do not. */
  readonly air: number | null;
}

export function nextHeat(heat: Heat, warm: Warm, limits: HeatLimits): Heat {
  const air = nextAir(heat.air, warm.telemetry.inlet ?? warm.air);
  const guard = nextGuard(heat.guard, warm, limits);
  return air === heat.air && guard === heat.guard ? heat : { air, guard };
}

function nextAir(before: number | null, says: number | null): number | null {
  if (says === null || before === null || says > before) return says ?? before;
  return says <= before - AIR.cooler ? says : before;
}

/** How far over its limit: °C, negative under it. */
type Over = Pick<Guard, "by" | "reading" | "limit"> & { readonly over: number };

/** The worst of it; null: nobody says. */
function worst({ boards }: Telemetry, limits: HeatLimits): Over | null {
  let found: Over | null = null;
  for (const { boardTemperature, chipTemperature } of boards) {
    found = worseOf(found, "board", { reading: boardTemperature, limit: limits.board });
    found = worseOf(found, "chip", { reading: chipTemperature, limit: limits.chip });
  }
  return found;
}

const worseOf = (found: Over | null, by: "board" | "chip", { reading, limit }: { readonly reading: number | null; readonly limit: number }): Over | null =>
  reading !== null && (found === null || reading - limit > found.over) ? { by, reading, limit, over: reading - limit } : found;

/** Fans turn while it hashes; one that says nothing is not one that stands. */
function standing({ state, fansRpm }: Telemetry): number {
  return state === "hashing" || state === "ramping" ? fansRpm.filter((rpm) => rpm === 0).length : 0;
}

function nextGuard(guard: Guard | null, warm: Warm, limits: HeatLimits): Guard | null {
  const { telemetry, curve, uptime } = warm;
  const [hottest, fans] = [worst(telemetry, limits), standing(telemetry)];
  const lowest = curve.power[curve.first] ?? 0;
  const over = hottest?.over ?? null;
  const why = fans > 0 && (over === null || over < 0) ? { by: "fan" as const, reading: fans, limit: 0 } : hottest === null ? null : { by: hottest.by, reading: hottest.reading, limit: hottest.limit };
  if (why === null) return guard;
  const before = guard ?? { ceiling: Infinity, movedAt: millis(-STEP.down), rest: REST.first, ...why, warmAt: uptime, overAt: null };
  const overAt = over !== null && over >= 0 ? (before.overAt ?? uptime) : null;
  const moved = (ceiling: number, rest: Millis = before.rest): Guard => ({ ...why, ceiling, rest, movedAt: ceiling === before.ceiling ? before.movedAt : uptime, warmAt: uptime, overAt });

  if ((over !== null && over >= SLEEPS_OVER) || 2 * fans > telemetry.fansRpm.length) return moved(0);
  if (overAt !== null && before.ceiling <= lowest && uptime - Math.max(before.movedAt, overAt) >= STEP.last) return moved(0);
  // Asleep its fans may stand, and its boards are no hotter than the air.
  if (fans > 0) return moved(Math.min(before.ceiling, lowest));
  if (over !== null && over >= 0) {
    const present = presentOf(warm);
    if (guard === null) return moved(Math.max(lowest, present));
    if (before.ceiling === 0 || uptime - before.movedAt < STEP.down) return { ...guard, ...why, warmAt: uptime, overAt };
    return moved(Math.max(lowest, Math.min(before.ceiling, present) * (1 - STEP.share)));
  }
  if (guard === null) return null;
  if (over === null || over >= -COOL_UNDER) return guard.ceiling === 0 ? guard : { ...guard, ...why, warmAt: uptime, overAt };
  return cooled(guard, { ...warm, over, lowest, why });
}

/** Up again: from sleep to its lowest point after a rest, which is longer each time; then by steps. */
function cooled(guard: Guard, { curve, uptime, over, lowest, why }: Warm & { readonly over: number; readonly lowest: number; readonly why: Pick<Guard, "by" | "reading" | "limit"> }): Guard | null {
  if (guard.ceiling === 0) {
    if (over >= -WAKES_UNDER || uptime - guard.movedAt < guard.rest) return guard;
    return { ...guard, ceiling: lowest, rest: millis(Math.min(REST.most, 2 * guard.rest)), movedAt: uptime, warmAt: uptime, overAt: null };
  }
  // What it was held for is over: what it reads now is what it waits for.
  if (uptime - Math.max(guard.movedAt, guard.warmAt) < STEP.up) return { ...guard, ...why, overAt: null };
  const ceiling = guard.ceiling * (1 + STEP.share);
  return ceiling >= (curve.power.at(-1) ?? 0) ? null : { ...guard, ...why, ceiling, movedAt: uptime, overAt: null };
}

/** By its model what it runs at, W. */
function presentOf({ curve, actual, telemetry }: Warm): number {
  if (actual >= 0) return curve.power[actual] ?? 0;
  return telemetry.power ?? curve.power[curve.first] ?? 0;
}

/** What the air allows, by the model, W. What nobody measures is not cool. */
function airCeiling(air: number | null, { inlet, cool, rated }: HeatLimits, { power, first }: Curve): number {
  const [lowest, highest] = [power[first] ?? 0, power.at(-1) ?? 0];
  const open = cool === null || (air !== null && air <= cool) ? highest : Math.min(highest, rated);
  if (air === null || air <= inlet - AIR.narrows) return open;
  return Math.max(lowest, open - ((open - lowest) * (air - (inlet - AIR.narrows))) / AIR.narrows);
}

/** The highest entry of its curve that heat leaves it; what cannot sleep goes on at its lowest point. */
export function mostAt({ air, guard }: Heat, curve: Curve, limits: HeatLimits | undefined): number {
  const top = curve.power.length - 1;
  if (limits === undefined) return top;
  if (guard?.ceiling === 0 && curve.setpoints[0] !== null) return 0;
  const ceiling = Math.min(guard?.ceiling ?? Infinity, airCeiling(air, limits, curve));
  let most = top;
  while (most > curve.first && (curve.power[most] as number) > ceiling + 0.5) most -= 1;
  return most;
}
