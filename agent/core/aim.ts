/** What is aimed at: the smallest of all that states a limit, the ramp that leads there, and its name in the orders made for it. */
import { entryOf } from "./curve.ts";
import type { Allocation, Heard } from "./grid.ts";
import type { EffectiveLimit, Statement } from "./limit.ts";
import { gridStatements } from "./limit.ts";
import type { Mode } from "./mode.ts";
import { failsafeJoins, restartRule } from "./mode.ts";
import type { PowerLimit } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { Ramp, RampRule } from "./ramp.ts";
import { nextRamp } from "./ramp.ts";
import type { Now } from "./time.ts";
import type { Millis, Watts } from "./units.ts";
import { millis, seconds, sumWatts, watts } from "./units.ts";
import type { View } from "./view.ts";

interface Stated {
  readonly heard: Heard;
  readonly now: Now;
  readonly synchronised: boolean;
  readonly local: readonly Statement[];
  readonly uptime: Millis;
  readonly failsafe: Watts;
}

export function statements(mode: Mode, { heard, now, local, uptime, synchronised, failsafe }: Stated): Statement[] {
  const joins = failsafeJoins(mode, heard.allocations, { uptime, synchronised });
  const latch = heard.latches[0];
  const emergency: Statement[] = latch === undefined ? [] : [{ source: "emergency", power: watts(0), ref: latch.ref, until: null }];
  return [...emergency, ...gridStatements(heard, now, { power: failsafe, joins }), ...local];
}

/** What the budget rises or falls to. A setpoint only narrows. */
export function aimAt(effective: EffectiveLimit, setpoint: Statement | null): EffectiveLimit {
  const { limit } = effective;
  if (setpoint === null || (limit.kind === "limited" && limit.power <= setpoint.power)) return effective;
  return { limit: { kind: "limited", power: setpoint.power }, binding: setpoint };
}

/** A plan is worth what it earns until the limit changes, as far as that is known: five minutes at the least, four hours at the most. */
const HORIZON = { least: seconds(300), most: seconds(4 * 3600) } as const;

export function horizonOf({ binding }: EffectiveLimit, now: Now): Millis {
  const until = binding?.until ?? null;
  return until === null ? HORIZON.most : millis(Math.min(HORIZON.most, Math.max(HORIZON.least, until - now.earliest)));
}

export const isBinding = (effective: EffectiveLimit, policy: Policy): boolean => effective.limit.kind === "limited" && effective.limit.power < policy.nominal;

export const samePower = (a: PowerLimit, b: PowerLimit): boolean => (a.kind === "limited" && b.kind === "limited" ? a.power === b.power : a.kind === b.kind);

interface Ramping {
  readonly aim: EffectiveLimit;
  readonly allocations: readonly Allocation[];
  readonly policy: Policy;
  readonly uptime: Millis;
  readonly views: readonly View[];
}

/** The budget under way to the aim. `restored`: it has come back in full after an emergency or a failure. */
export function rampBudget(before: Ramp | null, mode: Mode, { aim, allocations, policy, uptime, views }: Ramping): { readonly budget: PowerLimit; readonly ramp: Ramp; readonly rule: RampRule; readonly restored: boolean } {
  const rule = {
    percentPerMinute: mode.restoring?.rampPercentPerMinute ?? restartRule(allocations, policy.restart).rampPercentPerMinute,
    nominal: policy.nominal,
    top: sumWatts(views.map(({ device }) => device.nameplate.highest)),
    notBefore: mode.restoring?.notBefore ?? null,
  };
  const ramp = nextRamp(before, aim.limit, { uptime, rule });
  return { budget: ramp.budget, ramp, rule, restored: mode.restoring !== null && uptime >= mode.restoring.notBefore && samePower(ramp.budget, aim.limit) };
}

export function causeOf(view: View, context: { readonly mode: Mode; readonly aim: EffectiveLimit; readonly remade: boolean }): string {
  if (context.mode.emergency) return "emergency";
  if (view.state.quarantine !== null || view.state.deviatesSince !== null) return "deviation";
  if (entryOf(view.curve, view.state.target) > view.most) return "heat";
  if (!context.remade) return "reconcile";
  return nameOf(context.aim);
}

export const nameOf = ({ binding }: EffectiveLimit): string => (binding === null ? "lifted" : (binding.ref?.id ?? binding.source));
