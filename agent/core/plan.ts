/**
 * Who gets how much. A plan stands until it no longer fits its budget, or a better one is worth the change: stability is
 * part of the optimum. What does not do as told is not planned with but counted at what it may draw.
 */
import type { Allotment, Candidate } from "./allocate.ts";
import { allocate } from "./allocate.ts";
import { fits as fitsCircuits, keptWithin } from "./circuits.ts";
import { entryOf } from "./curve.ts";
import { nextQuarantine } from "./ladder.ts";
import { bridged, reachableFrom } from "./horizon.ts";
import { roomFor } from "./room.ts";
import { settleTime } from "./settle.ts";
import type { PowerLimit, Setpoint } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { PlanMade, Quarantine, RackState } from "./state.ts";
import type { Millis, Watts } from "./units.ts";
import type { View } from "./view.ts";
import { canBeSet, expectedAt, lowestOf, transitionEnds } from "./view.ts";

export interface Plan {
  readonly targets: ReadonlyMap<string, Setpoint | null>;
  /** Who is on the ladder, and on which rung. */
  readonly quarantined: ReadonlyMap<string, Quarantine>;
  readonly remade: PlanMade | null;
  readonly why: PlanReason;
}

/** Why a plan was made or kept, and how its budget was split. */
export interface PlanReason {
  readonly verdict: Verdict;
  readonly split: Split | null;
}

/** `kept` with `more`: another plan would earn that share more, and why it is not taken. */
export type Verdict =
  | { readonly kind: "made"; readonly because: "first" | "no-fit" | "better" | "room" }
  | { readonly kind: "kept"; readonly because: "best" | "dwell" | "just-woken" | "not-worth"; readonly more: number }
  | { readonly kind: "recorded" | "emergency" };

/** budget = margin + bias + beside + climb + available. Null where there is no limit. */
export interface Split {
  readonly margin: number;
  /** The margin is wide because the rack goes far. */
  readonly hurried: boolean;
  /** What the rack draws besides its machines; less than nothing: they draw less than expected. */
  readonly bias: number;
  /** What is not planned with, and what it may draw. */
  readonly beside: readonly { readonly device: string; readonly power: number }[];
  /** Kept for one that passes through more than it ends at: a wake, or a boot behind an outlet that is to be closed. */
  readonly climb: number;
  /** For the machines that are planned with. */
  readonly available: number;
  /** What their setpoints come to. */
  readonly planned: number;
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
  /** The meter shows more than the budget: legal first, optimal after. */
  readonly over: boolean;
  /** Those whose outlets may be closed again, as soon as there is room. */
  readonly dark: readonly View[];
  /** How long what is planned now may earn: until the next change of the limit that is known. */
  readonly horizon: Millis;
}

/** A better plan has to earn this much more to be worth changing machines for. */
const WORTH = 1.005;
/** An overdraft of the standing plan by more than this is a drop to be made in a hurry; less is drift. */
const DROP = 1.03;
/** A plan that moves more than this share of the budget goes far from where gains were learnt: it keeps more margin and is trimmed when settled. */
const FAR = 0.25;
/** Without a meter expectations are planned at their high end. */
const UNMETERED = 1.1;

