import { Command } from "commander";
import type { Millis } from "../../core/units.ts";
import { client, commonOptions, confirm, print, printJson, who } from "../asking.ts";
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
      const daemon = client(command);
      if (end !== true) await confirm(command, `If curtaild stops within ${formatDuration(length)} and does not start again, the rack stays at what it draws now, whatever the grid says.`);
      const answer = end === true ? await daemon.ask("DELETE", "/hold", { who: who() }) : await daemon.ask("POST", "/hold", { forS: length / 1_000, who: who() });
      if (commonOptions(command).json === true) printJson(answer);
      else if (end === true) print("A stop parks the rack again.");
      else print(`For ${formatDuration(length)} a stop leaves the rack as it is. Restart now: systemctl restart curtaild`, "After the start the failsafe limit holds until the grid's next heartbeat.");
    });
