/** What the tuner was told and what it says: watts, a hashrate, or nothing as the boards are set by hand. */
import { numberAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { at } from "../http/path.ts";

/** `/performance/mode`: the settings. */
export interface Mode {
  /** MHz and mV are set by hand. */
  readonly manual: boolean;
  /** Watts it was told; null where it aims at something else. */
  readonly target: number | null;
  /** Hz it was told by hand; null where it was not. */
  readonly hertz: number | null;
}

export function modeOf(reply: JsonObject): Mode {
  const manual = either(reply, "manualmode", "manual_mode");
  const tuned = at(either(reply, "tunermode", "tuner_mode"), "target");
  return {
    manual: manual !== null,
    target: numberAt(at(either(tuned, "powertarget", "power_target"), "power_target"), "watt"),
    hertz: numberAt(at(manual, "global_frequency"), "hertz"),
  };
}

/** `/performance/tuner-state`: what becomes of them. */
export interface Tuning {
  readonly state: "disabled" | "stable" | "tuning" | "error" | null;
  /** Watts it aims at now. Dynamic performance scaling lowers them on a hot machine; that is the firmware's to decide. */
  readonly aim: number | null;
}

const STATES = [null, "disabled", "stable", "tuning", "error"] as const;

export function tuningOf(reply: JsonObject): Tuning {
  const modes = at(reply, "mode_state");
  const mode = either(modes, "powertargetmodestate", "power_target_mode_state");
  return { state: stateOf(reply), aim: numberAt(at(mode, "current_target"), "watt") };
}

/** As a number of the protocol or as its name, TUNER_STATE_STABLE. */
function stateOf(reply: JsonObject): Tuning["state"] {
  const number = numberAt(reply, "overall_tuner_state");
  if (number !== null) return STATES[number] ?? null;
  const name = textAt(reply, "overall_tuner_state")?.toLowerCase().replace(/^tuner_state_/, "");
  return STATES.find((state) => state !== null && state === name) ?? null;
}

/** REST runs the words of the protocol's alternatives together; gateways in front of it may not. */
const either = (value: Json, together: string, apart: string): Json => at(value, together) ?? at(value, apart);
