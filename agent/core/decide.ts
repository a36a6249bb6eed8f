/**
 * The decision of one cycle: pure, the same input gives the same answer.
 * limit -> ramp -> plan -> reconcile -> assess, on one frozen snapshot.
 */
import type { Heard } from "./grid.ts";
import type { EffectiveLimit, Statement } from "./limit.ts";
import { effectiveLimit, failsafePower, gridStatements, setpointInForce } from "./limit.ts";
import { assess, tolerance } from "./assess.ts";
import type { BiasContext } from "./learn.ts";
import { compensateBias, learnBias, learnDevice } from "./learn.ts";
import type { Compliance, Draw, PowerLimit } from "./model.ts";
import type { GridState, Mode } from "./mode.ts";
import { failsafeJoins, gridState, nextMode, restartRule } from "./mode.ts";
import { nextOutage } from "./outage.ts";
import { awaited, isUnseen, switchOutlets } from "./outlets.ts";
import type { Plan } from "./plan.ts";
import { makePlan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { nextRamp } from "./ramp.ts";
import type { Reconciled } from "./reconcile.ts";
import { reconcile } from "./reconcile.ts";
import { nextWatch, seenAfter } from "./settle.ts";
import type { Metered, Snapshot } from "./snapshot.ts";
import type { DeviceState, Order, Quarantine, RackState, Starving } from "./state.ts";
import { startDevice } from "./state.ts";
import { inBand } from "./supply.ts";
import type { Now } from "./time.ts";
import { blind, disagreement, disagreesForLong, extendTrial, judgeMeter } from "./trial.ts";
import type { Millis, Watts } from "./units.ts";
import { millis, seconds, sumWatts, watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt, fresh, viewDevices } from "./view.ts";

export interface DecideInput {
  readonly heard: Heard;
  readonly now: Now;
  readonly synchronised: boolean;
  /** What the farm itself states: breaker, technician, thermal. They only narrow. */
  readonly local: readonly Statement[];
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  /** In [0, 1): spreads restarts over a fleet. Drawn once by the caller and kept. */
  readonly u: number;
}

export interface Decision {
  readonly uptime: Millis;
  readonly state: GridState;
  readonly effective: EffectiveLimit;
  /** The draw the grid wants; what is aimed at is the smaller of it and the limit. null: it leaves it to us. */
  readonly setpoint: Statement | null;
  readonly failsafe: Watts;
  readonly budget: PowerLimit;
  /** What the whole rack may draw now. */
  readonly draw: Draw;
  readonly quality: "measured" | "estimated" | "unknown";
  readonly compliance: Compliance;
  readonly floor: Watts;
  readonly tolerance: Watts;
  readonly views: readonly View[];
  readonly orders: readonly Order[];
  readonly quarantined: readonly { readonly id: string; readonly reason: string }[];
  /** The first polls are still out and the recorded setpoints stand in for them. */
  readonly awaitingPolls: boolean;
  /** Nothing is on its way, and the meter has shown all of it. */
  readonly settled: boolean;
  /** How far the meter follows behind, as far as seen. */
  readonly lag: Millis;
  /** `lost`: the rack may be without them; `returned`: in this moment they are back after an outage. */
  readonly mains: "on" | "lost" | "returned";
  /** `frozen`: it did not move with the last orders and is not believed. `disagrees`: the machines' words together contradict it. */
  readonly meter: "trusted" | "frozen" | "disagrees";
}

/** Not polled is not unreachable: for so long after start the recorded orders stand for readings. */
const FIRST_POLLS = seconds(3);

export function decide(rack: RackState, input: DecideInput): { readonly rack: RackState; readonly decision: Decision } {
  const { heard, policy } = input;
  const { uptime } = input.snapshot.tick;
  const { outage, back } = outageOf(rack, input);
  const mode = nextMode(rack.mode, heard, { mainsBack: back, uptime, u: input.u, restart: policy.restart, inBand: inBand(input.snapshot.supply, policy.supply, policy.meterStale), stopped: input.local.some(({ source }) => source === "estop") });
  const failsafe = failsafePower(policy.failsafe, heard.allocations);
  const effective = effectiveLimit(statements(mode, { input, failsafe }));
  const setpoint = setpointInForce(heard.setpoints, input.now);
  const aim = aimAt(effective, setpoint);

  const { snapshot, views, meter, watch, seen, awaitingPolls } = look(rack, input);
  const learned = learn(rack, views, { snapshot, policy, watch, seen, doubted: meter.still !== null && meter.still.contradictedSince !== null });
  const { budget, ramp, restored } = rampBudget(back ? { ...rack, ramp: { budget: { kind: "limited", power: watts(0) }, at: uptime } } : rack, mode, { aim, input, views });
  const meterFresh = fresh(snapshot.rack, policy) !== null;
  const metered = snapshot.rack !== null && snapshot.rack.age !== null && snapshot.rack.age <= policy.meterLost;
  const draw = rackDraw(learned.views, fresh(snapshot.rack, policy));

  const over = meterFresh && budget.kind === "limited" && draw.low > budget.power;
  const plan = awaitingPolls && !over
    ? keepTargets(rack, learned.views)
    : makePlan(rack, learned.views, {
        budget, atLimit: samePower(budget, aim.limit), bias: learned.bias, uptime, policy, metered: meterFresh, settled: watch.settled, over,
        awaited: mode.emergency ? 0 : awaited(learned.views, uptime), horizon: horizonOf(aim, input.now),
      });
  const mayRaise = !awaitingPolls && !mode.emergency && (meterFresh || snapshot.rack === null) && !(mode.restoring !== null && uptime < mode.restoring.notBefore);
  const reconciled = reconcile(learned.views, {
    targets: mode.emergency ? asleep(learned.views) : plan.targets,
    headroom: budget.kind === "limited" ? budget.power - reserved(learned.views, fresh(snapshot.rack, policy), learned.bias) : null,
    mayRaise,
    mayLower: !awaitingPolls || mode.emergency || over,
    cause: (view) => causeOf(view, { mode, aim, remade: plan.remade !== rack.plan }),
    uptime, policy, nextOrder: rack.nextOrder, woken: rack.woken,
  });

  const least = floorOf(learned.views, learned.bias);
  // What an outlet has just cut off stands on the meter until it is read again.
  const floor = isUnseen(rack.outlets, { uptime, seen }) && draw.low > least ? draw.low : least;
  const allowed = effective.limit.kind === "limited"
    ? tolerance(effective.limit.power, { class: snapshot.rackClass, power: draw.high, outlets: snapshot.devices.filter(({ outlet }) => outlet !== null).length })
    : watts(0);
  const excess = nextExcess(rack, { effective, draw, allowed, uptime, policy, seen });
  const compliance = assess({ limit: effective.limit, draw, tolerance: allowed, floor, uptime, deadline: excess?.deadline ?? null, metered });
  const switched = switchOutlets(learned.views, mark(reconciled.states, plan.quarantined), rack.outlets, {
    emergency: mode.emergency, excess: least > (effective.limit.kind === "limited" ? effective.limit.power : Infinity) && meterFresh && !awaitingPolls && effective.limit.kind === "limited" ? Math.max(0, draw.low - effective.limit.power - allowed) : 0, limit: effective.limit,
    headroom: reconciled.headroom, mayRaise, cause: nameOf(aim), seen, uptime, policy, nextOrder: reconciled.nextOrder,
  });
  const devices = switched.states;
  const orders = [...reconciled.orders, ...switched.orders];
  return {
    rack: {
      ...rack, mode: restored ? { ...mode, restoring: null } : mode, ramp, devices, bias: learned.bias, fallingSince: learned.fallingSince, watch,
      trial: extendTrial(meter.trial, reconciled.orders, { views: learned.views, snapshot }), frozen: meter.frozen, still: meter.still,
      disagreesSince: disagreement(rack.disagreesSince, learned.views, { snapshot, bias: learned.bias, watch }),
      plan: mode.emergency ? null : plan.remade, starving: mode.emergency ? null : nextStarving(rack.starving, { found: reconciled.starving, views: learned.views, uptime }),
      excess, outage, outlets: switched.outlets, woken: reconciled.woken, limit: effective.limit, nextOrder: switched.nextOrder,
    },
    decision: {
      uptime, state: gridState(mode, isBinding(effective, policy)), effective, setpoint, failsafe, budget, draw,
      quality: snapshot.rack !== null && meterFresh ? "measured" : learned.views.every((view) => view.draw.by === "nameplate") ? "unknown" : "estimated",
      mains: outage === null ? (back ? "returned" : "on") : "lost",
      compliance, floor, tolerance: allowed, views: learned.views, orders, awaitingPolls, settled: watch.settled, lag: watch.lag,
      meter: meter.frozen !== null ? "frozen" : disagreesForLong(rack.disagreesSince, uptime) ? "disagrees" : "trusted",
      quarantined: [...devices].flatMap(([id, { quarantine }]) => (quarantine === null ? [] : [{ id, reason: quarantine.reason }])),
    },
  };
}

/** In an emergency the dark is ours, and behind outlets that we have opened. */
function outageOf(rack: RackState, { snapshot, policy }: DecideInput): ReturnType<typeof nextOutage> {
  const ours = rack.mode.emergency || [...rack.devices.values()].some(({ outlet }) => outlet !== null);
  if (ours) return { outage: null, back: false };
  const { devices, supply, tick } = snapshot;
  return nextOutage(rack.outage, { devices, states: rack.devices, supply, meter: fresh(snapshot.rack, policy), band: policy.supply, stale: policy.meterStale, uptime: tick.uptime });
}

/** The snapshot as far as it is believed, and every device in it. */
function look(rack: RackState, { snapshot, policy }: DecideInput) {
  const { uptime } = snapshot.tick;
  const awaitingPolls = uptime - rack.startedAt < FIRST_POLLS && snapshot.devices.some(({ reading }) => reading.kind === "unknown" && reading.reason === "not-polled");
  const seen = seenAfter(rack.watch, policy);
  const view = (shot: Snapshot): View[] => viewDevices(shot, rack.devices, { policy, start: startDevice, awaiting: awaitingPolls, seen });
  const views = view(snapshot);
  const seenNow = nextWatch(rack.watch, views, { rack: rack.frozen === null ? snapshot.rack : null, policy, uptime });
  const meter = judgeMeter(rack, views, { snapshot, nominal: policy.nominal, watch: seenNow, seen });
  const watch = meter.awaited ? { ...seenNow, settled: false } : seenNow;
  if (meter.frozen === null) return { snapshot, views, meter, watch, seen, awaitingPolls };
  const believed = blind(snapshot);
  return { snapshot: believed, views: view(believed), meter, watch, seen, awaitingPolls };
}

function statements(mode: Mode, context: { readonly input: DecideInput; readonly failsafe: Watts }): Statement[] {
  const { heard, now, local, snapshot, synchronised } = context.input;
  const joins = failsafeJoins(mode, heard.allocations, { uptime: snapshot.tick.uptime, synchronised });
  const latch = heard.latches[0];
  const emergency: Statement[] = latch === undefined ? [] : [{ source: "emergency", power: watts(0), ref: latch.ref, until: null }];
  return [...emergency, ...gridStatements(heard, now, { power: context.failsafe, joins }), ...local];
}

/** What the budget rises or falls to. A setpoint only narrows. */
function aimAt(effective: EffectiveLimit, setpoint: Statement | null): EffectiveLimit {
  const { limit } = effective;
  if (setpoint === null || (limit.kind === "limited" && limit.power <= setpoint.power)) return effective;
  return { limit: { kind: "limited", power: setpoint.power }, binding: setpoint };
}

/** A plan is worth what it earns until the limit changes, as far as that is known: five minutes at the least, four hours at the most. */
const HORIZON = { least: seconds(300), most: seconds(4 * 3600) } as const;

function horizonOf({ binding }: EffectiveLimit, now: Now): Millis {
  const until = binding?.until ?? null;
  return until === null ? HORIZON.most : millis(Math.min(HORIZON.most, Math.max(HORIZON.least, until - now.earliest)));
}

const isBinding = (effective: EffectiveLimit, policy: Policy): boolean => effective.limit.kind === "limited" && effective.limit.power < policy.nominal;

const samePower = (a: PowerLimit, b: PowerLimit): boolean => (a.kind === "limited" && b.kind === "limited" ? a.power === b.power : a.kind === b.kind);

function learn(rack: RackState, views: readonly View[], context: BiasContext): { views: View[]; bias: Watts; fallingSince: Millis | null } {
  const { snapshot, policy, seen, doubted } = context;
  const states = new Map(views.map((view) => [view.device.id, learnDevice(view, { uptime: snapshot.tick.uptime, policy, seen, doubted })]));
  const learnt = views.map((view) => ({ ...view, state: states.get(view.device.id) ?? view.state }));
  const compensated = { ...rack, bias: compensateBias(rack.bias, views, states) };
  return { views: learnt, ...learnBias(compensated, learnt, context) };
}

function rampBudget(rack: RackState, mode: Mode, context: { readonly aim: EffectiveLimit; readonly input: DecideInput; readonly views: readonly View[] }): { budget: PowerLimit; ramp: RackState["ramp"]; restored: boolean } {
  const { aim, input } = context;
  const { uptime } = input.snapshot.tick;
  const rule = {
    percentPerMinute: mode.restoring?.rampPercentPerMinute ?? restartRule(input.heard.allocations, input.policy.restart).rampPercentPerMinute,
    nominal: input.policy.nominal,
    top: sumWatts(context.views.map(({ device }) => device.nameplate.highest)),
    notBefore: mode.restoring?.notBefore ?? null,
  };
  const ramp = nextRamp(rack.ramp, aim.limit, { uptime, rule });
  return { budget: ramp.budget, ramp, restored: mode.restoring !== null && uptime >= mode.restoring.notBefore && samePower(ramp.budget, aim.limit) };
}

/** The rack's meter where it is fresh, else the sum of what each may draw. */
function rackDraw(views: readonly View[], metered: Metered | null): Draw {
  if (metered !== null && metered.power !== null) {
    return { low: watts(Math.max(0, metered.power - metered.uncertainty)), high: watts(metered.power + metered.uncertainty), by: "inlet" };
  }
  const by = views.every((view) => view.draw.by === "outlet") ? "outlet" : "asic";
  return { low: sumWatts(views.map((view) => view.draw.low)), high: sumWatts(views.map((view) => view.draw.high)), by };
}

/**
 * The most the rack may come to draw from what is under way: the sum of the larger ends, or, when the rack's own meter
 * is fresh, what it shows plus what may still be added to it.
 */
function reserved(views: readonly View[], metered: Metered | null, bias: Watts): number {
  const ends = views.reduce((sum, view) => sum + view.reserve, 0) + Math.max(0, bias);
  if (metered === null || metered.power === null) return ends;
  const growth = views.reduce((sum, view) => (view.rising ? sum + Math.max(0, view.reserve - view.draw.low) : sum), 0);
  return Math.min(ends, metered.power + metered.uncertainty + growth);
}

/** Before the first polls have ended there is nothing to plan with: what was wanted before the restart stays wanted. */
function keepTargets(rack: RackState, views: readonly View[]): Plan {
  return { targets: new Map(views.map(({ device, state }) => [device.id, state.target])), quarantined: new Map(), remade: rack.plan };
}

/** With every machine that does as told asleep, every other at what it draws at the least, and what the rack draws besides. */
const floorOf = (views: readonly View[], bias: Watts): Watts =>
  watts(Math.max(0, bias) + views.reduce((sum, view) => sum + (canSleep(view) ? expectedAt(view, 0) : view.draw.low), 0));

const canSleep = (view: View): boolean => view.known && view.curve.setpoints[0] !== null && view.state.deviatesSince === null && view.state.quarantine === null;

const asleep = (views: readonly View[]): Map<string, { kind: "sleep" }> => new Map(views.map(({ device }) => [device.id, { kind: "sleep" }]));

/** A drop of the limit, or an excess that begins, opens the response time once; it is not extended by going on. */
function nextExcess(rack: RackState, now: { effective: EffectiveLimit; draw: Draw; allowed: Watts; uptime: Millis; policy: Policy; seen: Millis }): RackState["excess"] {
  const { effective, draw, allowed, uptime, policy, seen } = now;
  if (effective.limit.kind === "unlimited") return null;
  const over = draw.high > effective.limit.power + allowed;
  if (!over) return null;
  const dropped = rack.limit.kind === "unlimited" || (effective.limit.power < rack.limit.power && effective.binding?.slope !== true);
  if (rack.excess === null || dropped) return { since: uptime, deadline: millis(uptime + policy.responseTime + seen) };
  return rack.excess;
}

/** The same machine starves on until its raise has gone out and arrived; another begins its own wait. */
function nextStarving(before: Starving | null, now: { found: Reconciled["starving"]; views: readonly View[]; uptime: Millis }): Starving | null {
  const { found, views, uptime } = now;
  const onItsWay = before !== null && views.some((view) => view.device.id === before.device && view.underway);
  if (before !== null && (onItsWay || found?.device === before.device)) return { ...before, peak: found?.device === before.device ? found.peak : before.peak };
  return found === null ? null : { ...found, since: uptime };
}

/** A new rung is a new order: what the one before missed does not hold it back. */
function mark(states: ReadonlyMap<string, DeviceState>, quarantined: ReadonlyMap<string, Quarantine>): Map<string, DeviceState> {
  const marked = new Map(states);
  for (const [id, quarantine] of quarantined) {
    const state = marked.get(id);
    if (state === undefined || state.quarantine === quarantine) continue;
    marked.set(id, { ...state, quarantine, misses: 0, retryAt: millis(0) });
  }
  return marked;
}

function causeOf(view: View, context: { readonly mode: Mode; readonly aim: EffectiveLimit; readonly remade: boolean }): string {
  if (context.mode.emergency) return "emergency";
  if (view.state.quarantine !== null || view.state.deviatesSince !== null) return "deviation";
  if (!context.remade) return "reconcile";
  return nameOf(context.aim);
}

const nameOf = ({ binding }: EffectiveLimit): string => (binding === null ? "lifted" : (binding.ref?.id ?? binding.source));
