import { Command } from "commander";
import { commonOptions, order, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";

export const pinCommand = (): Command =>
  new Command("pin").description("have a miner run at one point as long as the limit leaves room for it, before all others").argument("<id>", "its name, as in curtailctl devices")
    .argument("[point]", "a point it takes, as curtailctl device names it, or sleep").option("--end", "let it go where it earns most")
    .action(async (id: string, point: string | undefined, { end }: { end?: true }, command: Command) => {
      const at = end === true ? null : point;
      if (at === undefined || (end === true && point !== undefined)) throw new Failure(exit.usage, "say a point, or --end.");
      const will = at === null ? `This lets ${id} go where it earns most.` : `This has ${id} run at ${at} before all others, as far as the limit has room for it. The others share what is left.`;
      const answer = await order(command, { will, path: `/devices/${encodeURIComponent(id)}/pin`, body: { at } });
      if (commonOptions(command).json === true) printJson(answer);
      else print(at === null ? `${id} goes where it earns most again, or where the configuration pins it.` : `${id} is pinned to ${at}, also after a restart of the daemon; the limit goes first. End it with: curtailctl pin ${id} --end`);
    });
