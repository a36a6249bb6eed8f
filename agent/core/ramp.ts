import type { PowerLimit } from "./model.ts";
import type { Millis, Watts } from "./units.ts";
import { millis, watts } from "./units.ts";

/** The budget follows the limit down at once and up no faster than its ramp. */
export interface Ramp {
  readonly budget: PowerLimit;
  readonly at: Millis;
}

export interface RampRule {
  /** Percent of nominal power a minute. */
  readonly percentPerMinute: number;
  readonly nominal: Watts;
  /** Above this there is nothing left to ramp: the most the rack can draw. */
  readonly top: Watts;
  /** Uptime before which the budget does not rise at all; null: no such time. */
  readonly notBefore: Millis | null;
}

export function nextRamp(ramp: Ramp | null, limit: PowerLimit, context: { readonly uptime: Millis; readonly rule: RampRule }): Ramp {
  const { uptime, rule } = context;
  if (ramp === null || ramp.budget.kind === "unlimited") return { budget: limit, at: uptime };
  const wanted = limit.kind === "limited" ? limit.power : rule.top;
  if (wanted <= ramp.budget.power) return { budget: limit, at: uptime };
  if (rule.notBefore !== null && uptime < rule.notBefore) return { budget: ramp.budget, at: uptime };
  const perMs = (rule.nominal * rule.percentPerMinute) / 100 / 60_000;
  const risen = ramp.budget.power + perMs * Math.max(0, uptime - ramp.at);
  if (risen < wanted) return { budget: { kind: "limited", power: watts(risen) }, at: uptime };
  return { budget: limit, at: uptime };
}

/** How long until the budget has caught up with what is wanted; 0: it has; null: as things are it never will. */
export function rampLasts({ budget }: Ramp, { limit, uptime, rule }: { readonly limit: PowerLimit; readonly uptime: Millis; readonly rule: RampRule }): Millis | null {
  const wanted = limit.kind === "limited" ? limit.power : rule.top;
  if (budget.kind === "unlimited" || wanted <= budget.power) return millis(0);
  const perMs = (rule.nominal * rule.percentPerMinute) / 100 / 60_000;
  const lasts = Math.max(0, (rule.notBefore ?? 0) - uptime) + (wanted - budget.power) / perMs;
  return lasts < Number.MAX_SAFE_INTEGER - uptime ? millis(lasts) : null;
}
