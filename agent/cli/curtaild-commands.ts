/** What curtaild can be asked. Completions, manual pages and help are made from this tree. */
import { Command } from "commander";
import { addLazily, type Asked } from "./program.ts";
import { version } from "./version.ts";

/** `asked`: the words of the command line; what they do not name is not loaded. */
export async function curtaildCommands(asked: Asked): Promise<Command> {
  const program = new Command("curtaild").description("Keeps a rack of ASIC miners inside its grid allocation.").version(version);
  const commands = [
    { name: "run", description: "run the daemon", load: async () => (await import("./commands/run.ts")).runCommand() },
    { name: "check", description: "check a configuration file", load: async () => (await import("./commands/check.ts")).checkCommand() },
    { name: "state", description: "hand a rack over to another controller: export, import", load: async () => (await import("./commands/state.ts")).stateCommand() },
    { name: "init", description: "write a first configuration from what answers", load: async () => (await import("./commands/init.ts")).initCommand() },
    { name: "config", description: "show a configuration, compare it with what runs, bring an old one up to date", load: async () => (await import("./commands/config.ts")).configCommand() },
    { name: "inventory", description: "what machine this is, as JSON", load: async () => (await import("./commands/inventory.ts")).inventoryCommand() },
    { name: "calendar", description: "when lines of a crontab are due next, as JSON", load: async () => (await import("./commands/calendar.ts")).calendarCommand() },
    { name: "sim", description: "simulate a rack on real sockets", load: async () => (await import("./sim.ts")).simCommand() },
  ];
  await addLazily(program, commands, asked);
  return program;
}
