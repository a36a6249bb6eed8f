/** What the tuner says: whether it aims at watts or the boards are set by hand, at what, and whether it has arrived. */
import { numberAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { at } from "../http/path.ts";

export interface TunerState {
  readonly state: "disabled" | "stable" | "tuning" | "error" | null;
  /** Watts; null where it aims at none. */
  readonly target: number | null;
}

const STATES = [null, "disabled", "stable", "tuning", "error"] as const;

export function tunerOf(reply: JsonObject): TunerState {
  const modes = at(reply, "mode_state");
  const mode = at(modes, "powertargetmodestate") ?? at(modes, "power_target_mode_state") ?? at(reply, "power_target_mode_state");
  return { state: stateOf(reply), target: numberAt(at(mode, "current_target"), "watt") };
}

/** As a number of the protocol or as its name, TUNER_STATE_STABLE. */
function stateOf(reply: JsonObject): TunerState["state"] {
  const number = numberAt(reply, "overall_tuner_state");
  if (number !== null) return STATES[number] ?? null;
  const name = textAt(reply, "overall_tuner_state")?.toLowerCase().replace(/^tuner_state_/, "");
  return STATES.find((state) => state !== null && state === name) ?? null;
}
