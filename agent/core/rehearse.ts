/**
 * What would happen, without doing it: core's own decisions, cycle by cycle, on a copy of what it knows, with machines that
 * follow and take as long as they were lately seen to, or as their drivers assume. What does not answer stays as it is.
 */
import { entryOf, transitionOf } from "./curve.ts";
import { decide, type DecideInput, type Decision } from "./decide.ts";
import type { Setpoint, Telemetry } from "./model.ts";
import { assumedTime, wayOf } from "./settle.ts";
import type { DeviceSnapshot, Snapshot } from "./snapshot.ts";
import type { Order, RackState } from "./state.ts";
import type { Millis } from "./units.ts";
import { instant, megahertz, middleOf, millis, millivolts, seconds, terahash, watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";

/** What holds when so much time has gone by. */
export type Stated = (elapsed: Millis) => Pick<DecideInput, "heard" | "now" | "local">;

export interface Rehearsal {
  readonly first: Decision;
  readonly last: Decision;
  readonly begin: Sum;
  readonly end: Sum;
  readonly moves: readonly Move[];
  /** From when on the draw stays within the limit; null: not by the end. */
  readonly within: Millis | null;
  /** When the last machine has arrived and no better plan followed; null: not by the end. */
  readonly done: Millis | null;
  readonly lasted: Millis;
}

export interface Sum {
  readonly power: number;
  readonly hashrate: number;
}

/** One machine's way. */
export interface Move {
  readonly device: string;
  readonly from: Setpoint | null;
  readonly told: readonly Setpoint[];
  readonly power: { readonly from: number; readonly to: number };
  readonly begins: Millis;
  /** null: it is still on its way. */
  readonly arrives: Millis | null;
  /** The times of all its changes were seen at this machine; otherwise its driver assumes one. */
  readonly measured: boolean;
  /** Changes on which it earns nothing: sleep, wake, a restart. */
  readonly stops: number;
}

export interface RehearsalBounds {
  readonly longest: Millis;
  readonly steps: number;
}

/** From an order to its acknowledgement. */
const EXCHANGE = millis(500);
const CYCLE = seconds(1);
/** While little happens, looks are as far apart as an eighth of the time since the last order, and not farther than this. */
const FARTHEST = seconds(5);
/** So long after the last order nothing is learnt any more that moves a plan: boards are warm, and every dwell is over. */
const QUIET = seconds(75);
/** Looks in a row at which nothing is left to do. */
const RESTS = 3;

interface Actor {
  shot: DeviceSnapshot;
  power: number;
  /** Its draw over what is expected of it. */
  readonly truth: number;
  /** What it says of its own draw over what it draws. */
  readonly word: number;
  way: { readonly to: number; readonly at: Millis; readonly view: View } | null;
  move: Move | null;
}

export function* rehearse(rack: RackState, input: DecideInput, { stated, bounds }: { readonly stated: Stated; readonly bounds: RehearsalBounds }): Generator<void, Rehearsal> {
  const { tick } = input.snapshot;
  const play = new Play(input.snapshot);
  let { rack: state, decision } = decide(rack, { ...input, ...stated(millis(0)) });
  const first = decision;
  play.cast(decision);
  const begin = play.sum(decision);
  const looks: { readonly elapsed: Millis; readonly over: boolean }[] = [];
  let elapsed = millis(0);
  let [orderedAt, done]: [Millis, Millis | null] = [millis(0), null];
  let [bias, resting] = [Infinity, 0];
  for (let step = 0; step < bounds.steps && elapsed < bounds.longest; step++) {
    if (decision.orders.length > 0) orderedAt = elapsed;
    play.obey(decision, elapsed);
    looks.push({ elapsed, over: isOver(decision, play.sum(decision).power) });
    const rests = isAtRest(decision, play) && elapsed - orderedAt > Math.max(QUIET, 2 * input.policy.dwell) && Math.abs(state.bias - bias) < 1;
    bias = state.bias;
    resting = rests ? resting + 1 : 0;
    if (resting >= RESTS) {
      done = play.arrivedAt;
      break;
    }
    yield;
    const pace = Math.min(FARTHEST, Math.max(CYCLE, (elapsed - orderedAt) / 8));
    elapsed = millis(Math.min(elapsed + pace, Math.max(elapsed + CYCLE, play.nextArrival)));
    const snapshot = play.snapshot({ uptime: millis(tick.uptime + elapsed), at: instant(tick.at + elapsed), error: tick.error }, elapsed);
    ({ rack: state, decision } = decide(state, { ...input, ...stated(elapsed), snapshot }));
  }
  const lastOver = looks.findLastIndex(({ over }) => over);
  return { first, last: decision, begin, end: play.sum(decision), moves: play.moves, within: lastOver < 0 ? millis(0) : (looks[lastOver + 1]?.elapsed ?? null), done, lasted: elapsed };
}

const isOver = ({ effective: { limit }, tolerance }: Decision, power: number): boolean => limit.kind === "limited" && power > limit.power + tolerance;

/** Nothing is under way or waits, the budget has arrived, and no better plan is kept back. */
function isAtRest({ orders, settled, reasons }: Decision, play: Play): boolean {
  const { verdict } = reasons.plan;
  const final = verdict.kind === "emergency" || (verdict.kind === "kept" && (verdict.because === "best" || verdict.because === "not-worth"));
  return final && orders.length === 0 && settled && reasons.rampLasts === 0 && reasons.waits.size === 0 && play.nextArrival === Infinity;
}

/** The machines as they would go on. */
class Play {
  readonly #begun: Snapshot;
  readonly #actors = new Map<string, Actor>();
  /** What the rack draws besides its machines. */
  #beside = 0;
  arrivedAt: Millis = millis(0);

  constructor(begun: Snapshot) {
    this.#begun = begun;
  }

  get nextArrival(): number {
    let next = Infinity;
    for (const { way } of this.#actors.values()) if (way !== null && way.at < next) next = way.at;
    return next;
  }

  get moves(): Move[] {
    return [...this.#actors.values()].flatMap(({ move }) => (move === null ? [] : [move]));
  }

  cast({ views, draw, uptime }: Decision): void {
    const metered = draw.by === "inlet" ? middleOf(draw) : null;
    const sum = views.reduce((total, view) => total + drawNow(view), 0);
    // Machines that draw less than expected together draw less at every point; what is more is drawn besides them.
    const share = metered === null || metered >= sum || sum === 0 ? 1 : metered / sum;
    this.#beside = metered === null ? 0 : Math.max(0, metered - sum);
    for (const view of views) {
      const { device, state } = view;
      const power = share * drawNow(view);
      const said = device.reading.kind === "known" ? device.reading.telemetry.power : null;
      const to = view.underway ? entryOf(view.curve, state.order?.setpoint ?? null) : -1;
      this.#actors.set(device.id, {
        shot: device, power, truth: share * truthOf(view), word: wordOf(said, power),
        way: to < 0 ? null : { to, at: millis(Math.max(0, state.settlesAt - uptime)), view }, move: null,
      });
    }
  }

  /** Orders are acknowledged, and arrive when their time is over. */
  obey({ orders, views }: Decision, elapsed: Millis): void {
    if (orders.length === 0) return;
    const byId = new Map(views.map((view) => [view.device.id, view]));
    for (const order of orders) {
      const [view, actor] = [byId.get(order.device), this.#actors.get(order.device)];
      if (view !== undefined && actor !== undefined) this.#begin(actor, { view, order, elapsed });
    }
  }

  #begin(actor: Actor, { view, order, elapsed }: { readonly view: View; readonly order: Order; readonly elapsed: Millis }): void {
    const { setpoint, id } = order;
    const status = { id, setpoint, state: "acknowledged" as const, at: millis(order.issuedAt + EXCHANGE) };
    const before = actor.move ?? { device: order.device, from: view.state.target, told: [], power: { from: actor.power, to: actor.power }, begins: elapsed, arrives: null, measured: true, stops: 0 };
    if (setpoint.kind === "outlet") {
      if (view.device.feed === null) return;
      actor.power = setpoint.on ? view.device.nameplate.highest : 0;
      actor.shot = { ...actor.shot, feed: { ...view.device.feed, on: setpoint.on, offSince: setpoint.on ? null : order.issuedAt, order: status } };
      actor.move = { ...before, told: [...before.told, setpoint], power: { from: before.power.from, to: actor.power }, arrives: elapsed, stops: before.stops + 1 };
      return;
    }
    actor.shot = { ...actor.shot, order: status };
    const to = entryOf(view.curve, setpoint);
    // What does not answer may not hear, and what is no entry of its curve promises nothing.
    if (to < 0 || !view.known) return;
    const way = wayOf(view, to);
    const seen = view.state.observed[way];
    const arrives = millis(elapsed + EXCHANGE + Math.max(seen, assumedTime(view, to)));
    actor.way = { to, at: arrives, view };
    if (!order.lowers) actor.power = Math.max(actor.power, actor.truth * expectedAt(view, to));
    actor.move = {
      ...before, told: [...before.told, setpoint], power: { from: before.power.from, to: actor.truth * expectedAt(view, to) }, arrives: null,
      measured: before.measured && seen > 0, stops: before.stops + (transitionOf(view.curve, view.actual, to)?.hashing === true ? 0 : 1),
    };
  }

  /** The rack as its meters and machines would say it. */
  snapshot(tick: Snapshot["tick"], elapsed: Millis): Snapshot {
    let sum = this.#beside;
    const devices = [...this.#actors.values()].map((actor): DeviceSnapshot => {
      if (actor.way !== null && actor.way.at <= elapsed) this.#arrive(actor, actor.way);
      sum += actor.power;
      const { reading, outlet } = actor.shot;
      return {
        ...actor.shot,
        reading: reading.kind === "known" ? { ...reading, telemetry: saysDraw(reading.telemetry, actor), readAt: tick } : reading,
        outlet: outlet === null || outlet.power === null ? outlet : { ...outlet, power: watts(actor.power), age: millis(0) },
      };
    });
    const { rack, supply } = this.#begun;
    return { ...this.#begun, tick, devices, supply: supply === null ? null : { ...supply }, rack: rack === null || rack.power === null ? rack : { ...rack, power: watts(Math.max(0, sum)), age: millis(0) } };
  }

  #arrive(actor: Actor, { to, at, view }: NonNullable<Actor["way"]>): void {
    const { reading } = actor.shot;
    actor.way = null;
    actor.power = actor.truth * expectedAt(view, to);
    this.arrivedAt = millis(Math.max(this.arrivedAt, at));
    if (actor.move !== null) actor.move = { ...actor.move, arrives: at };
    if (reading.kind === "known") actor.shot = { ...actor.shot, reading: { ...reading, telemetry: saidAt(view, to, reading.telemetry) } };
  }

  sum({ views }: Decision): Sum {
    let [power, hashrate] = [this.#beside, 0];
    for (const { power: own } of this.#actors.values()) power += own;
    for (const view of views) hashrate += hashes(view);
    return { power, hashrate };
  }
}

/** TH/s by its curve; on its way between two points what it says. Of what does not answer nobody knows. */
function hashes({ known, actual, curve, device: { reading } }: View): number {
  if (!known) return 0;
  return actual >= 0 ? (curve.hashrate[actual] as number) : reading.kind === "known" ? (reading.telemetry.hashrate ?? 0) : 0;
}

const ASLEEP_W = 200;
/** More than calibration explains is no property of the machine. */
const TRUTH = { least: 0.9, most: 1.1 } as const;

/** Its own meter over what is expected where it stands; 1 where nobody knows. */
function truthOf(view: View): number {
  const expected = view.known && view.actual > 0 ? expectedAt(view, view.actual) : 0;
  if (view.draw.by !== "outlet" || view.rising || expected === 0) return 1;
  return Math.min(TRUTH.most, Math.max(TRUTH.least, middleOf(view.draw) / expected));
}

const drawNow = (view: View): number => (view.known && view.actual >= 0 && view.draw.by !== "outlet" ? expectedAt(view, view.actual) : middleOf(view.draw));

/** A machine's own word moves with its draw, as its meter does. */
const saysDraw = (telemetry: Telemetry, { power, word }: Actor): Telemetry => (telemetry.power === null ? telemetry : { ...telemetry, power: watts(word * power) });

/** Asleep it says little that holds for when it runs. */
const wordOf = (said: number | null, power: number): number => (said === null || power < ASLEEP_W ? 1 : Math.min(2, Math.max(0.5, said / power)));

/** What a machine says that has arrived. Drivers tune to the lowest point before sleep: it would wake to that. */
function saidAt({ curve }: View, to: number, before: Telemetry): Telemetry {
  const setpoint = curve.setpoints[Math.max(to, curve.first)];
  const setting = to === 0 ? curve.first : to;
  const [frequency, voltage] = [curve.frequency[setting] ?? 0, curve.voltage[setting] ?? 0];
  return {
    ...before, state: to === 0 ? "asleep" : "hashing", point: to > 0 && setpoint?.kind === "points" ? setpoint.point : null,
    boards: curve.first === 1 ? before.boards : before.boards.map((board, i) => ({ ...board, enabled: to === 0 || i < to })),
    frequency: frequency > 0 ? megahertz(frequency) : null, voltage: voltage > 0 ? millivolts(voltage) : null,
    hashrate: terahash(curve.hashrate[to] as number),
  };
}
