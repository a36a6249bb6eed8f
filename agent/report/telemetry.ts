/** The grid link's telemetry: rack figures only; per-ASIC hashrate, pools and efficiency stay on the farm. */
import type { Decision } from "../core/decide.ts";
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
    drill: decision.effective.binding?.ref?.drill === true,
  };
}
