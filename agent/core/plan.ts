/**
 * Who gets how much. A plan stands until it no longer fits its budget, or a better one is worth the change: stability is
 * part of the optimum. What does not do as told is not planned with but counted at what it may draw.
 */
import type { Allotment } from "./allocate.ts";
import { boundOf } from "./allocate.ts";
import { dueFor, earnedBy, earnsMore, exceeds, turnsEarly } from "./better.ts";
import { keptWithin } from "./circuits.ts";
import { keptWarm } from "./climate.ts";
import { awake, entryOf } from "./curve.ts";
import type { Ground, PlanContext } from "./ground.ts";
import { passableOf, spareFor, survey } from "./ground.ts";
import { bridged, reachableFrom } from "./horizon.ts";
import { nextQuarantine } from "./ladder.ts";
import type { Setpoint } from "./model.ts";
import type { Passable } from "./passage.ts";
import { allocatePassable, resigned } from "./passage.ts";
import { rotation } from "./rotation.ts";
import type { Look, PlanMade, Quarantine, RackState } from "./state.ts";
import { watts } from "./units.ts";
import type { View } from "./view.ts";
import { canBeSet, expectedAt, expectedNow, isAt, lowestOf } from "./view.ts";
import { candidatesOf } from "./worth.ts";

export interface Plan {
  readonly targets: ReadonlyMap<string, Setpoint | null>;
  /** Who is on the ladder, and on which rung. */
  readonly quarantined: ReadonlyMap<string, Quarantine>;
  readonly remade: PlanMade | null;
  /** The last look for a better one, which is this one where it found one. */
  readonly looked: Look | null;
  readonly why: PlanReason;
}

/** Why a plan was made or kept, and how its budget was split. */
export interface PlanReason {
  readonly verdict: Verdict;
  readonly split: Split | null;
  /** Who would be higher, but for the way there: it passes through more than is free. */
  readonly barred: Look["barred"];
}

/** `kept` with `more`: another plan would earn that share more, and why it is not taken; `dwell`: nobody looks for one yet. */
export type Verdict =
  | { readonly kind: "made"; readonly because: "first" | "no-fit" | "better" | "room" | "rest" }
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

/** An overdraft of the standing plan by more than this is a drop to be made in a hurry; less is drift. */
const DROP = 1.03;
/** A plan that moves more than this share of the budget goes far from where gains were learnt: it keeps more margin and is trimmed when settled. */
const FAR = 0.25;
/** A plan that leaves more than this share of the budget unused is not steady. */
const IDLE = 0.02;

export function makePlan(rack: RackState, seen: readonly View[], context: PlanContext): Plan {
  const { uptime, policy, budget } = context;
  const quarantined = new Map<string, Quarantine>();
  for (const view of seen) {
    const rung = nextQuarantine(view, context);
    if (rung !== null) quarantined.set(view.device.id, rung);
  }
  const obeys = (view: View): boolean => view.known && canBeSet(view) && !quarantined.has(view.device.id) && view.state.deviatesSince === null;
  const spare = spareFor(seen, context);
  const { views, gaveUp } = resigned(seen, { obeys, free: (among) => passableOf(spare(among, policy.margin / 3), context) });
  const targets = new Map<string, Setpoint | null>(views.map(({ device, state }) => [device.id, state.target]));
  for (const [id, { held }] of quarantined) targets.set(id, held);
  // In an order of their own: who is read first is nobody's advantage.
  const obeying = views.filter(obeys).toSorted((a, b) => (a.device.id < b.device.id ? -1 : 1));
  const ground = survey(rack, { views, obeying, gaveUp }, context);
  const found = shareOut(rack, ground, context);
  for (const [id, setpoint] of found?.targets ?? []) targets.set(id, setpoint);
  if (ground.roomed?.setpoint != null) targets.set(ground.roomed.view.device.id, ground.roomed.setpoint);

  // Whatever cannot be read may still hear: when the rest cannot make room for it, it is told to sleep.
  if (ground.spare(obeying, policy.margin) < lowestOf(obeying)) {
    const among = new Set(obeying);
    for (const view of views) if (!among.has(view)) targets.set(view.device.id, { kind: "sleep" });
  }
  const made = found?.targets != null;
  const plan = found === null ? null : { at: uptime, budget, hurried: found.hurried, members: ground.members };
  const looked = found === null || plan === null ? rack.looked : { ...plan, verdict: found.verdict, barred: found.barred };
  return {
    targets, quarantined, remade: made ? plan : rack.plan, looked,
    why: { verdict: found?.verdict ?? since(rack.looked), split: splitOf(ground, made ? found : null, context), barred: looked?.barred ?? null },
  };
}

