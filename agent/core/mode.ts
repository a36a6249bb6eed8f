/**
 * The state under the grid's signal, with the names and rules of EEBUS LPC as GLA/1 adapts them. Trust in the signal
 * (init, trusted, failsafe) and emergency are two independent machines; what is published is one word made of both.
 */
import type { Allocation, Heard, Restart } from "./grid.ts";
import type { Millis } from "./units.ts";
import { millis, seconds } from "./units.ts";

export type GridState = "init" | "controlled" | "limited" | "failsafe" | "emergency" | "restoring";

export interface Mode {
  readonly trust: "init" | "trusted" | "failsafe";
  /** Uptime since when `trust` is what it is. */
  readonly trustSince: Millis;
  /** It has been trusted since start. What was never confirmed has no schedule to lean on. */
  readonly confirmed: boolean;
  readonly emergency: boolean;
  /** A BLACK_START_HOLD is, or was, part of the emergency: the way back waits for the mains. */
  readonly held: boolean;
  /** After an emergency: no wake-up before `notBefore`, then at most `ramp`. */
  readonly restoring: Restoring | null;
}

export interface Restoring {
  readonly notBefore: Millis;
  readonly rampPercentPerMinute: number;
  /** The draw that spreads restarts over a fleet: made once, kept over restarts of the daemon. */
  readonly u: number;
  /** Waiting for mains in order, since `since`; null: not, or not any more. `notBefore` counts from there. */
  readonly hold: { readonly rest: Millis; readonly since: Millis | null } | null;
}

/** LPC-TS-017: from process start until the first confirmation, and 120 s at most. */
const INIT_AT_MOST = seconds(120);
/** An operator's newer document that does not arrive counts as a lost heartbeat. */
const GAP_AT_MOST = seconds(10);
const DEFAULT_HEARTBEAT_TIMEOUT = seconds(120);

export const startMode = (uptime: Millis): Mode => ({ trust: "init", trustSince: uptime, confirmed: false, emergency: false, held: false, restoring: null });

/** The shortest timeout any allocation held asks for. */
export function heartbeatTimeout(allocations: readonly Allocation[]): Millis {
  const stated = allocations.flatMap(({ failsafe }) => (failsafe === null ? [] : [failsafe.heartbeatTimeout]));
  return stated.length === 0 ? DEFAULT_HEARTBEAT_TIMEOUT : millis(Math.min(...stated));
}

/** How to come back: the gentlest of what the allocations ask for, else what the farm's policy says. */
export function restartRule(allocations: readonly Allocation[], otherwise: Restart): Restart {
  const stated = allocations.flatMap(({ restart }) => (restart === null ? [] : [restart]));
  if (stated.length === 0) return otherwise;
  return stated.reduce((gentlest, rule) => ({
    minOff: millis(Math.max(gentlest.minOff, rule.minOff)),
    random: millis(Math.max(gentlest.random, rule.random)),
    rampPercentPerMinute: Math.min(gentlest.rampPercentPerMinute, rule.rampPercentPerMinute),
  }));
}

interface ModeContext {
  readonly uptime: Millis;
  readonly u: number;
  readonly restart: Restart;
  /** Are the mains in order? null: nobody can say. */
  readonly inBand: boolean | null;
  /** The rack's own E-stop is latched. */
  readonly stopped?: boolean;
  /** The mains have returned after an outage of the rack. */
  readonly mainsBack?: boolean;
}

/** While the mains are not in order no time counts. */
const NOT_YET = millis(Number.MAX_SAFE_INTEGER);

/** The way back from an emergency, or from where a restart of the daemon found it. */
export function restoringFrom(uptime: Millis, held: boolean, { u, restart }: { readonly u: number; readonly restart: Restart }): Restoring {
  const rest = millis(restart.minOff + u * restart.random);
  return {
    notBefore: held ? NOT_YET : millis(uptime + rest),
    rampPercentPerMinute: restart.rampPercentPerMinute,
    u,
    hold: held ? { rest, since: null } : null,
  };
}

function waiting(restoring: Restoring, uptime: Millis, inBand: boolean | null): Restoring {
  const { hold } = restoring;
  if (hold === null || uptime >= restoring.notBefore) return { ...restoring, hold: null };
  const since = inBand === true ? (hold.since ?? uptime) : null;
  return { ...restoring, hold: { rest: hold.rest, since }, notBefore: since === null ? NOT_YET : millis(since + hold.rest) };
}

export function nextMode(mode: Mode, heard: Heard, context: ModeContext): Mode {
  const { uptime } = context;
  const back = context.mainsBack === true;
  const trust = back && mode.trust === "trusted" ? "failsafe" : nextTrust(mode, heard, uptime);
  const emergency = heard.latches.length > 0 || context.stopped === true;
  let restoring = mode.restoring;
  if (emergency) restoring = null;
  else if (mode.emergency || back) {
    restoring = restoringFrom(uptime, mode.held && context.inBand !== null, { u: context.u, restart: restartRule(heard.allocations, context.restart) });
  }
  if (restoring !== null) restoring = waiting(restoring, uptime, context.inBand);
  const holds = heard.latches.some(({ action }) => action === "BLACK_START_HOLD");
  const held = emergency && (holds || (mode.emergency && mode.held));
  return { trust, trustSince: trust === mode.trust ? mode.trustSince : uptime, confirmed: mode.confirmed || trust === "trusted", emergency, held, restoring };
}

function nextTrust(mode: Mode, { heartbeat, allocations }: Heard, uptime: Millis): Mode["trust"] {
  const counting = heartbeat.bornAt !== null && uptime - heartbeat.bornAt <= heartbeatTimeout(allocations);
  const gap = heartbeat.gapSince !== null && uptime - heartbeat.gapSince >= GAP_AT_MOST;
  const alive = counting && !gap;
  if (mode.trust === "trusted") return alive ? "trusted" : "failsafe"; // LPC-911
  // LPC-913, 916, 918-920: only a confirmation made since we stopped trusting leads back. LPC-TS-012: time alone never does.
  const confirmed = heartbeat.confirmedAt !== null && heartbeat.confirmedAt >= mode.trustSince && heartbeat.gapSince === null;
  if (alive && confirmed) return "trusted";
  if (mode.trust === "init" && uptime - mode.trustSince >= INIT_AT_MOST) return "failsafe";
  return mode.trust;
}

/**
 * Does the failsafe limit join the minimum? In init always, and for as long as nothing was ever confirmed (LPC-TS-012). In
 * failsafe at once, unless every allocation held says SCHEDULE_THEN_FAILSAFE, the clock is synchronised and the trust
 * it grants has not run out.
 */
export function failsafeJoins(mode: Mode, allocations: readonly Allocation[], context: { readonly uptime: Millis; readonly synchronised: boolean }): boolean {
  if (mode.trust === "trusted") return false;
  if (!mode.confirmed || !context.synchronised || allocations.length === 0) return true;
  const lasted = context.uptime - mode.trustSince;
  return !allocations.every(({ failsafe }) => failsafe?.onLoss === "SCHEDULE_THEN_FAILSAFE" && lasted < failsafe.scheduleTrust);
}

/** One word for the outside. Binding: the limit is below what the rack would draw. */
export function gridState(mode: Mode, binding: boolean): GridState {
  if (mode.emergency) return "emergency";
  if (mode.restoring !== null) return "restoring";
  if (mode.trust !== "trusted") return mode.trust;
  return binding ? "limited" : "controlled";
}
