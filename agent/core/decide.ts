/**
 * The decision of one cycle: pure, the same input gives the same answer.
 * limit -> ramp -> plan -> reconcile -> assess, on one frozen snapshot.
 */
import { aimAt, causeOf, horizonOf, isBinding, nameOf, rampBudget, samePower, statements } from "./aim.ts";
import { assess, tolerance } from "./assess.ts";
import { cooled } from "./climate.ts";
import { nextExcess } from "./excess.ts";
import type { Heard } from "./grid.ts";
import type { CoolAir, Hot } from "./heat.ts";
import { coolAirOf, heldBy } from "./heat.ts";
import { mark } from "./ladder.ts";
import type { EffectiveLimit, Statement } from "./limit.ts";
import { effectiveLimit, failsafePower, setpointInForce } from "./limit.ts";
import { learn, look, outageOf } from "./look.ts";
import type { Compliance, Draw, PowerLimit, Setpoint } from "./model.ts";
import type { GridState } from "./mode.ts";
import { gridState, nextMode } from "./mode.ts";
import { isUnseen, rested, switchOutlets } from "./outlets.ts";
import type { PlanReason } from "./plan.ts";
import { keepTargets, makePlan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { floorOf, rackDraw, reserved } from "./rack-draw.ts";
import type { Ramp } from "./ramp.ts";
import { rampLasts } from "./ramp.ts";
import type { Wait } from "./reconcile.ts";
import { reconcile } from "./reconcile.ts";
import { nextStarving } from "./room.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Order, PlanMade, Quarantine, RackState } from "./state.ts";
import { inBand } from "./supply.ts";
import type { Now } from "./time.ts";
import { disagreement, disagreesForLong, extendTrial, teachesNow } from "./trial.ts";
import type { Millis, Watts } from "./units.ts";
import { millis, watts } from "./units.ts";
import type { View } from "./view.ts";
import { fresh } from "./view.ts";

/** What the decision was made from, for whoever asks why. */
export interface Reasons {
  /** Everything that states a limit now, the binding one among them. */
  readonly statements: readonly Statement[];
  readonly plan: PlanReason;
  /** What each machine is wanted to be from now on. */
  readonly targets: ReadonlyMap<string, Setpoint | null>;
  /** Who should be told something and is not yet. */
  readonly waits: ReadonlyMap<string, Wait>;
  /** Until the budget has caught up; 0: it has; null: as things are it never will. */
  readonly rampLasts: Millis | null;
  /** How long a machine sleeps at the least. */
  readonly minOff: Millis;
  /** No machine wakes before this uptime; null: no such time. */
  readonly notBefore: Millis | null;
  /** What keeps every raise back; null: nothing does. */
  readonly raisesWait: "emergency" | "polls" | "meter" | "restart" | null;
  readonly made: PlanMade | null;
  /** Uptime before which no plan replaces this one that only earns more. */
  readonly dwellsUntil: Millis | null;
}

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
  readonly quarantined: readonly ({ readonly id: string } & Quarantine)[];
  /** Who is held lower by heat, and by which. */
  readonly hot: readonly ({ readonly id: string } & Hot)[];
  /** To how many machines the air opens points above their rated ones; null: to none at any time, or it is not known yet. */
  readonly coolAir: CoolAir | null;
  readonly reasons: Reasons;
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

/** Where the budget begins when the mains are back. */
const fromZero: Omit<Ramp, "at"> = { budget: { kind: "limited", power: watts(0) } };

export function decide(rack: RackState, input: DecideInput): { readonly rack: RackState; readonly decision: Decision } {
  const { heard, policy } = input;
  const { uptime } = input.snapshot.tick;
  const { outage, back } = outageOf(rack, input);
  const mode = nextMode(rack.mode, heard, { mainsBack: back, uptime, u: input.u, restart: policy.restart, inBand: inBand(input.snapshot.supply, policy.supply, policy.meterStale), stopped: input.local.some(({ source }) => source === "estop") });
  const failsafe = failsafePower(policy.failsafe, heard.allocations);
  const stated = statements(mode, { heard, now: input.now, synchronised: input.synchronised, local: input.local, uptime, failsafe });
  const effective = effectiveLimit(stated);
  const setpoint = setpointInForce(heard.setpoints, input.now);
  const aim = aimAt(effective, setpoint);

  const { snapshot, views, meter, watch, seen, awaitingPolls } = look(rack, input);
  const learned = learn(rack, views, { snapshot, policy, watch, seen, teaches: teachesNow(meter, views, { snapshot, bias: rack.bias }) });
  const { budget, ramp, rule, restored } = rampBudget(back ? { ...fromZero, at: uptime } : rack.ramp, mode, { aim, allocations: heard.allocations, policy, uptime, views });
  const shown = fresh(snapshot.rack, policy);
  const meterFresh = shown !== null;
  const metered = snapshot.rack !== null && snapshot.rack.age !== null && snapshot.rack.age <= policy.meterLost;
  const draw = rackDraw(learned.views, shown);

  const over = meterFresh && budget.kind === "limited" && draw.low > budget.power;
  const plan = awaitingPolls && !over
    ? keepTargets(rack, learned.views)
    : makePlan(rack, learned.views, {
        budget, atLimit: samePower(budget, aim.limit), bias: learned.bias, uptime, policy, metered: meterFresh, settled: watch.settled, over,
        dark: mode.emergency ? [] : rested(learned.views, uptime), horizon: horizonOf(aim, input.now),
      });
  const mayRaise = !awaitingPolls && !mode.emergency && (meterFresh || snapshot.rack === null) && !(mode.restoring !== null && uptime < mode.restoring.notBefore);
  const targets = mode.emergency ? asleep(learned.views) : cooled(plan.targets, learned.views);
  const held = reserved(learned.views, shown, { bias: learned.bias, uptime, seen });
  const reconciled = reconcile(learned.views, {
    targets,
    headroom: budget.kind === "limited" ? budget.power - held.power : null, countedOf: held.countedOf,
    mayRaise,
    mayLower: !awaitingPolls || mode.emergency || over,
    cause: (view) => causeOf(view, { mode, aim, remade: plan.remade !== rack.plan }),
    uptime, seen, policy, nextOrder: rack.nextOrder, woken: rack.woken,
  });

  const limitW = effective.limit.kind === "limited" ? effective.limit.power : Infinity;
  const least = floorOf(learned.views, learned.bias);
  // What an outlet has just cut off stands on the meter until it is read again.
  const floor = isUnseen(rack.outlets, { uptime, seen }) && draw.low > least ? draw.low : least;
  const allowed = effective.limit.kind === "limited"
    ? tolerance(effective.limit.power, { class: snapshot.rackClass, power: draw.high, outlets: snapshot.devices.filter(({ outlet }) => outlet !== null).length })
    : watts(0);
  const excess = nextExcess(rack, { effective, draw, allowed, uptime, policy, seen });
  const compliance = assess({ limit: effective.limit, draw, tolerance: allowed, floor, uptime, deadline: excess?.deadline ?? null, metered });
  const switched = switchOutlets(learned.views, mark(reconciled.states, plan.quarantined), rack.outlets, {
    emergency: mode.emergency, excess: meterFresh && !awaitingPolls && least > limitW ? Math.max(0, draw.low - limitW - allowed) : 0, limit: effective.limit,
    headroom: reconciled.headroom, mayRaise, cause: nameOf(aim), seen, uptime, policy, nextOrder: reconciled.nextOrder,
  });
  const devices = switched.states;
  const orders = [...reconciled.orders, ...switched.orders];
  return {
    rack: {
      startedAt: rack.startedAt, mode: restored ? { ...mode, restoring: null } : mode, ramp, devices, bias: learned.bias, fallingSince: learned.fallingSince, watch,
      trial: extendTrial(meter.trial, reconciled.orders, { views: learned.views, snapshot, settled: watch.settled }), frozen: meter.frozen, still: meter.still,
      disagrees: disagreement(rack.disagrees, learned.views, { snapshot, bias: learned.bias }),
      plan: mode.emergency ? null : plan.remade, looked: mode.emergency ? null : plan.looked, starving: mode.emergency ? null : nextStarving(rack.starving, { found: [reconciled.starving, plan.looked?.barred ?? null], orders: reconciled.orders, views: learned.views, uptime }),
      excess, outage, outlets: switched.outlets, woken: reconciled.woken, limit: effective.limit, nextOrder: switched.nextOrder,
    },
    decision: {
      uptime, state: gridState(mode, isBinding(effective, policy)), effective, setpoint, failsafe, budget, draw,
      quality: snapshot.rack !== null && meterFresh ? "measured" : learned.views.every((view) => view.draw.by === "nameplate") ? "unknown" : "estimated",
      mains: outage === null ? (back ? "returned" : "on") : "lost",
      compliance, floor, tolerance: allowed, views: learned.views, orders, awaitingPolls, settled: watch.settled, lag: watch.lag,
      meter: meter.frozen !== null ? "frozen" : disagreesForLong(rack.disagrees, uptime) ? "disagrees" : "trusted",
      quarantined: [...devices].flatMap(([id, { quarantine }]) => (quarantine === null ? [] : [{ id, ...quarantine }])),
      hot: learned.views.flatMap(({ device: { id }, state }) => {
        const held = heldBy(state.heat, policy.heat.get(id));
        return held === null ? [] : [{ id, ...held }];
      }),
      coolAir: awaitingPolls ? null : coolAirOf(learned.views.map(({ device: { id }, state, curve }) => ({ heat: state.heat, limits: policy.heat.get(id), highest: curve.power.at(-1) ?? 0 }))),
      reasons: {
        statements: stated, plan: mode.emergency ? { verdict: { kind: "emergency" }, split: null, barred: null } : plan.why, targets, waits: reconciled.waits,
        rampLasts: rampLasts(ramp, { limit: aim.limit, uptime, rule }), minOff: policy.turns.minOff, notBefore: mode.restoring?.notBefore ?? null,
        raisesWait: mayRaise ? null : mode.emergency ? "emergency" : awaitingPolls ? "polls" : !meterFresh && snapshot.rack !== null ? "meter" : "restart",
        made: plan.remade, dwellsUntil: plan.remade === null ? null : millis(plan.remade.at + policy.dwell),
      },
    },
  };
}

const asleep = (views: readonly View[]): Map<string, { kind: "sleep" }> => new Map(views.map(({ device }) => [device.id, { kind: "sleep" }]));
