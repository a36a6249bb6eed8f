/**
 * What a machine at each of its entries is worth to a plan: its hashrate, less what is lost on the way there and what a
 * change wears, so that the plan which earns most is also the one that changes least.
 */
import type { Candidate } from "./allocate.ts";
import type { Curve, Range } from "./curve.ts";
import { entryOf, transitionOf, valued } from "./curve.ts";
import type { MachineRule, Policy } from "./policy.ts";
import { alikeUntil, routeTo, settlesBy } from "./settle.ts";
import type { Millis } from "./units.ts";
import type { View } from "./view.ts";

/** Of a machine's highest hashrate: what a change has to earn beside what it loses, and again when the last one is not long ago. */
const WEARS = { change: 0.001, again: 0.004 } as const;
/** The most that rest is worth in the choice of whom to let sleep, and how much longer one has rested for that. */
const FAIR = { worth: 0.0005, over: 100 * 3_600_000 } as const;
/** More than any machine earns: where it may not stay, or may not go. */
export const NEVER = 1e6;
/** Before whoever has a priority. */
const PINNED = -1;
export const NO_RULE: MachineRule = { priority: 0, pin: null };

export interface WorthContext {
  readonly uptime: Millis;
  readonly policy: Policy;
  /** How long it may earn. */
  readonly horizon: Millis;
  readonly doubt: number;
  /** The lowest point it may run at. */
  readonly from: (view: View) => number;
  /** Nothing asks for a change: whoever has had its share of them stays as it is. */
  readonly steady: boolean;
  /** What was made in a hurry is trimmed: that is no second change. */
  readonly trims: boolean;
}

export function candidatesOf(views: readonly View[], context: WorthContext): Candidate[] {
  const rested = views.reduce((least, { state }) => Math.min(least, state.wear.rest), Infinity);
  // One piece of memory for all: thousands of small ones are what planning would wait for.
  const worths = new Float64Array(views.reduce((sum, { curve }) => sum + curve.hashrate.length, 0));
  const { uptime, policy, horizon, steady, trims } = context;
  const now = { uptime, policy, horizon, steady, trims, rested };
  let end = 0;
  return views.map((view) => {
    const worth = worths.subarray(end, (end += view.curve.hashrate.length));
    value(worth, view, now);
    const rule = policy.rules.get(view.device.id) ?? NO_RULE;
    const pin = pinOf(view.curve, rule);
    const { from, to } = rangeOf(pin, context.from(view), view.most);
    return { curve: valued(view.curve, worth), gain: view.state.gain * context.doubt, rank: pin === null ? rule.priority : PINNED, from, to };
  });
}

/** A pin that the machine has no point for is none. */
export function pinOf(curve: Curve, { pin }: MachineRule): number | null {
  const entry = entryOf(curve, pin);
  return entry < 0 || curve.setpoints[entry] === null ? null : entry;
}

/** `most`: what heat leaves it. */
function rangeOf(pin: number | null, from: number, most: number): Range {
  if (pin === null) return { from, to: most };
  // One that cannot come down to its pin in time sleeps first.
  const at = Math.min(pin, most);
  return { from: Math.max(at, from), to: at };
}

function value(worth: Float64Array, view: View, context: Omit<WorthContext, "doubt" | "from"> & { readonly rested: number }): void {
  const { curve, state } = view;
  const { horizon } = context;
  const standing = entryOf(curve, state.target);
  const top = curve.hashrate.at(-1) ?? 0;
  const again = !context.trims && isRecent(view, context);
  const wears = top * (WEARS.change + (again ? WEARS.again : 0));
  const fair = FAIR.worth * Math.min(1, (state.wear.rest - context.rested) / FAIR.over);
  for (let entry = 0; entry < worth.length; entry++) worth[entry] = (curve.hashrate[entry] as number) + (entry === 0 ? 0 : fair * top);
  if (standing < 0) return;
  const before = curve.hashrate[standing] as number;
  for (let from = 0, until = 0; from < worth.length; from = until) {
    until = alikeUntil(view, from, standing);
    if (from === standing) continue;
    const route = routeTo(view, from);
    const live = standing > 0 && from > 0 && transitionOf(curve, standing, from)?.hashing === true;
    for (let to = from; to < until; to++) {
      const after = curve.hashrate[to] as number;
      // TH/s x ms. A live tune earns on its way, half of the difference is lost; what sleeps or wakes earns nothing.
      const lost = (live ? 0.5 * Math.abs(after - before) : Math.max(before, after)) * settlesBy(route, curve.frequency[to] as number);
      worth[to] = (worth[to] as number) - (context.steady && again ? NEVER : wears + lost / horizon);
    }
  }
}

/** It has been told to change within the time in which once is enough. */
export const isRecent = ({ state }: View, { uptime, policy }: Pick<WorthContext, "uptime" | "policy">): boolean => state.changedAt !== null && uptime - state.changedAt < policy.wear.between;
