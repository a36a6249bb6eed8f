import type { EffectiveLimit } from "./limit.ts";
import type { Draw } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { RackState } from "./state.ts";
import { millis, type Millis, type Watts } from "./units.ts";

/** A drop of the limit, or an excess that begins, opens the response time once; it is not extended by going on. */
export function nextExcess(rack: RackState, now: { effective: EffectiveLimit; draw: Draw; allowed: Watts; uptime: Millis; policy: Policy; seen: Millis }): RackState["excess"] {
  const { effective, draw, allowed, uptime, policy, seen } = now;
  if (effective.limit.kind === "unlimited") return null;
  const over = draw.high > effective.limit.power + allowed;
  if (!over) return null;
  const dropped = rack.limit.kind === "unlimited" || (effective.limit.power < rack.limit.power && effective.binding?.slope !== true);
  if (rack.excess === null || dropped) return { since: uptime, deadline: millis(uptime + policy.responseTime + seen) };
  return rack.excess;
}
