import { Argument, Command } from "commander";
import { logLevels, type LogLevel } from "../../runtime/log.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";

export const loglevelCommand = (): Command =>
  new Command("loglevel").description("how much the daemon logs, by room; with a level it is changed until the next start")
    .addArgument(new Argument("[level]", "what is worth a line").choices(logLevels))
    .argument("[room]", "one room only, as listed without arguments")
    .action(async (level: LogLevel | undefined, room: string | undefined, _options: object, command: Command) => {
      const levels = (level === undefined ? await client(command).ask("GET", "/loglevel") : await order(command, { will: null, path: "/loglevel", body: { room: room ?? null, level } })) as Record<string, LogLevel>;
      if (commonOptions(command).json === true) printJson(levels);
      else print(...Object.entries(levels).map(([name, said]) => `${name.padEnd(10)} ${said}`));
    });
