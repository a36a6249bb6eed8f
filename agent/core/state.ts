/** What core remembers from one cycle to the next. Plain data: it can be written down and read back. */
import type { Heat } from "./heat.ts";
import { NO_HEAT } from "./heat.ts";
import type { Outage } from "./outage.ts";
import type { PowerLimit, Setpoint } from "./model.ts";
import type { Mode } from "./mode.ts";
import { startMode } from "./mode.ts";
import type { Outlets, OutletState } from "./outlets.ts";
import { startOutlets } from "./outlets.ts";
import type { Ramp } from "./ramp.ts";
import type { Motion, Observed, Watch, Way } from "./settle.ts";
import { startWatch } from "./settle.ts";
import type { Disagreement, Frozen, Stillness, Trial } from "./trial.ts";
import type { Millis, Watts } from "./units.ts";
import type { Wear } from "./wear.ts";
import { NEW } from "./wear.ts";
import { watts } from "./units.ts";

export interface DeviceState {
  /** What it is wanted to be; null until the first plan. */
  readonly target: Setpoint | null;
  /** The last order sent and when, so that its effect can be awaited. */
  readonly order: Order | null;
  /** Uptime until which the last order may still be at work. */
  readonly settlesAt: Millis;
  /** The last change ordered, from when it was acknowledged until its meter has shown all of it, and what the rack's meter surely showed of the machine before: 0 where it was lowered on its way up. */
  readonly change: { readonly way: Way; readonly at: Millis; readonly from: Watts } | null;
  /** Uptime at which it was last told to sleep or to wake; null: not since start. */
  readonly turnedAt: Millis | null;
  /** Uptime at which it was last wanted elsewhere than before; null: not since start. */
  readonly changedAt: Millis | null;
  readonly wear: Wear;
  /** How long its changes took. */
  readonly observed: Observed;
  /** What its own meter was last seen doing. */
  readonly motion: Motion | null;
  readonly stride: Motion | null;
  /** The same, finer and over a longer time: whether its boards still warm. */
  readonly trend: Motion | null;
  /** No order before this uptime: back-off after failures. */
  readonly retryAt: Millis;
  /** Orders in a row that failed or had no effect. */
  readonly misses: number;
  /** Its real power over its model's, 0.8..1.25, learnt from its own meter only. */
  readonly gain: number;
  /** What it draws besides its boards, by its model's measure, learnt while some of them are off; null: what is planned for it. */
  readonly base: Watts | null;
  /** Uptime since when it draws more than its setpoint can explain; null: it does as told. */
  readonly deviatesSince: Millis | null;
  readonly heat: Heat;
  /** Its outlet, while it is opened by us; null: it is not. */
  readonly outlet: OutletState | null;
  /** It does not do as told; null: it does. */
  readonly quarantine: Quarantine | null;
}

/** Kept out of the plan until this uptime, at the rung of the ladder it is told by. */
export interface Quarantine {
  readonly until: Millis;
  readonly reason: string;
  readonly held: Setpoint;
}

export interface Order {
  readonly id: number;
  readonly device: string;
  readonly setpoint: Setpoint;
  /** What made it necessary: a document id, `trim`, `deviation`, `emergency`, ... */
  readonly cause: string;
  readonly lowers: boolean;
  readonly issuedAt: Millis;
  /** How long it may be at work once acknowledged. */
  readonly settle: Millis;
}

