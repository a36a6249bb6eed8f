import { Command } from "commander";
import { terahash, watts } from "../../core/units.ts";
import type { StatusDocument } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { formatEfficiency } from "../human.ts";
import { complianceText, hashrateText, judged, limitText, powerText, secondsText } from "../words.ts";
import { wrapped } from "../wrapping.ts";

export const statusCommand = (): Command =>
  new Command("status").description("what the rack may draw, what it draws, and why").action(async (_options: object, command: Command) => {
    const status = (await client(command).ask("GET", "/status")) as StatusDocument;
    if (commonOptions(command).json === true) printJson(status);
    else print(...statusLines(status));
  });

export function statusLines(status: StatusDocument): string[] {
  const { measuredW, hashrateThs, devices, heartbeatAgeS } = status;
  const efficiency = formatEfficiency(measuredW === null ? null : watts(measuredW), hashrateThs === null ? null : terahash(hashrateThs));
  const operated = status.signatures !== null;
  const heartbeat = heartbeatAgeS === null ? (operated ? "no heartbeat yet" : "not heard yet") : operated ? `heartbeat ${secondsText(heartbeatAgeS)} old` : `heard ${secondsText(heartbeatAgeS)} ago`;
  return [
    `state      ${judged(status.state)}, ${complianceText(status)}`,
    ...wrapped(limitText(status), { first: "limit      ", rest: " ".repeat(11) }),
    `measured   ${powerText(measuredW)} (${status.measuredQuality})`,
    `hashrate   ${hashrateText(hashrateThs)}${devices.answering < devices.total && hashrateThs !== null ? ` from the ${devices.answering} that answer` : `, ${efficiency}`}`,
    `devices    ${devices.total}: ${devices.answering} answering, ${devices.asleep} asleep, ${devices.quarantined} quarantined`,
    `grid       ${heartbeat}, lost after ${secondsText(status.heartbeatTimeoutS)}${operated ? `; signatures ${status.signatures}` : ""}${status.gap === null ? "" : "; a newer document is missing"}`,
    `failsafe   ${powerText(status.failsafeLimitW)} when the grid is not heard`,
    ...(status.clock === "unsynced" ? [`clock      ${judged("unsynced")}: only limits that hold at every possible time are lifted`] : []),
    ...(status.storage === "failed" ? [`storage    ${judged("failed")}: no limit is raised`] : []),
    ...(status.config === "last-good" ? [`config     ${judged("last-good")}: the file has faults, see curtaild check; the failsafe limit holds`] : []),
    ...refusedLines(status),
  ];
}

function refusedLines({ refused }: StatusDocument): string[] {
  const codes = Object.entries(refused).map(([code, { count }]) => `${count} ${code}`);
  return codes.length === 0 ? [] : [`refused    ${codes.join(", ")}`];
}
