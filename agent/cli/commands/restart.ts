import { Command } from "commander";
import { commonOptions, order, print, printJson } from "../asking.ts";

export const restartCommand = (): Command =>
  new Command("restart").description("boot a miner anew; the rack's limit holds for it when it comes back").argument("<id>", "its name, as in curtailctl devices").action(async (id: string, _options: object, command: Command) => {
    const answer = await order(command, { will: `This restarts ${id}. It earns nothing for some minutes.`, path: `/devices/${encodeURIComponent(id)}/restart` });
    if (commonOptions(command).json === true) printJson(answer);
    else print(`${id} restarts. Watch it come back with: curtailctl device ${id}`);
  });
