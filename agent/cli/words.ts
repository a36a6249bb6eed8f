/** The daemon's figures in a technician's words. */
import colors from "picocolors";
import { celsius, millis, seconds, terahash, watts } from "../core/units.ts";
import type { StatusDocument } from "./answers.ts";
import { formatDuration, formatHashrate, formatPower } from "./human.ts";

export const powerText = (powerW: number | null): string => formatPower(powerW === null ? null : watts(powerW));
export const hashrateText = (hashrateThs: number | null): string => formatHashrate(hashrateThs === null ? null : terahash(hashrateThs));
export const secondsText = (length: number | null): string => formatDuration(length === null ? null : seconds(length));
export const temperatureText = (temperatureC: number | null): string => (temperatureC === null ? "unknown" : `${celsius(temperatureC)} °C`);

/** A miner's own words go to a terminal: nothing but text. */
// eslint-disable-next-line no-control-regex -- that is what is taken out
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");

const good = new Set(["compliant", "controlled", "limited", "hashing", "ok", "synced", "not-limited"]);
const bad = new Set(["violating", "emergency", "fault", "quarantined", "failed", "foreign"]);

/** Green for what is as it should be, red for what is not, yellow between. */
export const judged = (word: string): string => (good.has(word) ? colors.green(word) : bad.has(word) ? colors.red(word) : colors.yellow(word));

const sources: Readonly<Record<string, string>> = {
  allocation: "the grid's allocation",
  event: "a grid event",
  emergency: "an emergency of the grid",
  failsafe: "the failsafe limit: the grid is not heard, or has not confirmed",
  schedule: "the schedule",
  breaker: "the breaker",
  thermal: "temperature",
  technician: "a technician's limit",
  estop: "the emergency stop",
  contract: "the contract",
};

/** Where the limit comes from, as words that can follow "because of" or stand alone. */
export const sourceText = (source: string | null): string => (source === null ? "nothing" : (sources[source] ?? source));

export function limitText({ effectiveLimitW, limitSource, bindingDoc, bindingBy, remainingS }: StatusDocument): string {
  if (effectiveLimitW === null) return "none";
  const document = bindingDoc === null ? "" : bindingBy === null ? `, document ${bindingDoc}` : `, ${bindingBy} ${bindingDoc}`;
  const rest = remainingS === null ? "" : `, ${secondsText(remainingS)} left`;
  return `${powerText(effectiveLimitW)} from ${sourceText(limitSource)}${document}${rest}`;
}

export function complianceText({ compliance, complianceW }: StatusDocument): string {
  if (complianceW === null) return judged(compliance);
  const side = compliance === "compliant" ? "below the limit" : "above the limit";
  return `${judged(compliance)}, ${powerText(Math.abs(complianceW))} ${side}`;
}

/** "08:14:03" of an ISO time. */
export const clockText = (at: string): string => (at.length >= 19 ? at.slice(11, 19) : at);

/** "in 2 h 5 min", "5 s ago" of a wall time against the daemon's. */
export function fromNow(at: number | null, now: string): string {
  if (at === null) return "-";
  const length = at - Date.parse(now);
  return length >= 0 ? `in ${formatDuration(millis(length))}` : `${formatDuration(millis(-length))} ago`;
}

/** "4 s old", for ages that change every second. */
export const ageText = (ageS: number): string => `${secondsText(ageS)} old`;
