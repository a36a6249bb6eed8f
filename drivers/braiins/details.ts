/** `/miner/details`: which firmware it is and what it does. */
import type { Millis } from "../../agent/core/units.ts";
import { numberAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { secondsAt } from "../cgminer/figures.ts";
import { at } from "../http/path.ts";
import { unsupported } from "./api.ts";

export type MinerStatus = "not_started" | "normal" | "paused" | "suspended" | "restricted";

export interface Details {
  /** null: one we do not know. */
  readonly status: MinerStatus | null;
  /** "25.07.1"; null: it does not say. */
  readonly version: string | null;
  /** Of the mining process. */
  readonly uptime: Millis | null;
  /** Of the machine. */
  readonly systemUptime: Millis | null;
}

const STATUSES = [null, "not_started", "normal", "paused", "suspended", "restricted"] as const;
/** The first with everything we ask for. */
const SINCE = { year: 25, month: 7 } as const;

/** Throws `refused` for a version that is too old. */
export function detailsOf(reply: JsonObject): Details {
  const version = versionOf(textAt(at(reply, "bos_version"), "current"));
  if (version !== null && isOlder(version)) throw unsupported(`and this is ${version}`);
  return { status: statusOf(reply), version, uptime: secondsAt(reply, "bosminer_uptime_s"), systemUptime: secondsAt(reply, "system_uptime_s") };
}

/** As a number of the protocol or as its name, MINER_STATUS_NORMAL. */
function statusOf(reply: JsonObject): MinerStatus | null {
  const number = numberAt(reply, "status");
  if (number !== null) return STATUSES[number] ?? null;
  const name = textAt(reply, "status")?.toLowerCase().replace(/^miner_status_/, "");
  return STATUSES.find((status) => status !== null && status === name) ?? null;
}

/** "2025-09-29-0-4f0e2d5c-25.07.1-plus" */
function versionOf(text: string | null): string | null {
  return /(?:^|-)(\d{2}\.\d{2}(?:\.\d+)*)(?:-|$)/.exec(text ?? "")?.[1] ?? null;
}

function isOlder(version: string): boolean {
  const [year = 0, month = 0] = version.split(".").map(Number);
  return year < SINCE.year || (year === SINCE.year && month < SINCE.month);
}
