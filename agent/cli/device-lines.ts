/** Everything known of one miner, for a terminal. What it did not say is said to be unknown. */
import type { Telemetry } from "../core/model.ts";
import type { DeviceDetail } from "./answers.ts";
import { hashrateText, judged, plain, powerText, secondsText, temperatureText } from "./words.ts";
import { wrapped } from "./wrapping.ts";

export const deviceDetailLines = (device: DeviceDetail): string[] => detailLines(device).flatMap(underLabel);

const LABEL = 11;

/** Broken into lines beside its label, where one does not hold it. */
const underLabel = (line: string): string[] => wrapped(line.slice(LABEL), { first: line.slice(0, LABEL), rest: " ".repeat(LABEL) });

function detailLines(device: DeviceDetail): string[] {
  const { telemetry, order } = device;
  const age = `${device.readingAgeS} s ago`;
  return [
    `${device.id}  ${plain(device.description)}`,
    `state      ${judged(device.state)}${device.unknownReason === null ? `, read ${age}` : `: ${device.unknownReason} since ${age}`}`,
    `power      ${device.powerW === null ? "unknown" : powerText(device.powerW)}, between ${powerText(device.powerLowW)} and ${powerText(device.powerHighW)} (by ${device.drawBy})`,
    `runs at    ${device.point === null ? "no point of its model" : `point ${device.point}`}${boardsOff(telemetry)}, ${settings(device.frequencyMHz, device.voltageMV)}`,
    `wanted     ${device.setpoint ?? "nothing yet"}${order === null ? "" : `; ${order.setpoint ?? "-"} is ${order.state} (${order.cause})`}`,
    `nameplate  ${powerText(device.nameplateW)}, asleep ${powerText(device.asleepW)}; draws ${device.gain ?? "?"} times what its model says${device.baseW === null ? "" : `, ${powerText(device.baseW)} besides its boards`}`,
    `settled    ${settling(device)}`,
    `wear       ${wearText(device)}`,
    ...(device.priority === 0 ? [] : [`priority   ${device.priority}: served after those with a lower number`]),
    ...(device.pin === null ? [] : [`pinned     to ${device.pin}, as long as the limit leaves room for it`]),
    `takes      ${device.capabilities.map(capabilityText).join("; ")}`,
    ...(device.maintenance ? [`maintenance: left alone; take it up again with curtailctl maintenance ${device.id} --end`] : []),
    ...(device.owes.length === 0 ? [] : [`owed       ${device.owes.join(", ")}: switched off by our orders, given back when nothing limits the rack`]),
    ...(device.quarantineReason === null ? [] : [`quarantine ${device.quarantineReason}`]),
    ...(device.failure === null ? [] : [`failure    ${plain(device.failure)}`]),
    ...(telemetry === null ? [] : telemetryLines(telemetry, device)),
  ];
}

const wearText = ({ wear: { restH, powerCycles, thermalCycles, changes } }: Pick<DeviceDetail, "wear">): string =>
  `${restH ?? "?"} h at rest, ${powerCycles} power cycles, ${thermalCycles} thermal cycles, ${changes} changes of its setting`;

/** Some of several: all is not worth a word, and asleep nothing runs. */
function boardsOff(telemetry: Telemetry | null): string {
  const boards = telemetry?.boards ?? [];
  const on = boards.filter(({ enabled }) => enabled !== false).length;
  return on === boards.length ? "" : ` with ${on} of ${boards.length} boards`;
}

/** How long its changes took, as far as its own meter has shown any. */
function settling({ tookS, meterLagS }: Pick<DeviceDetail, "tookS" | "meterLagS">): string {
  const seen = Object.entries(tookS).filter(([, seconds]) => seconds > 0).map(([way, seconds]) => `${way} within ${seconds} s`);
  return `${seen.length === 0 ? "no change seen on a meter of its own yet" : seen.join(", ")}; rack meter up to ${meterLagS} s late`;
}

function telemetryLines(telemetry: Telemetry, { poolGuard }: Pick<DeviceDetail, "poolGuard">): string[] {
  const { accepted, rejected, hardwareErrors, uptime } = telemetry;
  return [
    `says       ${powerText(telemetry.power)}${telemetry.powerSource === null ? "" : ` (${telemetry.powerSource})`}, up ${secondsText(uptime === null ? null : uptime / 1000)}`,
    `hashrate   ${hashrateText(telemetry.hashrate)} now, ${hashrateText(telemetry.hashrate15Min)} in 15 min, ${hashrateText(telemetry.hashrateAverage)} since its start`,
    `shares     ${accepted ?? "unknown"} accepted, ${rejected ?? "unknown"} rejected, ${hardwareErrors ?? "unknown"} hardware errors`,
    `air        ${temperatureText(telemetry.inlet)} in, ${temperatureText(telemetry.outlet)} out; fans ${telemetry.fansRpm.length === 0 ? "unknown" : telemetry.fansRpm.map((rpm) => rpm ?? "?").join(" ")} rpm`,
    ...telemetry.boards.map(({ index, enabled, frequency, voltage, hashrate, boardTemperature, chipTemperature }) =>
      `board ${index}    ${enabled === false ? "off, " : ""}${settings(frequency, voltage)}, ${hashrateText(hashrate)}, ${temperatureText(boardTemperature)}, chips ${temperatureText(chipTemperature)}`),
    ...telemetry.pools.map(({ url, worker, active }) => `pool       ${plain(url)} as ${plain(worker ?? "unknown")}${active === true ? " (active)" : ""}`),
    ...(poolGuard === null ? [] : [`mines for  ${poolWords[poolGuard]}`]),
    ...telemetry.errors.map((error) => `error      ${plain(error)}`),
  ];
}

const poolWords = {
  allowed: "whom it may",
  foreign: `${judged("foreign")}: somebody who is not among pools of the configuration`,
  unknown: `${judged("unknown")}: it does not say for whom`,
} as const;

const settings = (megahertz: number | null, millivolts: number | null): string => `${megahertz ?? "unknown"} MHz, ${millivolts === null ? "unknown" : (millivolts / 1_000).toFixed(2)} V`;

function capabilityText(capability: DeviceDetail["capabilities"][number]): string {
  switch (capability.kind) {
    case "points": {
      const { points } = capability;
      const [first, last] = [points[0], points.at(-1)];
      return first === undefined || last === undefined ? "no points" : `${points.length} points from ${first.id} (${powerText(first.power)}) to ${last.id} (${powerText(last.power)})`;
    }
    case "power-limit": return `a limit of ${powerText(capability.min)} to ${powerText(capability.max)}`;
    case "boards": return `1 to ${capability.count} boards`;
    case "sleep": return "sleep";
    case "outlet": return "its outlet";
  }
}
