/** What the two APIs have in common, as the driver sees them. */
import type { Telemetry } from "../../agent/core/model.ts";
import type { Talk } from "./line.ts";

export interface Api {
  /** What proves a percent: only V3 tells the one in force. */
  readonly confirm: "readback" | "meter";
  poll(talk: Talk): Promise<Poll>;
  /** Each resolves when the miner acknowledged, or throws a DeviceError; `refused` says the cure. */
  setPercent(percent: number, talk: Talk): Promise<void>;
  powerOff(talk: Talk): Promise<void>;
  powerOn(talk: Talk): Promise<void>;
  /** From the next start of the mining process on. */
  enableFastBoot(talk: Talk): Promise<void>;
  blink(on: boolean, talk: Talk): Promise<void>;
  reboot(talk: Talk): Promise<void>;
  /** It refused our password a while ago, and is not asked again yet. */
  readonly locked: boolean;
}

/** How a lamp blinks: ms from one flash to the next, of a flash, and from the beginning to the first. */
export const FLASHING = { color: "red", period: 400, duration: 200, start: 0 } as const;

/** One poll. null: it did not say. */
export interface Poll {
  /** All but the point, which the driver knows better. */
  readonly telemetry: Omit<Telemetry, "point">;
  /** The percent in force. */
  readonly percent: number | null;
  readonly fastBoot: boolean | null;
  readonly firmware: string | null;
}

/** The one state word of a miner whose mining process may be off, starting, climbing, or there. */
export function stateOf({ off, up, climbed, hashes, uptimeS }: {
  readonly off: boolean | null;
  /** The mining process answers. */
  readonly up: boolean;
  readonly climbed: boolean | null;
  readonly hashes: boolean;
  readonly uptimeS: number | null;
}): Telemetry["state"] {
  if (off === true) return "asleep";
  if (!up) return "starting";
  const young = uptimeS === null || uptimeS < STARTING_S;
  if (climbed === false && (hashes || young)) return "ramping";
  if (hashes) return "hashing";
  return young ? "starting" : "fault";
}

/** Slow boots take up to ten minutes; who does not hash five minutes later does not start any more. */
const STARTING_S = 900;
