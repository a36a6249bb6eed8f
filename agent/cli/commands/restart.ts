import { Command } from "commander";
import { client, commonOptions, confirm, print, printJson, who } from "../asking.ts";

export const restartCommand = (): Command =>
  new Command("restart").description("boot a miner anew; the rack's limit holds for it when it comes back").argument("<id>", "its name, as in curtailctl devices").action(async (id: string, _options: object, command: Command) => {
    await confirm(command, `This restarts ${id}. It earns nothing for some minutes.`);
    const answer = await client(command).ask("POST", `/devices/${encodeURIComponent(id)}/restart`, { who: who() });
    if (commonOptions(command).json === true) printJson(answer);
    else print(`${id} restarts. Watch it come back with: curtailctl device ${id}`);
  });
