/** Which watts change hands: the standing plan against the best there is, and whether the change is worth it. */
import type { Allotment, Candidate } from "./allocate.ts";
import { boundOf } from "./allocate.ts";
import type { Due, Worth } from "./better.ts";
import { dueFor, earnedBy, earnsMore, exceeds, turnsEarly } from "./better.ts";
import { keptWithin } from "./circuits.ts";
import { keptWarm } from "./climate.ts";
import { awake, entryOf } from "./curve.ts";
import type { Ground, PlanContext } from "./ground.ts";
import { passableOf } from "./ground.ts";
import { bridged, reachableFrom } from "./horizon.ts";
import type { Setpoint } from "./model.ts";
import type { Passable } from "./passage.ts";
import { allocatePassable } from "./passage.ts";
import { rotation } from "./rotation.ts";
import type { Look, RackState, Verdict } from "./state.ts";
import { watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt, expectedNow, isAt } from "./view.ts";
import { candidatesOf } from "./worth.ts";

type Targets = ReadonlyMap<string, Setpoint | null>;

export interface Share {
  readonly hurried: boolean;
  readonly verdict: Verdict;
  /** null: nothing found that is worth the change. */
  readonly targets: Targets | null;
  /** What its setpoints come to. */
  readonly power: number;
  readonly barred: Look["barred"];
}

/** An overdraft of the standing plan by more than this is a drop to be made in a hurry; less is drift. */
const DROP = 1.03;
/** A plan that moves more than this share of the budget goes far from where gains were learnt: it keeps more margin and is trimmed when settled. */
const FAR = 0.25;
/** A plan that leaves more than this share of the budget unused is not steady. */
const IDLE = 0.02;

/** What changes hands; null: it is not time to look. */
export function shareOut(rack: RackState, ground: Ground, context: PlanContext): Share | null {
  const { planned, members, waitsInVain, fits, makesRoom, standing } = ground;
  const { policy, budget, atLimit, over, uptime } = context;
  const forced = !fits || waitsInVain || makesRoom;
  // A plan that still waits, for a machine's rest or for room, has shown nothing yet.
  const owed = rack.looked?.hurried === true;
  const trims = owed && context.settled && planned.every((view) => isAt(view, view.state.target));
  const due = forced ? "needed" : dueFor(rack.looked, members, { budget, atLimit, trims, over, uptime, policy });
  if (due === null) return null;

  const offer = offerOf(ground, due, context);
  const stands = (verdict: Verdict, barred: Look["barred"] = null): Share => (due === "leisure" ? changingPlaces(ground, context) : null) ?? { hurried: owed && !trims, verdict, targets: null, power: standing?.power ?? 0, barred };
  const already = forced ? null : bestAlready(offer, ground, due, context);
  if (already !== null) return stands(already);

  const found = search(offer, ground, { due, forced }, context);
  const { best, hurried, better } = found;
  const early = offer.kept !== null && turnsEarly(planned, best, context);
  // Room for another is comfort too: nobody who has just been woken is put to sleep for it.
  if (fits && !waitsInVain && !offer.chills && (early || !(better || makesRoom))) return stands({ kind: "kept", because: better ? "just-woken" : "not-worth", more: moreThan(offer.kept, best.earns) }, waitingOf(best));
  const because = offer.kept === null ? "first" : !fits || waitsInVain ? "no-fit" : makesRoom ? "room" : "better";
  return { hurried, verdict: { kind: "made", because }, ...carriedOut(found, offer, ground, context), barred: waitingOf(best) };
}

/** What each may be set to now, and what that is worth. */
interface Offer {
  readonly candidates: readonly Candidate[];
  /** What the standing targets earn of it, by rank; null: one is wanted nowhere yet. */
  readonly kept: ReadonlyMap<number, number> | null;
  /** One that has to keep the room warm is wanted with boards off. */
  readonly chills: boolean;
}

