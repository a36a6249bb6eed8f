/**
 * Who gets how much. A plan stands until it no longer fits its budget, or a better one is worth the change: stability is
 * part of the optimum. What does not do as told is not planned with but counted at what it may draw.
 */
import type { Candidate } from "./allocate.ts";
import { allocate } from "./allocate.ts";
import { entryOf } from "./curve.ts";
import { QUARANTINE, DEVIATION_AT_MOST } from "./learn.ts";
import type { PowerLimit, Setpoint } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { DeviceState, PlanMade, RackState, Room } from "./state.ts";
import type { Millis, Watts } from "./units.ts";
import { millis } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";

export interface Plan {
  readonly targets: ReadonlyMap<string, Setpoint | null>;
  readonly quarantined: ReadonlyMap<string, NonNullable<DeviceState["quarantine"]>>;
  readonly remade: PlanMade | null;
}

export interface PlanContext {
  readonly budget: PowerLimit;
  /** The budget has caught up with the limit: no ramp is running. */
  readonly atLimit: boolean;
  readonly bias: Watts;
  readonly uptime: Millis;
  readonly policy: Policy;
  /** A meter that no longer counts makes every expectation wider. */
  readonly metered: boolean;
  /** Nothing is on its way anywhere. */
  readonly settled: boolean;
}

/** A better plan has to earn this much more to be worth changing machines for. */
const WORTH = 1.005;
/** An overdraft of the standing plan by more than this is a drop to be made in a hurry; less is drift. */
const DROP = 1.03;
/** Without a meter expectations are planned at their high end. */
const UNMETERED = 1.1;

export function makePlan(rack: RackState, views: readonly View[], context: PlanContext): Plan {
  const { uptime, policy, budget } = context;
  const quarantined = new Map(views.flatMap((view) => quarantine(view, uptime)));
  const obeying = views.filter((view) => view.known && canBeSet(view) && !quarantined.has(view.device.id) && view.state.quarantine === null && view.state.deviatesSince === null);
  const roomed = makeRoom(rack.room, obeying, budget);
  if (roomed !== null) obeying.splice(obeying.indexOf(roomed.view), 1);
  const obeys = new Set(obeying);
  const fixed = views.reduce((sum, view) => (obeys.has(view) ? sum : sum + (view === roomed?.view ? roomed.peak : view.reserve)), 0);
  const doubt = context.metered ? 1 : UNMETERED;
  // What the machines drew less than expected at one setting says nothing of another, nor of a time without a meter.
  const cautious = Math.max(0, context.bias);
  const spare = (kept: number, bias: number = context.metered ? context.bias : cautious): number =>
    budget.kind === "unlimited" ? Infinity : budget.power * (1 - kept) - fixed - bias;
  const available = spare(policy.margin);

  const targets = new Map<string, Setpoint | null>(views.map(({ device, state }) => [device.id, state.target]));
  for (const view of views) if (quarantined.has(view.device.id) || view.state.quarantine !== null) targets.set(view.device.id, { kind: "sleep" });

  const current = obeying.map((view) => entryOf(view.curve, view.state.target));
  const standing = value(obeying, current, doubt);
  // A plan is made to the whole margin and stands until a third of it is left: drift has to use up the rest first.
  const fits = standing !== null && standing.power <= spare(policy.margin / 3);
  const hurried = !fits && (standing === null || standing.power > DROP * available);
  const candidates = obeying.map((view): Candidate => ({ curve: view.curve, gain: view.state.gain * doubt, from: fits ? 1 : reachableFrom(view, policy) }));
  const best = allocate(candidates, hurried ? spare(policy.margin + policy.dropMargin, cautious) : available);
  const members = obeying.map(({ device }) => device.id);
  const due = isDue(rack.plan, members, context);
  const remake = !fits || (due && standing !== null && best.hashrate > standing.hashrate * WORTH);
  if (remake) for (const [i, view] of obeying.entries()) targets.set(view.device.id, view.curve.setpoints[best.entries[i] as number] ?? null);

  // Whatever cannot be read may still hear: when the rest cannot make room for it, it is told to sleep.
  if (available < lowestOf(obeying)) for (const view of views) if (!obeys.has(view) && view !== roomed?.view) targets.set(view.device.id, { kind: "sleep" });

  return { targets, quarantined, remade: remake ? { at: uptime, budget, hurried, members } : rack.plan };
}

const lowestOf = (views: readonly View[]): number => views.reduce((sum, view) => sum + expectedAt(view, view.curve.setpoints[0] === null ? 1 : 0), 0);

/** The machine the others make room for, unless they could not even asleep. */
function makeRoom(room: Room | null, obeying: readonly View[], budget: PowerLimit): { readonly view: View; readonly peak: number } | null {
  const view = obeying.find(({ device }) => device.id === room?.device);
  if (room === null || view === undefined || budget.kind === "unlimited") return null;
  const others = obeying.filter((other) => other !== view);
  return room.peak + lowestOf(others) <= budget.power ? { view, peak: room.peak } : null;
}

/** A machine that knows neither a point nor sleep is one more load: nothing can be planned with it. */
const canBeSet = ({ curve }: View): boolean => curve.setpoints.some((setpoint) => setpoint !== null);

/** May a plan that fits be replaced by one that earns more? */
function isDue(made: PlanMade | null, members: readonly string[], { budget, atLimit, settled, uptime, policy }: PlanContext): boolean {
  if (made === null) return true;
  if (atLimit && below(made.budget, budget)) return true;
  if (made.hurried && settled) return true;
  if (made.members.length !== members.length || made.members.some((id, i) => id !== members[i])) return true;
  return uptime - made.at >= policy.dwell;
}

const below = (a: PowerLimit, b: PowerLimit): boolean => a.kind === "limited" && (b.kind === "unlimited" || a.power < b.power);

function value(views: readonly View[], entries: readonly number[], doubt: number): { power: number; hashrate: number } | null {
  let power = 0;
  let hashrate = 0;
  for (const [i, view] of views.entries()) {
    const entry = entries[i] as number;
    if (entry < 0) return null;
    power += doubt * expectedAt(view, entry);
    hashrate += view.curve.hashrate[entry] as number;
  }
  return { power, hashrate };
}

/**
 * The lowest point a running machine can be tuned down to in time; below that only sleep is fast enough. Where no tune
 * is in time (a firmware that restarts for it), that is the point it runs at.
 */
function reachableFrom(view: View, policy: Policy): number {
  const { curve, actual, frequency } = view;
  const down = curve.points?.down;
  if (down === undefined || actual === 0) return 1;
  if (down.fixed > policy.tuneTime) return actual > 0 ? actual : curve.power.length - 1;
  if (frequency === null || down.perMegahertz === 0) return 1;
  const lowest = frequency - (policy.tuneTime - down.fixed) / down.perMegahertz;
  for (let entry = 1; entry < curve.frequency.length; entry++) if ((curve.frequency[entry] as number) >= lowest) return entry;
  return 1;
}

function quarantine(view: View, uptime: Millis): [string, NonNullable<DeviceState["quarantine"]>][] {
  const { state, device } = view;
  if (state.quarantine !== null || state.deviatesSince === null || uptime - state.deviatesSince < DEVIATION_AT_MOST) return [];
  return [[device.id, { until: millis(uptime + QUARANTINE), reason: `draws ${Math.round(view.draw.low)} W, which its setpoint does not explain` }]];
}
