/**
 * When is what was ordered done, and when has it been seen? Nothing is learnt from a machine or a rack before. What drivers
 * assume of a change is where it starts; what meters were seen to do takes its place as soon as it is longer.
 */
import { boardsAt, startsBoards, transitionOf } from "./curve.ts";
import type { Metered } from "./snapshot.ts";
import type { DeviceState } from "./state.ts";
import { stateWith } from "./state.ts";
import type { Policy } from "./policy.ts";
import type { Millis } from "./units.ts";
import { millis, seconds } from "./units.ts";
import type { View } from "./view.ts";

/** The ways a machine changes what it draws. `boards`: one that is awake starts some that were off. */
export type Way = "down" | "up" | "sleep" | "wake" | "boards";

/** How long a change of each kind took at the longest, lately, until its meter stood still; 0: never seen. */
export type Observed = Readonly<Record<Way, Millis>>;

/** A figure on a meter: where it last stood, and the run of changes it is in or was in last. */
export interface Motion {
  readonly level: number;
  /** Where the run began. */
  readonly from: number;
  readonly begun: Millis;
  readonly movedAt: Millis;
  readonly falls: boolean;
}

/** The rack's meter, and how far it follows behind. */
export interface Watch {
  readonly motion: Motion | null;
  /** The same figure without the last of every run, nor what drifts. */
  readonly stride: Motion | null;
  /** The same figure, finer and over a longer time. */
  readonly trend: Motion | null;
  /** From the end of all that was at work until the meter had shown it: the longest lately seen. */
  readonly lag: Millis;
  /** Nothing is on its way, all of it has been seen, and the meter stands still. */
  readonly settled: boolean;
  /** Uptime at which the last thing at work was over. */
  readonly quietAt: Millis;
}

export const startWatch: Watch = { motion: null, stride: null, trend: null, lag: millis(0), settled: true, quietAt: millis(0) };

/** Waits are half as long again as what is known. */
const DOUBT = 1.5;
/** Smaller steps are noise: a multiple of the meter's own, and a fraction of the figure. One machine warms up by a percent in seconds. */
const NOISE = { uncertainty: 2, rack: 0.0025, machine: 0.01 } as const;
/** The last of a run, as a share of it, is boards that go on warming or cooling: it says nothing of how far a meter is behind. */
const LAST = 0.05;
/** Boards that warm draw some thousandths more each second: a meter that is behind shows what it is behind by sooner. A share of the figure per ms, and for how long it adds up. */
const DRIFT = { rate: 2e-6, most: seconds(8) } as const;
/** A figure that has not moved for so long stands still. */
const STILL = seconds(5);
/** Boards take minutes to warm, and draw more as they do: a figure that has risen by so little in so long has arrived, give or take a percent. */
const WARMING = { rack: 0.005, machine: 0.01, still: seconds(45) } as const;
/** What begins to move so long after the last order is no effect of it, and no delay is longer. */
const LATE = seconds(12);
const LAG_AT_MOST = seconds(30);
/** Where a driver says nothing of a change. */
const UNKNOWN = seconds(5);
/** Longer than expected is believed at once, shorter by a quarter each time. */
const FORGET = 0.25;

/** How long after the end of a change it is surely seen. */
export const seenAfter = (watch: Watch, policy: Policy): Millis => millis(DOUBT * Math.max(policy.meterLag, watch.lag));

/** The same object while the figure stands. */
function follow(motion: Motion | null, metered: Metered, { uptime, noise, last = 0, drift = 0 }: { readonly uptime: Millis; readonly noise: number; readonly last?: number; readonly drift?: number }): Motion | null {
  const { power, uncertainty } = metered;
  if (power === null) return motion;
  if (motion === null) return { level: power, from: power, begun: millis(-WARMING.still), movedAt: millis(-WARMING.still), falls: false };
  const run = moves(motion, uptime) ? motion : { begun: uptime, from: motion.level };
  const drifted = drift * motion.level * Math.min(DRIFT.most, uptime - motion.movedAt);
  if (Math.abs(power - motion.level) <= drifted + Math.max(NOISE.uncertainty * uncertainty, noise * motion.level, last * Math.abs(power - run.from))) return motion;
  return { level: power, from: run.from, begun: run.begun, movedAt: uptime, falls: power < motion.level };
}

export const moves = (motion: Motion | null, uptime: Millis): boolean => motion !== null && uptime - motion.movedAt < STILL;
/** It goes on rising, if slowly: what it shows now is less than what it will. */
export const warms = (trend: Motion | null, uptime: Millis): boolean => trend !== null && !trend.falls && uptime - trend.movedAt < WARMING.still;
export const falls = (motion: Motion | null, uptime: Millis): boolean => moves(motion, uptime) && motion?.falls === true;