export function makePlan(rack: RackState, views: readonly View[], context: PlanContext): Plan {
  const { uptime, policy, budget } = context;
  const quarantined = new Map<string, Quarantine>();
  for (const view of views) {
    const rung = nextQuarantine(view, context);
    if (rung !== null) quarantined.set(view.device.id, rung);
  }
  const obeying = views.filter((view) => view.known && canBeSet(view) && !quarantined.has(view.device.id) && view.state.deviatesSince === null);
  const doubt = context.metered ? 1 : UNMETERED;
  // What the machines drew less than expected at one setting says nothing of another, nor of a time without a meter.
  const cautious = Math.max(0, context.bias);
  const spare = (planned: readonly View[], kept: number, bias: number = context.metered ? context.bias : cautious): number =>
    budget.kind === "unlimited" ? Infinity : budget.power * (1 - kept) - bias - reservedBeside(planned, views);

  const targets = new Map<string, Setpoint | null>(views.map(({ device, state }) => [device.id, state.target]));
  for (const [id, { held }] of quarantined) targets.set(id, held);

  const standing = value(obeying, doubt);
  // A plan is made to the whole margin and stands until a third of it is left: drift has to use up the rest first.
  const fits = standing !== null && standing.power <= spare(obeying, policy.margin / 3) && (policy.circuits.length === 0 || fitsCircuits(policy.circuits, views, powerNow(obeying)));
  const roomed = fits ? roomFor(rack.starving, obeying, { budget, uptime, hashrate: standing.hashrate, doubt, dark: context.dark, spare: (among) => spare(among, policy.margin) }) : null;
  const planned = roomed === null ? obeying : obeying.filter((view) => view !== roomed.view);
  const climb = roomed === null ? 0 : Math.max(0, roomed.peak - roomed.view.reserve);
  const available = spare(planned, policy.margin) - climb;
  const drop = !fits && (standing === null || standing.power > DROP * available);
  const asleep = sealed(planned, spare(planned, 0));
  const candidates = planned.map((view, i): Candidate => ({ curve: view.curve, gain: view.state.gain * doubt, from: asleep[i] === true ? view.curve.power.length : fits ? 1 : reachableFrom(view, policy) }));
  const exact = allocate(candidates, available);
  const moved = movedBy(planned, exact);
  const hurried = drop || moved > FAR * available;
  const careful = Math.min(available, spare(planned, policy.margin + policy.dropMargin, cautious), spare(planned, policy.margin, cautious) - (fits ? 0 : policy.moveDoubt * moved));
  const best = hurried ? allocate(candidates, careful) : exact;
  const members = planned.map(({ device }) => device.id);
  const kept = value(planned, doubt);
  const early = kept !== null && turnsEarly(planned, best, context);
  const better = kept === null || (!early && earnsMore(planned, best, { standing: kept.hashrate, horizon: context.horizon }));
  const due = isDue(rack.plan, members, context);
  const makesRoom = roomed !== null && kept !== null && kept.power > available;
  const waitsInVain = planned.some((view, i) => asleep[i] === true && entryOf(view.curve, view.state.target) > 0);
  const remake = !fits || waitsInVain || (due && better) || makesRoom;
  const within = policy.circuits.length === 0 ? best.entries : keptWithin(policy.circuits, best.entries, { views: planned, candidates, available, beside: besideOf(planned, views) });
  const entries = hurried && !fits ? bridged(planned, candidates, { best: { ...best, entries: within }, available, policy }) : within;
  if (remake) for (const [i, view] of planned.entries()) targets.set(view.device.id, view.curve.setpoints[entries[i] as number] ?? null);

  // Whatever cannot be read may still hear: when the rest cannot make room for it, it is told to sleep.
  if (spare(obeying, policy.margin) < lowestOf(obeying)) {
    const among = new Set(obeying);
    for (const view of views) if (!among.has(view)) targets.set(view.device.id, { kind: "sleep" });
  }

  const wide = hurried && remake;
  const margin = policy.margin + (wide ? policy.dropMargin : 0);
  const power = remake ? planned.reduce((sum, view, i) => sum + doubt * expectedAt(view, entries[i] as number), 0) : (kept?.power ?? 0);
  const bias = wide || !context.metered ? cautious : context.bias;
  return {
    targets, quarantined, remade: remake ? { at: uptime, budget, hurried, members } : rack.plan,
    why: {
      verdict: verdictOf({ standing: kept?.hashrate ?? null, best: best.hashrate, fits: fits && !waitsInVain, due, early, makesRoom, remake }),
      split: budget.kind === "unlimited" ? null : {
        margin: budget.power * margin, hurried: wide, bias, beside: planned.length === views.length ? [] : besideOf(planned, views).map(({ device, reserve }) => ({ device: device.id, power: reserve })),
        climb, available: spare(planned, margin, bias) - climb, planned: power,
      },
    },
  };
}

