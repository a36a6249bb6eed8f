import { Command } from "commander";
import type { StatusDocument } from "../answers.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";
import { powerText } from "../words.ts";

export const stopCommand = (): Command =>
  new Command("stop").description("put the whole rack to sleep until `limit clear`").action(async (_options: object, command: Command) => {
    const status = (await client(command).ask("GET", "/status")) as StatusDocument;
    const will = `This puts all ${status.devices.total} miners to sleep until \`curtailctl limit clear\`. The rack draws ${powerText(status.measuredW)} now.`;
    const answer = await order(command, { will, path: "/stop" });
    if (commonOptions(command).json === true) printJson(answer);
    else print("The rack goes to sleep. Wake it with: curtailctl limit clear");
  });