/** Between two looks the last one holds. */
function since(looked: Look | null): Verdict {
  return looked === null || looked.verdict.kind !== "kept" ? { kind: "kept", because: "dwell", more: 0 } : looked.verdict;
}

interface Share {
  readonly hurried: boolean;
  readonly verdict: Verdict;
  /** null: nothing found that is worth the change. */
  readonly targets: Plan["targets"] | null;
  /** What its setpoints come to. */
  readonly power: number;
  readonly barred: Look["barred"];
}

/** What changes hands; null: it is not time to look. */
function shareOut(rack: RackState, ground: Ground, context: PlanContext): Share | null {
  const { planned, members, beside, doubt, spare, available, sealed, waitsInVain, fits, makesRoom, standing } = ground;
  const { policy, budget, atLimit, over, uptime, horizon } = context;
  const { least } = policy;
  const forced = !fits || waitsInVain || makesRoom;
  // A plan that still waits, for a machine's rest or for room, has shown nothing yet.
  const owed = rack.looked?.hurried === true;
  const trims = owed && context.settled && planned.every((view) => isAt(view, view.state.target));
  const due = forced ? "needed" : dueFor(rack.looked, members, { budget, atLimit, trims, over, uptime, policy });
  if (due === null) return null;

  // Watts that nobody draws are worth a change sooner than another order of the same watts.
  const steady = due === "leisure" && standing !== null && standing.power >= available * (1 - IDLE);
  const warm = keptWarm(planned.filter((view) => !sealed.has(view)), available, policy);
  const chills = [...warm].some(({ curve, state }) => entryOf(curve, state.target) < curve.first);
  const candidates = candidatesOf(planned, { uptime, policy, horizon, doubt, steady, from: (view) => (sealed.has(view) ? view.curve.power.length : fits ? 1 : Math.min(Math.max(1, view.most), reachableFrom(view, policy))) }).map((candidate, i) => (warm.has(planned[i] as View) ? { ...candidate, curve: awake(candidate.curve), from: Math.max(candidate.from, candidate.curve.first) } : candidate));
  const kept = earnedBy(candidates, planned.map(({ curve, state }) => entryOf(curve, state.target)), least);
  const stands = (verdict: Verdict, barred: Look["barred"] = null): Share => (due === "leisure" ? changingPlaces(ground, context) : null) ?? { hurried: owed && !trims, verdict, targets: null, power: standing?.power ?? 0, barred };
  // Of one rank: no plan could earn what a change has to be worth.
  if (!forced && !chills && kept?.size === 1) {
    const [earns = 0] = kept.values();
    const bound = boundOf(candidates, available, least);
    if (!exceeds(bound, earns, due)) return stands(bound > earns && earns > 0 ? { kind: "kept", because: "not-worth", more: bound / earns - 1 } : { kind: "kept", because: "best", more: 0 });
  }

  const allocate = (budget: number): Passable => allocatePassable(planned, candidates, { available: budget, least, passable: passableOf(spare(planned, policy.margin / 3) - ground.climb, context) });
  const exact = allocate(available);
  const drop = !fits && (standing === null || standing.power > DROP * available);
  const moved = movedBy(planned, exact);
  // A drop is carried out before the meter has shown anything; and boards that have just fallen asleep wake hot.
  const doubtful = fits ? movedBy(planned, exact, ({ hot }) => hot) : moved;
  const goesFar = drop || moved > FAR * available;
  const isBetter = ({ entries }: Passable): boolean => kept === null || earnsMore(earnedBy(candidates, entries, least), kept, due);
  const cautious = (margin: number): number => Math.min(available, spare(planned, margin, ground.cautious) - ground.climb);
  const far = goesFar ? allocate(Math.min(cautious(policy.margin + policy.dropMargin), cautious(policy.margin) - policy.moveDoubt * doubtful)) : exact;
  // Points are coarse: within the wide margin there may be no better plan for as long as the limit stands. What changes for more work alone raises into what the meter shows to be free.
  const hurried = goesFar && (forced || isBetter(far));
  const best = goesFar && !hurried ? allocate(cautious(policy.margin)) : far;
  const barred = waitingOf(best);
  const better = isBetter(best);
  const early = kept !== null && turnsEarly(planned, best, context);
  // Room for another is comfort too: nobody who has just been woken is put to sleep for it.
  if (fits && !waitsInVain && !chills && (early || !(better || makesRoom))) return stands({ kind: "kept", because: better ? "just-woken" : "not-worth", more: moreThan(kept, best.earns) }, barred);
  const within = policy.circuits.length === 0 ? best.entries : keptWithin(policy.circuits, best.entries, { views: planned, candidates, available, least, beside });
  const entries = hurried && !fits ? bridged(planned, candidates, { best: { ...best, entries: within }, available, policy }) : within;
  return {
    hurried, verdict: { kind: "made", because: kept === null ? "first" : !fits || waitsInVain ? "no-fit" : makesRoom ? "room" : "better" },
    targets: new Map(planned.map(({ device, curve }, i) => [device.id, curve.setpoints[entries[i] as number] ?? null])),
    power: planned.reduce((sum, view, i) => sum + doubt * expectedAt(view, entries[i] as number), 0),
    barred,
  };
}

