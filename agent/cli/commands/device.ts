import { Command } from "commander";
import type { DeviceDetail } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { hashrateText, judged, powerText, temperatureText } from "../words.ts";

export const deviceCommand = (): Command =>
  new Command("device").description("everything known of one miner").argument("<id>", "its name, as in curtailctl devices").action(async (id: string, _options: object, command: Command) => {
    const device = (await client(command).ask("GET", `/devices/${encodeURIComponent(id)}`)) as DeviceDetail;
    if (commonOptions(command).json === true) printJson(device);
    else print(...deviceDetailLines(device));
  });

export function deviceDetailLines(device: DeviceDetail): string[] {
  const { telemetry, order } = device;
  const age = `${device.readingAgeS} s ago`;
  return [
    `${device.id}  ${device.description}`,
    `state      ${judged(device.state)}${device.unknownReason === null ? `, read ${age}` : `: ${device.unknownReason} since ${age}`}`,
    `power      ${device.powerW === null ? "unknown" : powerText(device.powerW)}, between ${powerText(device.powerLowW)} and ${powerText(device.powerHighW)} (by ${device.drawBy})`,
    `hashrate   ${hashrateText(device.hashrateThs)}`,
    `runs at    ${device.point === null ? "no point of its model" : `point ${device.point}`}, ${device.frequencyMHz ?? "unknown"} MHz, ${device.voltageMV === null ? "unknown" : (device.voltageMV / 1_000).toFixed(2)} V`,
    `wanted     ${device.setpoint ?? "nothing yet"}${order === null ? "" : `; ${order.setpoint ?? "-"} is ${order.state} (${order.cause})`}`,
    `nameplate  ${powerText(device.nameplateW)}, asleep ${powerText(device.asleepW)}; draws ${device.gain ?? "?"} times what its model says`,
    `hottest    ${temperatureText(device.temperatureC)}`,
    ...(device.maintenance ? ["maintenance: left alone; take it up again with curtailctl maintenance ID --end"] : []),
    ...(device.quarantineReason === null ? [] : [`quarantine ${device.quarantineReason}`]),
    ...(device.failure === null ? [] : [`failure    ${device.failure}`]),
    ...(telemetry?.boards ?? []).map((board) => `board ${board.index}    ${board.frequency ?? "?"} MHz, ${hashrateText(board.hashrate)}, ${temperatureText(board.boardTemperature)}`),
    ...(telemetry?.pools ?? []).map((pool) => `pool       ${pool.url}${pool.active === true ? " (active)" : ""}`),
    ...(telemetry?.errors ?? []).map((error) => `error      ${error}`),
  ];
}
