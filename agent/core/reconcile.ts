/**
 * Level, not edge: every cycle compares what should be with what is read, and orders what differs. Lowering goes out at
 * once; a raise goes out when the larger ends of everything on its way leave room for it.
 */
import { PhaseRoom } from "./circuits.ts";
import { entryOf, sameSetpoint } from "./curve.ts";
import { settledDraw } from "./rack-draw.ts";
import { settleTime, wakesBoards, wayOf } from "./settle.ts";
import type { Setpoint } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { DeviceState, Order, Starving, Woken } from "./state.ts";
import { stateWith } from "./state.ts";
import type { Millis } from "./units.ts";
import { millis, seconds, watts } from "./units.ts";
import type { View } from "./view.ts";
import { canBeSet, climbsAnywhere, expectedAt, isAt, isComingDown, OWN_WORD, transitionEnds } from "./view.ts";

export interface ReconcileContext {
  readonly targets: ReadonlyMap<string, Setpoint | null>;
  /** Power not reserved by anything; raises spend it. null: unlimited. */
  readonly headroom: number | null;
  /** How much of what is reserved is this machine's. */
  readonly countedOf: (view: View) => number;
  /** False while the meter is stale, a restoring delay runs, or the first polls are out. */
  readonly mayRaise: boolean;
  readonly mayLower: boolean;
  readonly cause: (view: View) => string;
  readonly uptime: Millis;
  /** How long after its end a change is surely seen. */
  readonly seen: Millis;
  readonly policy: Policy;
  readonly nextOrder: number;
  readonly woken: Woken;
}

export interface Reconciled {
  readonly orders: readonly Order[];
  readonly states: ReadonlyMap<string, DeviceState>;
  readonly nextOrder: number;
  readonly woken: Woken;
  /** What the raises left of it; null: unlimited. */
  readonly headroom: number | null;
  /** The cheapest raise that found no room, with the most it may draw on its way; null when every raise went out. */
  readonly starving: Omit<Starving, "since"> | null;
  /** Who waits, and what for. */
  readonly waits: ReadonlyMap<string, Wait>;
}

/** Why an order that is needed has not gone out. */
export interface Wait {
  readonly because: "back-off" | "starts" | "not-lowered" | "no-raises" | "rests" | "wakes" | "phase" | "room" | "turn";
  /** Uptime at which it is over; null: nobody knows. */
  readonly until: Millis | null;
  /** Watts it needs on its way, where room is what it waits for. */
  readonly needs: number | null;
}

const LIVE = seconds(5);
const BACK_OFF = { first: seconds(1), most: seconds(30), lowering: seconds(4) } as const;

