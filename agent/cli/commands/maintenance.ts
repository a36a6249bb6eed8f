import { Command } from "commander";
import { client, commonOptions, print, printJson, who } from "../asking.ts";

export const maintenanceCommand = (): Command =>
  new Command("maintenance").description("leave a miner alone while somebody works on it; it is counted at what the meter says").argument("<id>", "its name, as in curtailctl devices").option("--end", "take it up again")
    .action(async (id: string, { end }: { end?: true }, command: Command) => {
      const on = end !== true;
      const answer = await client(command).ask("POST", `/devices/${encodeURIComponent(id)}/maintenance`, { on, who: who() });
      if (commonOptions(command).json === true) printJson(answer);
      else print(on ? `${id} is left alone, also after a restart of the daemon. Take it up again with: curtailctl maintenance ${id} --end` : `${id} is under the rack's control again.`);
    });
