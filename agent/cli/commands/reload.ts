import { Command } from "commander";
import type { Reloaded } from "../../attend/reload.ts";
import { commonOptions, order, print, printJson } from "../asking.ts";
import { exit } from "../exit.ts";

export const reloadCommand = (): Command =>
  new Command("reload").description("take a changed configuration without a restart, and list what needs one").action(async (_options: object, command: Command) => {
    const will = "This reads the configuration file again: what can change while the rack runs holds at once, limits included. curtaild config diff shows what that is.";
    const answer = (await order(command, { will, path: "/reload" })) as Reloaded;
    if (commonOptions(command).json === true) printJson(answer);
    else print(...reloadLines(answer));
    if (!answer.ok) process.exitCode = exit.config;
  });

function reloadLines({ ok, live, restart, faults }: Reloaded): string[] {
  if (!ok) return ["The file has faults; what was in force stays in force.", ...faults.map((fault) => `  ${fault}`), "Correct it and reload again; a restart now would run the last good one under the failsafe limit."];
  if (live.length + restart.length === 0) return ["The file says what is in force already."];
  return [
    ...(live.length === 0 ? [] : [`Taken: ${live.join(", ")}`]),
    ...(restart.length === 0 ? [] : [`Waits for a restart: ${restart.join(", ")}`, "  curtailctl hold --for 5m && systemctl restart curtaild"]),
  ];
}
