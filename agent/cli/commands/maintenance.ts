import { Command } from "commander";
import type { DeviceRow } from "../answers.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { powerText } from "../words.ts";

export const maintenanceCommand = (): Command =>
  new Command("maintenance").description("leave a miner alone while somebody works on it; it is counted at what the meter says").argument("<id>", "its name, as in curtailctl devices").option("--end", "take it up again")
    .action(async (id: string, { end }: { end?: true }, command: Command) => {
      const on = end !== true;
      const answer = await order(command, { will: await willOf(id, on, command), path: `/devices/${encodeURIComponent(id)}/maintenance`, body: { on } });
      if (commonOptions(command).json === true) printJson(answer);
      else print(on ? `${id} is left alone, also after a restart of the daemon. Take it up again with: curtailctl maintenance ${id} --end` : `${id} is under the rack's control again.`);
    });

async function willOf(id: string, on: boolean, command: Command): Promise<string> {
  const row = ((await client(command).ask("GET", "/devices")) as DeviceRow[]).find((candidate) => candidate.id === id);
  if (row === undefined) throw new Failure(exit.usage, `there is no device ${id} in this rack: curtailctl devices lists them.`);
  return on
    ? `This leaves ${id} alone at what it draws (${powerText(row.powerW)} now): no limit lowers it and no emergency stops it. The others make room.`
    : `This takes ${id} up again: the rack may change its power at once. Is nobody at it?`;
}
