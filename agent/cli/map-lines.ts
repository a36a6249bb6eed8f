/** The search for outlets as a technician reads it. */
import type { MapAnswer } from "../routes/map.ts";
import { bar } from "./pdu-lines.ts";
import { celled } from "./sim-table.ts";
import { powerText } from "./words.ts";

type Search = NonNullable<MapAnswer>;

const doing = { waits: "waits until it is at rest", measures: "is measured", dips: "is taken down", returns: "comes back" } as const;

export function progressLine({ doneSoFar, total, now, result }: Search): string {
  const last = result.pairs.at(-1);
  const found = last === undefined ? "" : `; last found ${last.device} on ${last.outlet}`;
  return `[${bar(doneSoFar, Math.max(1, total))}] ${doneSoFar} of ${total}${now === null ? "" : `  ${now.device} ${doing[now.step]}`}${found}`;
}

export function mapLines(search: Search): string[] {
  const { state, why, doneSoFar, total, result } = search;
  const { pairs, conflicts, unmatched, unmatchedOutlets } = result;
  const table = celled([["miner", "outlet", "", "sure", "moved", "expected"], ...pairs.map((pair) => [pair.device, pair.outlet, differs(pair), `${Math.round(pair.confidence * 100)} %`, powerText(pair.dropW), powerText(pair.expectedW)])], 3);
  return [
    state === "running" ? progressLine(search) : state === "done" ? `searched ${total} miners` : `stopped after ${doneSoFar} of ${total}: ${why ?? "no reason"}`,
    ...(pairs.length === 0 ? [] : table.split("\n")),
    ...conflicts.map((conflict) => `conflict   ${conflict.why}`),
    ...unmatched.map(({ device, why: reason }) => `unmatched  ${device}: ${reason}`),
    ...(state === "done" ? unmatchedOutlets.map(({ outlet, powerW }) => `unmatched  ${outlet} draws ${powerText(powerW)} and moved with no miner`) : []),
  ];
}

const differs = ({ outlet, configured }: Search["result"]["pairs"][number]): string => (configured === outlet ? "as configured" : configured === null ? "new" : `not ${configured}`);
