import { Command } from "commander";
import { commonOptions, order, print, printJson } from "../asking.ts";

export const blinkCommand = (): Command =>
  new Command("blink").description("make a miner's lamp blink, to find it in the rack").argument("<id>", "its name, as in curtailctl devices").option("--off", "stop it")
    .action(async (id: string, { off }: { off?: true }, command: Command) => {
      const on = off !== true;
      const answer = await order(command, { will: null, path: `/devices/${encodeURIComponent(id)}/blink`, body: { on } });
      if (commonOptions(command).json === true) printJson(answer);
      else print(on ? `${id} blinks. Stop it with: curtailctl blink ${id} --off` : `${id} blinks no more.`);
    });
