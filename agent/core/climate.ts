/** What heat and cold ask of a plan. */
import { entryOf } from "./curve.ts";
import type { Setpoint } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { View } from "./view.ts";
import { expectedAt, lowestOf } from "./view.ts";

/** A limit from below: who is not put to sleep because of the cold, as many as the limit lets run at their lowest. */
export function keptWarm(planned: readonly View[], available: number, { keepWarm }: Policy): ReadonlySet<View> {
  const warm = new Set<View>();
  if (keepWarm === null) return warm;
  let left = available - lowestOf(planned);
  for (const view of planned) {
    const { air } = view.state.heat;
    const costs = expectedAt(view, view.curve.first) - expectedAt(view, 0);
    if (air === null || air > keepWarm || view.most === 0 || view.curve.setpoints[0] === null || costs > left) continue;
    warm.add(view);
    left -= costs;
  }
  return warm;
}

/** Heat comes before all that earns: whoever is wanted above what it leaves is wanted there. */
export function cooled(targets: ReadonlyMap<string, Setpoint | null>, views: readonly View[]): ReadonlyMap<string, Setpoint | null> {
  const hot = views.filter((view) => entryOf(view.curve, targets.get(view.device.id) ?? null) > view.most);
  return hot.length === 0 ? targets : new Map([...targets, ...hot.map(({ device, curve, most }): [string, Setpoint | null] => [device.id, curve.setpoints[most] ?? null])]);
}
