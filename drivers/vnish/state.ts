import type { Telemetry } from "../../agent/core/model.ts";

const WORDS: Readonly<Record<string, Exclude<Telemetry["state"], null>>> = {
  mining: "hashing",
  "auto-tuning": "ramping",
  initializing: "starting",
  starting: "starting",
  restarting: "starting",
  "shutting-down": "ramping",
  // Paused ones say so too.
  stopped: "asleep",
  failure: "fault",
};

/** The firmware's `miner_state` in the contract's words; null for one we do not know. */
export const stateOf = (state: string | null): Telemetry["state"] => WORDS[state ?? ""] ?? null;
