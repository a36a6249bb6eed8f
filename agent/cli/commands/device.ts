import { Command, InvalidArgumentError } from "commander";
import type { DeviceDetail, MachineHistory } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { deviceDetailLines } from "../device-lines.ts";
import { machineHistoryLines } from "../history-lines.ts";
import { parseDuration } from "../human.ts";

const USUAL_S = 900;
const LONGEST_S = 86_400;
const WIDEST = 132;

interface DeviceOptions {
  /** Seconds; true: the usual stretch. */
  readonly history?: number | true;
}

export const deviceCommand = (): Command =>
  new Command("device").description("everything known of one miner")
    .argument("<id>", "its name, as in curtailctl devices")
    .option("--history [time]", "instead: how its power, hashrate and temperature went; the last 15m, or as long as said, 24h at the most", historySeconds)
    .action(async (id: string, { history }: DeviceOptions, command: Command) => {
      const daemon = client(command);
      const json = commonOptions(command).json === true;
      if (history === undefined) {
        const device = (await daemon.ask("GET", `/devices/${encodeURIComponent(id)}`)) as DeviceDetail;
        if (json) printJson(device);
        else print(...deviceDetailLines(device));
        return;
      }
      const seconds = history === true ? USUAL_S : history;
      const past = (await daemon.ask("GET", `/history?device=${encodeURIComponent(id)}&seconds=${seconds}`)) as MachineHistory;
      if (json) printJson(past);
      else print(...machineHistoryLines(id, past, Math.min(WIDEST, process.stdout.columns ?? 80)));
    });

function historySeconds(text: string): number {
  const length = Math.round(parseDuration(text) / 1000);
  if (length < 1 || length > LONGEST_S) throw new InvalidArgumentError("It has to be from 1s to 24h.");
  return length;
}