export function nextWatch(watch: Watch, views: readonly View[], context: { readonly rack: Metered | null; readonly policy: Policy; readonly uptime: Millis }): Watch {
  const { rack, policy, uptime } = context;
  const motion = rack === null ? null : follow(watch.motion, rack, { uptime, noise: NOISE.rack });
  const trend = rack === null ? null : follow(watch.trend, rack, { uptime, noise: WARMING.rack });
  const stride = rack === null ? null : follow(watch.stride, rack, { uptime, noise: NOISE.rack, last: LAST, drift: DRIFT.rate });
  const quietAt = quietSince(views, uptime);
  const late = stride !== null && stride.movedAt > quietAt && stride.begun <= quietAt + LATE ? Math.min(LAG_AT_MOST, stride.movedAt - quietAt) : 0;
  const settled = uptime >= quietAt + seenAfter({ ...watch, lag: millis(Math.max(watch.lag, late)) }, policy) && !moves(motion, uptime);
  const lag = settled && !watch.settled ? longestOf(watch.lag, late) : millis(Math.max(watch.lag, late));
  return { motion, stride, trend, lag, settled, quietAt };
}

/** When the last thing at work was over; now, while one is. */
function quietSince(views: readonly View[], uptime: Millis): Millis {
  let quietAt = millis(0);
  for (const { underway, state } of views) {
    if (underway) return uptime;
    if (state.settlesAt > quietAt) quietAt = state.settlesAt;
  }
  return quietAt;
}

const longestOf = (known: Millis, seen: number): Millis => millis(seen >= known ? seen : known - FORGET * (known - seen));

/** How long a change may be at work: what is known of it, and half as much again for doubt. */
export const settleTime = (view: View, to: number): Millis => settlesBy(routeTo(view, to), view.curve.frequency[to] as number);

/** The same of one route to any of the entries it leads to. */
export const settlesBy = (route: Route, frequency: number): Millis => millis(DOUBT * Math.max(route.observed, takes(route, frequency)));

export function wayOf(view: Pick<View, "actual" | "curve" | "boards">, to: number): Way {
  if (to === 0) return "sleep";
  if (wakesBoards(view, to)) return view.actual === 0 ? "wake" : "boards";
  return to > view.actual ? "up" : "down";
}

/** Do boards start that stand? Between its points it runs with those it says. */
export const wakesBoards = ({ actual, curve, boards }: Pick<View, "actual" | "curve" | "boards">, to: number): boolean =>
  actual >= 0 ? startsBoards(curve, actual, to) : boardsAt(curve, to) > boards;

/** How a machine comes to an entry: a fixed part, a way in megahertz, and boards that are switched when it is there, ms. */
export interface Route {
  /** ms, the longest lately seen of such a change. */
  readonly observed: number;
  readonly fixed: number;
  /** ms for each megahertz from `from`. */
  readonly perMegahertz: number;
  readonly from: number;
  readonly after: number;
}

export function routeTo(view: Pick<View, "actual" | "curve" | "boards" | "frequency" | "state">, to: number): Route {
  const { curve, actual } = view;
  const observed = view.state.observed[wayOf(view, to)];
  const transition = transitionOf(curve, actual, to);
  if (transition === undefined) return { observed, fixed: UNKNOWN, perMegahertz: 0, from: 0, after: 0 };
  const asleep = actual === 0;
  const here = actual > 0 ? (curve.frequency[actual] as number) : (view.frequency ?? 0);
  // It wakes with the boards it fell asleep with, and then some are switched off.
  const after = asleep && to > 0 && to < view.boards ? (curve.boards?.down.fixed ?? 0) : 0;
  return { observed, fixed: transition.fixed, perMegahertz: to === 0 ? 0 : transition.perMegahertz, from: asleep ? 0 : here, after };
}

/** To where entries from `to` on are come to by one route: what it is now, its boards and `also` set them apart. */
export function alikeUntil({ actual, curve, boards }: Pick<View, "actual" | "curve" | "boards">, to: number, also: number): number {
  let until = curve.power.length;
  for (const edge of [1, curve.first, boards, actual, actual + 1, also, also + 1]) if (edge > to && edge < until) until = edge;
  return until;
}

const takes = ({ fixed, perMegahertz, from, after }: Route, frequency: number): number => fixed + perMegahertz * Math.abs(frequency - from) + after;

/** As the driver has it. */
export const assumedTime = (view: View, to: number): number => takes(routeTo(view, to), view.curve.frequency[to] as number);

/** What its own meter says of the change it is in. */
export function observe(state: DeviceState, own: Metered, context: { readonly uptime: Millis; readonly settled: boolean }): DeviceState {
  const { uptime, settled } = context;
  const motion = follow(state.motion, own, { uptime, noise: NOISE.machine });
  const stride = follow(state.stride, own, { uptime, noise: NOISE.machine, last: LAST });
  const trend = follow(state.trend, own, { uptime, noise: WARMING.machine });
  const seen = motion === state.motion && stride === state.stride && trend === state.trend ? state : stateWith(state, { motion, stride, trend });
  const { change } = state;
  if (!settled || change === null || motion === null || stride === null || moves(motion, uptime)) return seen;
  const took = stride.movedAt > change.at && stride.begun <= state.settlesAt + LATE ? stride.movedAt - change.at : 0;
  const observed = took === 0 ? state.observed : { ...state.observed, [change.way]: longestOf(state.observed[change.way], took) };
  return stateWith(seen, { observed, change: null });
}