export function reconcile(views: readonly View[], context: ReconcileContext): Reconciled {
  const { uptime, seen } = context;
  const orders: Order[] = [];
  const states = new Map<string, DeviceState>();
  const waits = new Map<string, Wait>();
  const wait = ({ device }: View, because: Wait["because"], until: number | null, needs: number | null = null): unknown => waits.set(device.id, { because, until: until === null ? null : millis(until), needs });
  const raises: { view: View; state: DeviceState; target: Setpoint; peak: number; cost: number }[] = [];
  let { nextOrder } = context;

  const issue = (view: View, state: DeviceState, setpoint: Setpoint, lowers: boolean): void => {
    const to = Math.max(0, entryOf(view.curve, setpoint));
    const settle = settleTime(view, to);
    const order: Order = { id: nextOrder++, device: view.device.id, setpoint, cause: context.cause(view), lowers, issuedAt: uptime, settle };
    orders.push(order);
    const way = wayOf(view, to);
    const [starts, ends] = [wakesBoards(view, to), to < view.curve.first && view.actual !== to];
    const turnedAt = starts || ends ? uptime : state.turnedAt;
    states.set(view.device.id, stateWith(state, { order, settlesAt: millis(uptime + settle), change: { way, at: uptime, from: !lowers ? view.draw.low : view.rising ? watts(0) : settledDraw(view) }, turnedAt }));
  };

  for (const view of views) {
    const target = context.targets.get(view.device.id) ?? null;
    const state = followUp(aimedAt(view.state, target, uptime), view, uptime);
    states.set(view.device.id, state);
    // A machine without power hears nothing.
    if (target === null || view.device.feed?.on === false || !canBeSet(view) || !needsOrder(view, state)) continue;
    const to = entryOf(view.curve, target);
    // Boards and power limits are rungs of the ladder: they only lead down.
    const lowers = to < 0 ? target.kind === "boards" || target.kind === "power-limit" : lowersFrom(view, to) || takesBack(view, state, to);
    const paused = pausedUntil(view, state, lowers);
    if (uptime < paused) wait(view, "back-off", paused);
    else if (lowers && context.mayLower) issue(view, state, target, true);
    else if (lowers) wait(view, "not-lowered", null);
    // What starts takes no setting yet, and is not held up by waiting: it comes up where it was.
    else if (starts(view)) wait(view, "starts", null);
    else if (!context.mayRaise) wait(view, "no-raises", null);
    else {
      const peak = Math.max(...transitionEnds(view, to));
      raises.push({ view, state, target, peak, cost: Math.max(0, peak - context.countedOf(view)) });
    }
  }

  // What others have yet to come down by is room in a moment: until then no raise takes the last of it on a model's word.
  const doubt = orders.length > 0 || views.some((view) => isComingDown(view, { uptime, seen })) ? OWN_WORD : 0;
  for (const raise of raises) if (raise.view.draw.by !== "outlet") raise.cost *= 1 + doubt;
  let headroom = context.headroom ?? Infinity;
  let left = context.policy.raisesPerCycle;
  const { policy } = context;
  let woken = uptime - context.woken.at < policy.wakes.spacing ? context.woken : { at: uptime, count: 0 };
  const phases = new PhaseRoom(policy.circuits, views);
  raises.sort((a, b) => a.cost - b.cost);
  let starving: Reconciled["starving"] = null;
  for (const { view, state, target, peak, cost } of raises) {
    const wakes = wakesBoards(view, entryOf(view.curve, target));
    if (left === 0 || starving !== null) wait(view, "turn", null, cost);
    else if (wakes && !hasRested(view.state, uptime, policy)) wait(view, "rests", (view.state.turnedAt ?? 0) + policy.turns.minOff);
    else if (wakes && woken.count >= policy.wakes.atOnce) wait(view, "wakes", woken.at + policy.wakes.spacing);
    else if (!phases.has(view, peak - view.reserve)) wait(view, "phase", null, cost);
    else if (cost > headroom) {
      starving = { device: view.device.id, setpoint: target, peak: watts(peak) };
      wait(view, "room", null, cost);
    }
    if (waits.has(view.device.id)) continue;
    issue(view, state, target, false);
    phases.take(view, peak - view.reserve);
    headroom -= cost;
    left -= 1;
    if (wakes) woken = { ...woken, count: woken.count + 1 };
  }
  return { orders, states, nextOrder, woken, headroom: context.headroom === null ? null : headroom, starving, waits };
}

const starts = ({ device: { reading } }: View): boolean => reading.kind === "known" && reading.telemetry.state === "starting";

const hasRested = ({ turnedAt }: DeviceState, uptime: Millis, { turns }: Policy): boolean => turnedAt === null || uptime - turnedAt >= turns.minOff;

/** Wanted elsewhere than before: that wears, whether it is told once or three times. */
function aimedAt(state: DeviceState, target: Setpoint | null, uptime: Millis): DeviceState {
  if (sameSetpoint(state.target, target)) return state;
  if (state.target === null) return stateWith(state, { target });
  return stateWith(state, { target, changedAt: uptime, wear: { ...state.wear, changes: state.wear.changes + 1 } });
}

