/** The grid link's telemetry and capability: rack figures only; per-ASIC hashrate, pools and efficiency stay on the farm. */
import type { Decision } from "../core/decide.ts";
import { expectedAt } from "../core/view.ts";
import type { Instant } from "../core/units.ts";
import { isoTime, whole } from "./figures.ts";
import { limitW, measuredW } from "./status.ts";

export function telemetryDocument(decision: Decision, at: Instant) {
  return {
    v: 1,
    type: "TELEMETRY",
    at: isoTime(at),
    state: decision.state,
    compliance: decision.compliance.kind,
    powerW: measuredW(decision),
    powerLowW: whole(decision.draw.low),
    powerHighW: whole(decision.draw.high),
    quality: decision.quality,
    effectiveLimitW: limitW(decision.effective.limit),
    budgetW: limitW(decision.budget),
  };
}

/** What can be shed and added, from what each machine may draw now and where its curve ends. */
export function capabilityDocument(decision: Decision, context: { readonly nominalW: number; readonly at: Instant; readonly heartbeatTimeoutS: number; readonly shareFrom: "operator" | "config" | null }) {
  const reachable = decision.views.filter((view) => view.known && view.state.quarantine === null);
  const shed = (withinMs: number): number =>
    reachable.reduce((sum, view) => {
      const sleep = view.curve.sleep;
      const fast = sleep !== null && sleep.down.fixed <= withinMs;
      return fast ? sum + Math.max(0, view.draw.low - expectedAt(view, 0)) : sum;
    }, 0);
  const add = reachable.reduce((sum, view) => sum + Math.max(0, expectedAt(view, view.curve.power.length - 1) - view.draw.high), 0);
  return {
    v: 1,
    type: "CAPABILITY",
    at: isoTime(context.at),
    nominalW: context.nominalW,
    floorW: whole(decision.floor),
    failsafeLimitW: whole(decision.failsafe),
    heartbeatTimeoutS: context.heartbeatTimeoutS,
    shedW: { within5s: whole(shed(5_000)), within60s: whole(shed(60_000)), within300s: whole(shed(300_000)) },
    addW: { within300s: whole(add) },
    ...(context.shareFrom === "config" && { shareFrom: context.shareFrom }),
    devices: { total: decision.views.length, reachable: reachable.length },
  };
}

/** What deserves a new capability message: machines coming and going, not watts moving. */
export function capabilityKey(document: ReturnType<typeof capabilityDocument>): string {
  return JSON.stringify([document.nominalW, document.shareFrom, document.failsafeLimitW, document.heartbeatTimeoutS, document.devices]);
}