function offerOf({ planned, sealed, available, fits, doubt, standing }: Ground, due: Due, { policy, uptime, horizon }: PlanContext): Offer {
  // Watts that nobody draws are worth a change sooner than another order of the same watts.
  const steady = due === "leisure" && standing !== null && standing.power >= available * (1 - IDLE);
  const warm = keptWarm(planned.filter((view) => !sealed.has(view)), available, policy);
  const from = (view: View): number => (sealed.has(view) ? view.curve.power.length : fits ? 1 : Math.min(Math.max(1, view.most), reachableFrom(view, policy)));
  const candidates = candidatesOf(planned, { uptime, policy, horizon, doubt, steady, trims: due === "trim", from })
    .map((candidate, i) => (warm.has(planned[i] as View) ? { ...candidate, curve: awake(candidate.curve), from: Math.max(candidate.from, candidate.curve.first) } : candidate));
  return {
    candidates,
    kept: earnedBy(candidates, planned.map(({ curve, state }) => entryOf(curve, state.target)), policy.least),
    chills: [...warm].some(({ curve, state }) => entryOf(curve, state.target) < curve.first),
  };
}

/** Of one rank: no plan could earn what a change has to be worth. null: one might. */
function bestAlready({ candidates, kept, chills }: Offer, { available }: Ground, due: Due, { policy }: PlanContext): Verdict | null {
  if (chills || kept?.size !== 1) return null;
  const [earns = 0] = kept.values();
  const bound = boundOf(candidates, available, policy.least);
  if (exceeds(bound, earns, due)) return null;
  return bound > earns && earns > 0 ? { kind: "kept", because: "not-worth", more: bound / earns - 1 } : { kind: "kept", because: "best", more: 0 };
}

interface Found {
  readonly best: Passable;
  readonly hurried: boolean;
  /** Than what stands, by as much as a change has to earn. */
  readonly better: boolean;
}

/** The best there is. Where it goes far it is looked for within a wide margin, in a hurry, unless points are too coarse for a better one there. */
function search({ candidates, kept }: Offer, ground: Ground, { due, forced }: { readonly due: Due; readonly forced: boolean }, context: PlanContext): Found {
  const { planned, available, spare, climb, fits, standing, cautious } = ground;
  const { policy } = context;
  const { least } = policy;
  const passable = passableOf(spare(planned, policy.margin / 3) - climb, context);
  const allocate = (budget: number): Passable => allocatePassable(planned, candidates, { available: budget, least, passable });
  const isBetter = ({ entries }: Passable, worth: Worth = due): boolean => kept === null || earnsMore(earnedBy(candidates, entries, least), kept, worth);
  const exact = allocate(available);
  const drop = !fits && (standing === null || standing.power > DROP * available);
  const moved = movedBy(planned, exact);
  if (!drop && moved <= FAR * available) return { best: exact, hurried: false, better: isBetter(exact) };
  // A drop is carried out before the meter has shown anything; and boards that have just fallen asleep wake hot.
  const doubtful = fits ? movedBy(planned, exact, ({ hot }) => hot) : moved;
  const within = (margin: number): number => Math.min(available, spare(planned, margin, cautious) - climb);
  const far = allocate(Math.min(within(policy.margin + policy.dropMargin), within(policy.margin) - policy.moveDoubt * doubtful));
  const better = isBetter(far);
  if (forced || better) return { best: far, hurried: true, better };
  // What changes for more work alone raises into what the meter shows to be free.
  const near = allocate(within(policy.margin));
  return { best: near, hurried: false, better: isBetter(near, lowersAny(planned, near) ? "exchange" : due) };
}

const lowersAny = (views: readonly View[], { entries }: Allotment): boolean => views.some(({ curve, state }, i) => (entries[i] as number) < entryOf(curve, state.target));

/** Within what each circuit bears; where the standing plan does not fit, with the quick ones lower until the slow ones are down. */
function carriedOut({ best, hurried }: Found, { candidates }: Offer, { planned, beside, available, doubt, fits }: Ground, { policy }: PlanContext): { readonly targets: Targets; readonly power: number } {
  const within = policy.circuits.length === 0 ? best.entries : keptWithin(policy.circuits, best.entries, { views: planned, candidates, available, least: policy.least, beside });
  const entries = hurried && !fits ? bridged(planned, candidates, { best: { ...best, entries: within }, available, policy }) : within;
  return {
    targets: new Map(planned.map(({ device, curve }, i) => [device.id, curve.setpoints[entries[i] as number] ?? null])),
    power: planned.reduce((sum, view, i) => sum + doubt * expectedAt(view, entries[i] as number), 0),
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

/** Watts that change hands or come and go when the plan is carried out. */
function movedBy(views: readonly View[], allotment: Allotment, among: (view: View) => boolean = () => true): number {
  return views.reduce((sum, view, i) => sum + (among(view) ? Math.abs(expectedAt(view, allotment.entries[i] as number) - expectedNow(view)) : 0), 0);
}
