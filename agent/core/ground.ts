/** What there is to plan with, and how the standing plan fits it: who obeys, how many watts are theirs, who the others make room for. */
import { fits as fitsCircuits } from "./circuits.ts";
import { entryOf } from "./curve.ts";
import type { PowerLimit } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { Room } from "./room.ts";
import { roomFor } from "./room.ts";
import type { RackState } from "./state.ts";
import type { Millis, Watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt, lowestOf, transitionEnds } from "./view.ts";

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
  /** The meter shows more than the budget: legal first, optimal after. */
  readonly over: boolean;
  /** Those whose outlets may be closed again, as soon as there is room. */
  readonly dark: readonly View[];
  /** How long what is planned now may earn: until the next change of the limit that is known. */
  readonly horizon: Millis;
}

/** Without a meter expectations are planned at their high end. */
const UNMETERED = 1.1;

/** What there is to plan with, and how the standing plan fits it. */
export interface Ground {
  /** Those that are known and do as told, but for one that the others make room for. */
  readonly planned: readonly View[];
  readonly members: readonly string[];
  readonly beside: readonly View[];
  readonly doubt: number;
  readonly cautious: number;
  readonly spare: Spare;
  /** The one the others make room for. */
  readonly roomed: Room | null;
  readonly climb: number;
  readonly available: number;
  /** Who sleeps and may not wake. */
  readonly sealed: ReadonlySet<View>;
  /** One that had to give up its raise is planned with. */
  readonly waitsInVain: boolean;
  readonly fits: boolean;
  readonly makesRoom: boolean;
  /** All that obey, as they are wanted to be; null: one is wanted nowhere yet. */
  readonly standing: { readonly power: number; readonly hashrate: number } | null;
  /** The same of those that are planned with. */
  readonly kept: { readonly power: number; readonly hashrate: number } | null;
}

/** Watts for these, the others counted at what they may draw, `kept` of the budget free and `bias` watts drawn besides. */
export type Spare = (planned: readonly View[], kept: number, bias?: number) => number;

/** What is planned for is less than the budget; on the way all of it may be used but what a meter may be off by. */
export const passableOf = (spare: number, context: PlanContext): number => spare / doubtOf(context);
const doubtOf = ({ metered }: PlanContext): number => (metered ? 1 : UNMETERED);
/** What the machines drew less than expected at one setting says nothing of another, nor of a time without a meter. */
const cautiousOf = ({ bias }: PlanContext): number => Math.max(0, bias);

export function spareFor(views: readonly View[], context: PlanContext): Spare {
  const { budget, metered } = context;
  return (planned, kept, bias = metered ? context.bias : cautiousOf(context)) => (budget.kind === "unlimited" ? Infinity : budget.power * (1 - kept) - bias - reservedBeside(planned, views));
}

export function survey(rack: RackState, seen: { readonly views: readonly View[]; readonly obeying: readonly View[]; readonly gaveUp: ReadonlySet<View> }, context: PlanContext): Ground {
  const { views, obeying, gaveUp } = seen;
  const { uptime, policy, budget } = context;
  const doubt = doubtOf(context);
  const cautious = cautiousOf(context);
  const spare = spareFor(views, context);
  const standing = value(obeying, doubt);
  // A plan is made to the whole margin and stands until a third of it is left: drift has to use up the rest first.
  const fits = standing !== null && standing.power <= spare(obeying, policy.margin / 3) && (policy.circuits.length === 0 || fitsCircuits(policy.circuits, views, powerNow(obeying)));
  const dwelling = rack.plan !== null && uptime - rack.plan.at < policy.dwell ? rack.plan.members : [];
  const roomed = fits ? roomFor(rack.starving, obeying, { budget, uptime, dwelling, hashrate: standing.hashrate, doubt, least: policy.least, horizon: context.horizon, dark: context.dark, spare: (among) => spare(among, policy.margin) }) : null;
  const planned = roomed === null ? obeying : obeying.filter((view) => view !== roomed.view);
  const climb = roomed === null ? 0 : Math.max(0, roomed.peak - roomed.view.reserve);
  const available = spare(planned, policy.margin) - climb;
  const kept = value(planned, doubt);
  const sealed = sealedOf(planned, spare(planned, 0));
  return {
    planned, members: planned.map(({ device }) => device.id), beside: planned.length === views.length ? [] : besideOf(planned, views), doubt, cautious, spare, roomed, climb, available, sealed,
    waitsInVain: planned.some((view) => gaveUp.has(view)), fits, makesRoom: roomed !== null && kept !== null && kept.power > available, standing, kept,
  };
}

/** On its way up it would pass through more than there is, were all others asleep. */
function sealedOf(views: readonly View[], available: number): ReadonlySet<View> {
  const free = available - lowestOf(views);
  return new Set(views.filter((view) => view.actual === 0 && Math.max(...transitionEnds(view, 1)) - expectedAt(view, 0) > free));
}

/** What each draws where it is wanted, those that are planned with; the others what they may draw. */
function powerNow(obeying: readonly View[]): (view: View) => number {
  const among = new Set(obeying);
  return (view) => (among.has(view) ? expectedAt(view, Math.max(0, entryOf(view.curve, view.state.target))) : view.reserve);
}

/** What all that is not planned with may draw. */
const reservedBeside = (planned: readonly View[], views: readonly View[]): number =>
  planned.length === views.length ? 0 : besideOf(planned, views).reduce((sum, { reserve }) => sum + reserve, 0);

export function besideOf(planned: readonly View[], views: readonly View[]): View[] {
  const among = new Set(planned);
  return views.filter((view) => !among.has(view));
}

/** What the standing targets draw and earn; null where one has none. */
function value(views: readonly View[], doubt: number): { power: number; hashrate: number } | null {
  let power = 0;
  let hashrate = 0;
  for (const view of views) {
    const entry = entryOf(view.curve, view.state.target);
    if (entry < 0) return null;
    power += doubt * expectedAt(view, entry);
    hashrate += view.curve.hashrate[entry] as number;
  }
  return { power, hashrate };
}
