/**
 * Who gets how much. A plan stands until it no longer fits its budget, or a better one is worth the change: stability is
 * part of the optimum. What does not do as told is not planned with but counted at what it may draw.
 */
import type { Ground, PlanContext } from "./ground.ts";
import { passableOf, spareFor, survey } from "./ground.ts";
import { nextQuarantine } from "./ladder.ts";
import type { Setpoint } from "./model.ts";
import { resigned } from "./passage.ts";
import type { Share } from "./share.ts";
import { shareOut } from "./share.ts";
import type { Look, PlanMade, Quarantine, RackState, Verdict } from "./state.ts";
import type { View } from "./view.ts";
import { canBeSet, lowestOf } from "./view.ts";

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
