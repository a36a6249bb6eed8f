/** A sweep's result for people. */
import type { Finding } from "../../../drivers/find/identify.ts";
import type { Seen } from "../../../drivers/find/sweep.ts";
import { formatAddress } from "../../config/address.ts";
import { celled } from "../sim-table.ts";
import type { Merge } from "./merge.ts";

const HEADING = ["address", "machine", "firmware", "driver", "model", "mac", "serial", "boards"];
const MOST_REASONS = 50;

export function foundLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const cells = findings.map(({ address, make, type, firmware, version, driver, model, mac, serial, boards }) => [
    formatAddress(address), type ?? make, version === null ? firmware : `${firmware} ${version}`, driver, model ?? "-", mac ?? "-", serial ?? "-", boards === null ? "-" : String(boards),
  ]);
  return celled([HEADING, ...cells], HEADING.length - 1).split("\n");
}

export function unidentifiedLines(unidentified: readonly Extract<Seen, { kind: "unidentified" }>[]): string[] {
  if (unidentified.length === 0) return [];
  const lines = celled(unidentified.slice(0, MOST_REASONS).map(({ host, reason }) => [`  ${host}`, reason]), 2).split("\n");
  const more = unidentified.length - MOST_REASONS;
  return ["", "unidentified:", ...lines, ...(more > 0 ? [`  and ${more} more; --json lists all`] : [])];
}

export function mergeLines({ added, known, differs, needsModel }: Merge, file: string): string[] {
  return [
    "",
    `${file}: ${added.length} new, ${known.length} as configured, ${differs.length} different${needsModel.length === 0 ? "" : `, ${needsModel.length} without a model`}`,
    ...differs.map(({ id, was, now }) => `  ${id} is configured as ${was.model} (${was.driver}) at ${was.address}; there is a ${now.model} (${now.driver}) at ${now.address}`),
    ...needsModel.slice(0, MOST_REASONS).map(({ address, driver, type }) => `  ${formatAddress(address)} (${driver}) ${type === null ? "does not name its model" : `calls itself ${type}, which no model file is for`}: say --model ID for all such, or add it by hand`),
  ];
}

/** For a file of one's own. */
export const entryLines = ({ added }: Merge): string[] =>
  added.length === 0 ? [] : ["", "miners:", ...added.map(({ id, driver, address, model }) => `  - { id: ${id}, driver: ${driver}, address: "${address}", model: ${model} }`)];