/** Takes in what became of the last order. */
function followUp(state: DeviceState, view: View, uptime: Millis): DeviceState {
  const { order } = state;
  const status = view.device.order;
  if (order === null || status === null || status.id !== order.id) return state;
  if (status.state === "failed") {
    // Its answer was lost, perhaps not the order: until it is read again, or its time is over, it counts as under way.
    const over = readSince(view, status.at) || uptime >= state.settlesAt;
    return over ? stateWith(state, { order: null, settlesAt: uptime, ...missed(state, uptime) }) : state;
  }
  if (status.state !== "acknowledged") return state;
  const there = isAt(view, order.setpoint);
  if (there && readSince(view, status.at)) return stateWith(state, { order: null, misses: 0, retryAt: uptime, settlesAt: arrivedAt(state, view, uptime) });
  // What was read before it was acknowledged says nothing of it: in a large rack the poll that does may come late.
  const unread = view.known && !readSince(view, status.at);
  return uptime < state.settlesAt || unread ? state : stateWith(state, { order: null, ...missed(state, uptime) });
}

/** A live tune that is read back has settled: the time planned for it was a bound. A tuner's or a restart's draw comes long after its setting. */
function arrivedAt(state: DeviceState, view: View, uptime: Millis): Millis {
  const { points } = view.curve;
  const live = points !== null && [points.up, points.down].every(({ confirm, fixed }) => confirm === "readback" && fixed <= LIVE);
  return view.actual >= view.curve.first && live ? millis(Math.min(state.settlesAt, uptime)) : state.settlesAt;
}

const readSince = (view: View, at: Millis): boolean => view.device.reading.kind === "known" && view.device.reading.readAt.uptime >= at;

function missed(state: DeviceState, uptime: Millis): Pick<DeviceState, "misses" | "retryAt"> {
  const misses = state.misses + 1;
  return { misses, retryAt: millis(uptime + pauseAfter(misses)) };
}

const pauseAfter = (misses: number): number => (misses === 0 ? 0 : Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** (misses - 1)));

/**
 * Back-off is for repeating what had no effect. A new target that lowers does not wait for it, and a machine that
 * answers and has to come down waits little: it may have been away and be back at full power.
 */
function pausedUntil(view: View, state: DeviceState, lowers: boolean): number {
  if (!lowers) return state.retryAt;
  if (!sameSetpoint(view.state.target, state.target)) return 0;
  const pause = pauseAfter(state.misses);
  return view.known ? state.retryAt - pause + Math.min(pause, BACK_OFF.lowering) : state.retryAt;
}

function needsOrder(view: View, state: DeviceState): boolean {
  if (state.order !== null && sameSetpoint(state.order.setpoint, state.target)) return false;
  // It says it is there: an order would change nothing, except where its draw says otherwise.
  const there = isAt(view, state.target);
  return !there || (state.order !== null && !sameSetpoint(state.order.setpoint, state.target)) || (state.quarantine !== null && state.deviatesSince !== null);
}

/** On its way to more than is wanted now, as it was told or by itself: a smaller end needs no room, though it is higher than where it has got to. */
function takesBack(view: View, { order }: DeviceState, to: number): boolean {
  if (!view.known || starts(view)) return false;
  const peak = Math.max(...transitionEnds(view, to));
  // By itself it climbs until it is told where to stop, and that may be anywhere.
  if (climbsAnywhere(view) && !wakesBoards(view, to)) return peak < view.device.nameplate.highest;
  if (order === null || !view.underway) return false;
  const before = entryOf(view.curve, order.setpoint);
  return before >= 0 && expectedAt(view, to) < expectedAt(view, before) && peak <= Math.max(...transitionEnds(view, before));
}

/** Downwards from wherever it may be; what is unknown may be at its highest. */
function lowersFrom(view: View, to: number): boolean {
  if (to === 0) return true;
  if (!view.known) return false;
  if (view.actual >= 0) return view.actual !== 0 && to <= view.actual;
  const frequency = view.curve.frequency[to] as number;
  // With boards off, a lower frequency may be more power: it switches them on.
  if (view.boards < view.curve.first) return expectedAt(view, to) <= view.draw.low;
  // Firmware told in percents, watts or presets has no frequency to compare: what it draws at the least decides.
  if (frequency === 0) return expectedAt(view, to) <= view.draw.low;
  if (view.frequency === null) return false;
  // One that starts is on its way to this very setting: telling it so brings nothing down.
  return frequency < view.frequency || (frequency === view.frequency && expectedAt(view, to) <= view.draw.high);
}
