/** When a better plan is looked for while the standing one fits, and what makes one better. */
import type { Allotment, Candidate } from "./allocate.ts";
import { entryOf, startsBoards } from "./curve.ts";
import type { PowerLimit } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { Look } from "./state.ts";
import type { Millis } from "./units.ts";
import type { View } from "./view.ts";
import { NEVER } from "./worth.ts";

/**
 * A better plan has to earn this share more to be worth changing machines for; trimming one that was made in a hurry belongs to the
 * same change. `exchange`: it goes far, into the last of what is free, and those that are lowered for it have to draw what their
 * models say to the percent, or it is taken back.
 */
const WORTH = { needed: 0.005, leisure: 0.005, trim: 0.0005, exchange: 0.1 } as const;
export type Worth = keyof typeof WORTH;
export type Due = Exclude<Worth, "exchange">;

interface Now {
  readonly budget: PowerLimit;
  readonly atLimit: boolean;
  /** The standing plan was made in a hurry, is carried out, and what came of it is seen. */
  readonly trims: boolean;
  readonly over: boolean;
  readonly uptime: Millis;
  readonly policy: Policy;
}

/**
 * What it is looked for: `needed` after something has changed, `trim` when one that was made in a hurry is carried out, `leisure`
 * when the standing one has stood for a while; null: it is not time. `looked`: the last time one was looked for, found or not.
 */
export function dueFor(looked: Look | null, members: readonly string[], { budget, atLimit, trims, over, uptime, policy }: Now): Due | null {
  if (looked === null) return "needed";
  if (over) return null;
  if (trims) return "trim";
  if (atLimit && below(looked.budget, budget)) return "needed";
  if (looked.members.length !== members.length || looked.members.some((id, i) => id !== members[i])) return "needed";
  return uptime - looked.at >= policy.dwell ? "leisure" : null;
}

const below = (a: PowerLimit, b: PowerLimit): boolean => a.kind === "limited" && (b.kind === "unlimited" || a.power < b.power);

/** Is it worth changing machines for? */
export const exceeds = (earns: number, standing: number, worth: Worth): boolean => earns - standing > WORTH[worth] * Math.abs(standing);

/** Rank by rank: who is served first decides, and the next only where that makes no difference. */
export function earnsMore(best: ReadonlyMap<number, number> | null, kept: ReadonlyMap<number, number>, worth: Worth): boolean {
  for (const [rank, standing] of kept) {
    const earns = best?.get(rank) ?? 0;
    if (exceeds(earns, standing, worth)) return true;
    if (exceeds(standing, earns, worth)) return false;
  }
  return false;
}

/** What entries earn by rank, the first served first; a machine outside of what it may run at is to be moved. null: one is nowhere. */
export function earnedBy(candidates: readonly Candidate[], entries: Int32Array | readonly number[], least: number): Map<number, number> | null {
  const earned = new Map(candidates.map(({ rank }) => rank).toSorted((a, b) => a - b).map((rank) => [rank, 0]));
  for (const [i, { curve, gain, rank, from, to }] of candidates.entries()) {
    const entry = entries[i] as number;
    if (entry < 0) return null;
    const worth = entry > 0 && (entry < from || entry > to) ? -NEVER : (curve.hashrate[entry] as number) - least * gain * (curve.power[entry] as number);
    earned.set(rank, (earned.get(rank) ?? 0) + worth);
  }
  return earned;
}

/** Would it switch off boards, or all of them, of one that has just been woken? Dwell binds what only earns more, never what the limit needs. */
export function turnsEarly(views: readonly View[], best: Allotment, { uptime, policy }: Pick<Now, "uptime" | "policy">): boolean {
  return views.some(({ state, curve }, i) => state.turnedAt !== null && uptime - state.turnedAt < policy.turns.minOn && startsBoards(curve, best.entries[i] as number, entryOf(curve, state.target)));
}
