/** When machines are equal, rest goes round: the one that has slept longest takes the place of one that has slept least. */
import type { Curve } from "./curve.ts";
import { entryOf } from "./curve.ts";
import type { Policy } from "./policy.ts";
import type { Millis } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";
import { isRecent, NO_RULE, pinOf } from "./worth.ts";

/** Gains as near as this are equal: a meter sees no difference. */
const ALIKE = 0.02;

export interface Swap {
  readonly wakes: View;
  readonly sleeps: View;
  /** What both run at, one after the other. */
  readonly entry: number;
  /** Watts that it draws more, or less. */
  readonly more: number;
}

/** One pair at a time; null: nobody has rested long enough, or nobody equal runs. `room`: watts the plan leaves free. */
export function rotation(planned: readonly View[], context: { readonly uptime: Millis; readonly policy: Policy; readonly room: number }): Swap | null {
  const { uptime, policy, room } = context;
  const free = planned.filter((view) => !isRecent(view, context) && pinOf(view.curve, ruleOf(view, policy)) === null && view.actual === entryOf(view.curve, view.state.target));
  const byRest = free.toSorted((a, b) => b.state.wear.rest - a.state.wear.rest);
  for (const wakes of byRest) {
    const { restsSince } = wakes.state.wear.last;
    if (wakes.actual !== 0 || restsSince === null || uptime - restsSince < policy.wear.rotation) continue;
    for (const sleeps of byRest.toReversed()) {
      if (sleeps.actual < sleeps.curve.first || !areEqual(wakes, sleeps, policy)) continue;
      // From here on all have rested longer.
      if (wakes.state.wear.rest - sleeps.state.wear.rest < policy.wear.rotation) break;
      const entry = sleeps.actual;
      const more = expectedAt(wakes, entry) + expectedAt(sleeps, 0) - expectedAt(sleeps, entry) - expectedAt(wakes, 0);
      if (more <= room) return { wakes, sleeps, entry, more };
    }
  }
  return null;
}

/** Drivers give equal machines one object; what was told one by one is compared. */
const isSame = (a: Curve, b: Curve): boolean => a === b || (a.power.length === b.power.length && a.power.every((power, i) => power === b.power[i] && a.hashrate[i] === b.hashrate[i]));

const ruleOf = ({ device }: View, { rules }: Policy) => rules.get(device.id) ?? NO_RULE;

const areEqual = (a: View, b: View, policy: Policy): boolean =>
  isSame(a.curve, b.curve) && Math.abs(a.state.gain - b.state.gain) <= ALIKE && ruleOf(a, policy).priority === ruleOf(b, policy).priority;