export interface RackState {
  readonly startedAt: Millis;
  readonly mode: Mode;
  readonly ramp: Ramp | null;
  readonly devices: ReadonlyMap<string, DeviceState>;
  /** Measured power that no device explains: base load and model error. */
  readonly bias: Watts;
  /** Uptime since when the residual is lower: it has to be seen twice before the bias gives way. */
  readonly fallingSince: Millis | null;
  readonly watch: Watch;
  readonly plan: PlanMade | null;
  /** When, for what and with whom a better plan was last looked for, found or not. */
  readonly looked: Look | null;
  /** What the meter has to show after the orders given. */
  readonly trial: Trial | null;
  /** The meter stopped following; null: it measures. */
  readonly frozen: Frozen | null;
  /** The figure the meter has shown without the least change. */
  readonly still: Stillness | null;
  /** The machines' words together contradict the meter; null: they do not. */
  readonly disagrees: Disagreement | null;
  /** A raise that waits for room, and since when. */
  readonly starving: Starving | null;
  /** The present excess: until when it counts as settling. */
  readonly excess: { readonly since: Millis; readonly deadline: Millis } | null;
  /** The rack may be without mains; null: it is not. */
  readonly outage: Outage | null;
  readonly outlets: Outlets;
  /** The last wakes that went out: how many together, and when. */
  readonly woken: Woken;
  readonly limit: PowerLimit;
  readonly nextOrder: number;
}

export interface Woken {
  readonly at: Millis;
  readonly count: number;
}

export interface Starving {
  readonly device: string;
  /** Where it would go. */
  readonly setpoint: Setpoint;
  /** The most it may draw on its way. */
  readonly peak: Watts;
  readonly since: Millis;
}

export interface PlanMade {
  readonly at: Millis;
  readonly budget: PowerLimit;
  /** Made for a long way, down in time or far up: it kept more margin than a plan made at leisure, and a better one follows when all is settled. */
  readonly hurried: boolean;
  /** Whom it was made with. */
  readonly members: readonly string[];
}

/** `kept` with `more`: another plan would earn that share more, and why it is not taken; `dwell`: nobody looks for one yet. */
export type Verdict =
  | { readonly kind: "made"; readonly because: "first" | "no-fit" | "better" | "room" | "rest" }
  | { readonly kind: "kept"; readonly because: "best" | "dwell" | "just-woken" | "not-worth"; readonly more: number }
  | { readonly kind: "recorded" | "emergency" };

/** A look for a plan, and what came of it. */
export interface Look extends PlanMade {
  readonly verdict: Verdict;
  /** Who would go higher if its way up found room; null: nobody. */
  readonly barred: Omit<Starving, "since"> | null;
}

export const startDevice: DeviceState = {
  target: null, order: null, settlesAt: 0 as Millis, change: null, turnedAt: null, changedAt: null, wear: NEW, observed: { down: 0, up: 0, sleep: 0, wake: 0, boards: 0 } as Observed, motion: null, stride: null, trend: null, retryAt: 0 as Millis, misses: 0, gain: 1, base: null, deviatesSince: null, heat: NO_HEAT, outlet: null, quarantine: null,
};

/**
 * The same with some of it changed. Spelt out, because every state comes this way every cycle: a copy of a copy by `...` has
 * a shape that the engine has never seen, and all that reads it is slow.
 */
export function stateWith(state: DeviceState, change: Partial<DeviceState>): DeviceState {
  const { target = state.target, order = state.order, settlesAt = state.settlesAt, change: way = state.change, turnedAt = state.turnedAt, changedAt = state.changedAt } = change;
  const { wear = state.wear, observed = state.observed, motion = state.motion, stride = state.stride, trend = state.trend, retryAt = state.retryAt, misses = state.misses } = change;
  const { gain = state.gain, base = state.base, deviatesSince = state.deviatesSince, heat = state.heat, outlet = state.outlet, quarantine = state.quarantine } = change;
  return { target, order, settlesAt, change: way, turnedAt, changedAt, wear, observed, motion, stride, trend, retryAt, misses, gain, base, deviatesSince, heat, outlet, quarantine };
}

export function startState(uptime: Millis): RackState {
  return {
    startedAt: uptime, mode: startMode(uptime), ramp: null, devices: new Map(), bias: watts(0), fallingSince: null, watch: startWatch,
    plan: null, looked: null, trial: null, frozen: null, still: null, disagrees: null, starving: null, excess: null, outage: null, outlets: startOutlets, woken: { at: 0 as Millis, count: 0 }, limit: { kind: "unlimited" }, nextOrder: 1,
  };
}
