import { Command } from "commander";
import type { WhyDocument } from "../../report/why.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { deviceWhyLines, whyLines } from "../why-lines.ts";

export const whyCommand = (): Command =>
  new Command("why").description("why the rack, or one miner, does what it does: what binds, how the budget is split, what was tried, what comes next")
    .argument("[device]", "a miner, as in curtailctl devices")
    .action(async (device: string | undefined, _options: object, command: Command) => {
      const why = (await client(command).ask("GET", device === undefined ? "/why" : `/why/${encodeURIComponent(device)}`)) as WhyDocument;
      if (commonOptions(command).json === true) printJson(why);
      else print(...(device === undefined ? whyLines(why) : deviceWhyLines(why)));
    });
