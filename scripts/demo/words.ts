/** The daemon's words in everybody's. */
import type { DeviceRow } from "../../agent/cli/answers.ts";

const states: Readonly<Record<string, string>> = {
  init: "waiting",
  controlled: "unrestricted",
  limited: "limited",
  failsafe: "failsafe",
  emergency: "emergency stop",
  restoring: "coming back",
};

const compliances: Readonly<Record<string, string>> = {
  "not-limited": "no limit",
  settling: "coming down",
  compliant: "complies",
  unverified: "unverified",
  "at-floor": "all asleep",
  violating: "OVER THE LIMIT",
};

export const stateWord = (state: string | null): string => (state === null ? "starting" : (states[state] ?? state));
export const complianceWord = (compliance: string | null): string => (compliance === null ? "" : (compliances[compliance] ?? compliance));

/** It has answered before, or should have by now. */
export const isSilent = ({ unknownReason }: DeviceRow): boolean => unknownReason !== null && unknownReason !== "not-polled";