function verdictOf(now: { readonly standing: number | null; readonly best: number; readonly fits: boolean; readonly due: boolean; readonly early: boolean; readonly makesRoom: boolean; readonly remake: boolean }): Verdict {
  const { standing, best, fits, due, early, makesRoom, remake } = now;
  if (remake) return { kind: "made", because: standing === null ? "first" : !fits ? "no-fit" : makesRoom ? "room" : "better" };
  const more = standing === null || standing === 0 ? 0 : best / standing - 1;
  if (more <= 0) return { kind: "kept", because: "best", more: 0 };
  return { kind: "kept", because: early ? "just-woken" : due ? "not-worth" : "dwell", more };
}

/** Who sleeps and may not wake: on its way up it would pass through more than there is, were all others asleep. */
function sealed(views: readonly View[], available: number): boolean[] {
  const free = available - lowestOf(views);
  return views.map((view) => view.actual === 0 && Math.max(...transitionEnds(view, 1)) - expectedAt(view, 0) > free);
}

/** Before the first polls have ended there is nothing to plan with: what was wanted before the restart stays wanted. */
export function keepTargets(rack: RackState, views: readonly View[]): Plan {
  return { targets: new Map(views.map(({ device, state }) => [device.id, state.target])), quarantined: new Map(), remade: rack.plan, why: { verdict: { kind: "recorded" }, split: null } };
}

/** A better plan has to be worth changing machines for, and to earn within the horizon what the change loses on its way. */
function earnsMore(views: readonly View[], best: Allotment, { standing, horizon }: { readonly standing: number; readonly horizon: Millis }): boolean {
  if (best.hashrate <= standing * WORTH) return false;
  let lost = 0;
  for (const [i, view] of views.entries()) {
    const [from, to] = [entryOf(view.curve, view.state.target), best.entries[i] as number];
    if (from === to) continue;
    const [before, after] = [view.curve.hashrate[Math.max(0, from)] as number, view.curve.hashrate[to] as number];
    // A live tune earns on its way, half of the difference is lost; what sleeps or wakes earns nothing.
    const share = from > 0 && to > 0 && view.curve.points?.up.hashing === true ? 0.5 * Math.abs(after - before) : Math.max(before, after);
    lost += share * settleTime(view, to);
  }
  return (best.hashrate - standing) * horizon > lost;
}

/** Would it put one to sleep that has just been woken? Dwell binds what only earns more, never what the limit needs. */
function turnsEarly(views: readonly View[], best: Allotment, { uptime, policy }: PlanContext): boolean {
  return views.some(({ state, curve }, i) => state.turnedAt !== null && uptime - state.turnedAt < policy.turns.minOn && best.entries[i] === 0 && entryOf(curve, state.target) > 0);
}

/** What each draws where it is wanted, those that are planned with; the others what they may draw. */
function powerNow(obeying: readonly View[]): (view: View) => number {
  const among = new Set(obeying);
  return (view) => (among.has(view) ? expectedAt(view, Math.max(0, entryOf(view.curve, view.state.target))) : view.reserve);
}

/** Watts that change hands or come and go when the plan is carried out. */
function movedBy(views: readonly View[], allotment: Allotment): number {
  return views.reduce((sum, view, i) => {
    const now = view.actual >= 0 ? expectedAt(view, view.actual) : (view.draw.low + view.draw.high) / 2;
    return sum + Math.abs(expectedAt(view, allotment.entries[i] as number) - now);
  }, 0);
}

/** What all that is not planned with may draw. */
const reservedBeside = (planned: readonly View[], views: readonly View[]): number =>
  planned.length === views.length ? 0 : besideOf(planned, views).reduce((sum, { reserve }) => sum + reserve, 0);

function besideOf(planned: readonly View[], views: readonly View[]): View[] {
  const among = new Set(planned);
  return views.filter((view) => !among.has(view));
}

/** May a plan that fits be replaced by one that earns more? */
function isDue(made: PlanMade | null, members: readonly string[], { budget, atLimit, settled, over, uptime, policy }: PlanContext): boolean {
  if (made === null) return true;
  if (over) return false;
  if (atLimit && below(made.budget, budget)) return true;
  if (made.hurried && settled) return true;
  if (made.members.length !== members.length || made.members.some((id, i) => id !== members[i])) return true;
  return uptime - made.at >= policy.dwell;
}

const below = (a: PowerLimit, b: PowerLimit): boolean => a.kind === "limited" && (b.kind === "unlimited" || a.power < b.power);

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
