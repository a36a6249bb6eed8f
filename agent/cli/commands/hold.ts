import { Command } from "commander";
import type { Millis } from "../../core/units.ts";
import { commonOptions, order, print, printJson } from "../asking.ts";
import { formatDuration, parseDuration } from "../human.ts";

interface HoldOptions {
  readonly for?: Millis;
  readonly end?: true;
}

/** One that stops and does not come back must not leave the rack high for long. */
const usual = 300_000 as Millis;

export const holdCommand = (): Command =>
  new Command("hold").description("announce a restart: a daemon stopped within this time leaves the rack as it is instead of parking it")
    .option("--for <time>", "how long the announcement holds, at most 15m (default 5m)", parseDuration)
    .option("--end", "take it back")
    .action(async ({ for: length = usual, end }: HoldOptions, command: Command) => {
      const answer = end === true
        ? await order(command, { will: "This takes the announcement back: a stop of curtaild parks the rack again.", method: "DELETE", path: "/hold" })
        : await order(command, { will: `If curtaild stops within ${formatDuration(length)} and does not start again, the rack stays at what it draws now, whatever the grid says.`, path: "/hold", body: { forS: length / 1_000 } });
      if (commonOptions(command).json === true) printJson(answer);
      else if (end === true) print("A stop parks the rack again.");
      else print(`For ${formatDuration(length)} a stop leaves the rack as it is. Restart now: systemctl restart curtaild`, "After the start the failsafe limit holds until the grid's next heartbeat.");
    });
