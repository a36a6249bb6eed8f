/**
 * The ladder of a machine that does not come down as told: retune, power limit, boards, sleep. Each rung has its deadline
 * and is confirmed by readings; the outlet is the last and has rules of its own (outlets.ts). What it draws meanwhile is
 * what the meter leaves possible, and the others make room for it.
 */
import { capability, entryOf } from "./curve.ts";
import type { Setpoint } from "./model.ts";
import { QUARANTINE, DEVIATION_AT_MOST, ownMeter } from "./learn.ts";
import type { Policy } from "./policy.ts";
import type { DeviceState, Quarantine } from "./state.ts";
import { stateWith } from "./state.ts";
import type { Millis } from "./units.ts";
import { millis, watts } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt, promisedBy } from "./view.ts";

/** Orders to lower without effect that make a refusal: by then the first has been repeated after 1 s and 2 s. */
const REFUSED = 3;

const RUNGS = ["points", "power-limit", "boards", "sleep"] as const;

/** Its place on the ladder after this cycle; null: it is not on it. `over`: no time for anything but sleep. */
export function nextQuarantine(view: View, { uptime, over, policy }: { readonly uptime: Millis; readonly over: boolean; readonly policy: Policy }): Quarantine | null {
  const { quarantine, target } = view.state;
  const reason = complaint(view, { uptime, policy });
  if (reason === null) return quarantine;
  const held = quarantine === null ? rungBelow(view, { failed: target?.kind ?? "points", over }) : rungBelow(view, { failed: quarantine.held.kind, over });
  if (quarantine !== null && quarantine.held.kind === "sleep") return quarantine;
  return { until: millis(uptime + QUARANTINE), reason, held };
}

/** What it does not do; null: it does as told, or has time yet. */
function complaint(view: View, { uptime, policy }: { readonly uptime: Millis; readonly policy: Policy }): string | null {
  const { state, actual, curve, known } = view;
  if (state.deviatesSince !== null && uptime - state.deviatesSince >= DEVIATION_AT_MOST) return `draws ${Math.round(drawn(view, policy))} W, which its setpoint does not explain`;
  const to = entryOf(curve, state.target);
  const above = known && actual > 0 && (state.quarantine !== null || (to >= 0 && to < actual));
  return above && state.misses >= REFUSED ? `${state.misses} orders to lower it had no effect` : null;
}

/** At the least, by the meter that shows it: in quarantine its draw is what the rack's meter leaves, which may begin at 0 W. */
function drawn(view: View, policy: Policy): number {
  const own = ownMeter(view, policy);
  return own === null ? view.draw.low : own.power - own.uncertainty;
}

/** The next means that it has and that promises to come as low as was wanted. */
function rungBelow(view: View, { failed, over }: { readonly failed: Setpoint["kind"]; readonly over: boolean }): Setpoint {
  const { device, state, curve } = view;
  const wanted = promisedBy(view, state.target) ?? expectedAt(view, 0);
  const from = RUNGS.findIndex((rung) => rung === failed) + 1;
  for (const rung of over ? [] : RUNGS.slice(from)) {
    if (rung === "power-limit") {
      const limit = capability(device.capabilities, "power-limit");
      if (limit !== null && wanted >= limit.min) return { kind: "power-limit", power: watts(Math.min(limit.max, wanted)) };
    }
    if (rung === "boards") {
      let count = curve.first - 1;
      while (count > 0 && expectedAt(view, count) > wanted) count -= 1;
      if (count > 0) return { kind: "boards", count };
    }
  }
  return { kind: "sleep" };
}

/** A new rung is a new order: what the one before missed does not hold it back. */
export function mark(states: ReadonlyMap<string, DeviceState>, quarantined: ReadonlyMap<string, Quarantine>): Map<string, DeviceState> {
  const marked = new Map(states);
  for (const [id, quarantine] of quarantined) {
    const state = marked.get(id);
    if (state === undefined || state.quarantine === quarantine) continue;
    marked.set(id, stateWith(state, { quarantine, misses: 0, retryAt: millis(0) }));
  }
  return marked;
}
