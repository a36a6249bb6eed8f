import { Command } from "commander";
import type { DeviceDetail } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { deviceDetailLines } from "../device-lines.ts";

export const deviceCommand = (): Command =>
  new Command("device").description("everything known of one miner").argument("<id>", "its name, as in curtailctl devices").action(async (id: string, _options: object, command: Command) => {
    const device = (await client(command).ask("GET", `/devices/${encodeURIComponent(id)}`)) as DeviceDetail;
    if (commonOptions(command).json === true) printJson(device);
    else print(...deviceDetailLines(device));
  });
