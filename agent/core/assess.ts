/** Compliance: what the meter, or the lack of one, lets us say about the limit. */
import type { Compliance, Draw, PowerLimit } from "./model.ts";
import type { Millis, Watts } from "./units.ts";
import { watts } from "./units.ts";

/** Settled tolerance (GLA/1): the largest of 0.5 % of the limit, meter class x power, 2 W x metered outlets + 10 W. */
export function tolerance(limit: Watts, meter: { readonly class: number; readonly power: number; readonly outlets: number }): Watts {
  return watts(Math.max(0.005 * limit, meter.class * meter.power, 2 * meter.outlets + 10));
}

export interface Facts {
  readonly limit: PowerLimit;
  readonly draw: Pick<Draw, "low" | "high">;
  readonly tolerance: Watts;
  /** What the rack draws with every reachable machine asleep and every other at its most. */
  readonly floor: Watts;
  readonly uptime: Millis;
  /** Until when an excess counts as settling; null: none is running. */
  readonly deadline: Millis | null;
  /** False when no meter has spoken for longer than it may be silent. */
  readonly metered: boolean;
}

export function assess(facts: Facts): Compliance {
  const { limit, draw, tolerance: allowed, floor, uptime, deadline } = facts;
  if (limit.kind === "unlimited") return { kind: "not-limited" };
  const most = limit.power + allowed;
  const settling = deadline !== null && uptime < deadline;
  const floored = floor > limit.power && draw.low > limit.power && draw.low <= floor + allowed;
  if (draw.low > most) {
    const excess = watts(draw.low - limit.power);
    if (floored) return { kind: "at-floor", excess };
    return settling && deadline !== null ? { kind: "settling", excess, deadline } : { kind: "violating", excess };
  }
  if (!facts.metered) return { kind: "unverified", low: draw.low, high: draw.high };
  if (draw.high <= most) return { kind: "compliant", margin: watts(limit.power - draw.high) };
  // Perhaps over, and if so by what cannot be lowered.
  if (floored) return { kind: "at-floor", excess: watts(draw.low - limit.power) };
  return settling && deadline !== null
    ? { kind: "settling", excess: watts(Math.max(0, draw.high - limit.power)), deadline }
    : { kind: "unverified", low: draw.low, high: draw.high };
}
