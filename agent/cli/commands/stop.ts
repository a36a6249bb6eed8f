import { Command } from "commander";
import type { StatusDocument } from "../answers.ts";
import { client, commonOptions, confirm, print, printJson, who } from "../asking.ts";
import { powerText } from "../words.ts";

export const stopCommand = (): Command =>
  new Command("stop").description("put the whole rack to sleep until `limit clear`").action(async (_options: object, command: Command) => {
    const daemon = client(command);
    const status = (await daemon.ask("GET", "/status")) as StatusDocument;
    await confirm(command, `This puts all ${status.devices.total} miners to sleep until \`curtailctl limit clear\`. The rack draws ${powerText(status.measuredW)} now.`);
    const answer = await daemon.ask("POST", "/stop", { who: who() });
    if (commonOptions(command).json === true) printJson(answer);
    else print("The rack goes to sleep. Wake it with: curtailctl limit clear");
  });
