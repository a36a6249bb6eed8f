import { Command } from "commander";
import { nextTimes } from "../../host/calendar.ts";
import { messageOf } from "../../runtime/errors.ts";
import { printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";

export const calendarCommand = (): Command =>
  new Command("calendar").description("when lines of a crontab are due next, as JSON")
    .argument("<lines...>", 'five fields and a zone: "20 3 * * * Europe/Berlin"')
    .action(async (lines: readonly string[]) => {
      const times = await nextTimes(lines).catch((error: unknown) => {
        throw new Failure(exit.usage, `this is no line of a crontab with a zone: ${messageOf(error)}`);
      });
      printJson(times.map((at) => new Date(at).toISOString()));
    });