/** The cheapest that has to stay where it is because its way up does not fit. */
function waitingOf({ barred: [first] }: Passable): Look["barred"] {
  return first === undefined ? null : { device: first.view.device.id, setpoint: first.setpoint, peak: watts(first.peak) };
}

/** Nothing earns more: time for those who have slept for long. */
function changingPlaces({ planned, standing, spare, doubt }: Ground, context: PlanContext): Share | null {
  const { policy, settled, horizon } = context;
  if (standing === null || !settled || horizon < policy.wear.between || policy.circuits.length > 0) return null;
  // Who is too hot does not change places: it would come back lower.
  const swap = rotation(planned.filter(({ most, curve }) => most === curve.power.length - 1), { ...context, room: (spare(planned, policy.margin / 3) - standing.power) / doubt });
  if (swap === null) return null;
  const { wakes, sleeps, entry, more } = swap;
  const targets = new Map([[wakes.device.id, wakes.curve.setpoints[entry] ?? null], [sleeps.device.id, sleeps.curve.setpoints[0] ?? null]]);
  return { hurried: false, verdict: { kind: "made", because: "rest" }, targets, power: standing.power + doubt * more, barred: null };
}

function moreThan(kept: ReadonlyMap<number, number> | null, earns: number): number {
  const standing = [...(kept?.values() ?? [])].reduce((sum, value) => sum + value, 0);
  return standing > 0 ? Math.max(0, earns / standing - 1) : 0;
}

function splitOf(ground: Ground, found: Share | null, { budget, policy, bias: known, metered }: PlanContext): Split | null {
  if (budget.kind === "unlimited") return null;
  const { planned, beside, climb, spare, cautious, kept } = ground;
  const hurried = found?.hurried === true;
  const margin = policy.margin + (hurried ? policy.dropMargin : 0);
  const bias = hurried || !metered ? cautious : known;
  return {
    margin: budget.power * margin, hurried, bias, beside: beside.map(({ device, reserve }) => ({ device: device.id, power: reserve })),
    climb, available: spare(planned, margin, bias) - climb, planned: found?.power ?? kept?.power ?? 0,
  };
}

/** Before the first polls have ended there is nothing to plan with: what was wanted before the restart stays wanted. */
export function keepTargets(rack: RackState, views: readonly View[]): Plan {
  return { targets: new Map(views.map(({ device, state }) => [device.id, state.target])), quarantined: new Map(), remade: rack.plan, looked: rack.looked, why: { verdict: { kind: "recorded" }, split: null, barred: null } };
}

/** Watts that change hands or come and go when the plan is carried out. */
function movedBy(views: readonly View[], allotment: Allotment, among: (view: View) => boolean = () => true): number {
  return views.reduce((sum, view, i) => sum + (among(view) ? Math.abs(expectedAt(view, allotment.entries[i] as number) - expectedNow(view)) : 0), 0);
}
