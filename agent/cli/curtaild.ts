#!/usr/bin/env -S node --max-semi-space-size=2 --optimize-for-size
/** curtaild: the daemon, and what is done with its configuration before it runs. */
import { Command } from "commander";
import { addLazily, runProgram } from "./program.ts";
import { version } from "./version.ts";

const program = new Command("curtaild").description("Keeps a rack of ASIC miners inside its grid allocation.").version(version);
const commands = [
  { name: "run", description: "run the daemon", load: async () => (await import("./commands/run.ts")).runCommand() },
  { name: "check", description: "check a configuration file", load: async () => (await import("./commands/check.ts")).checkCommand() },
  { name: "sim", description: "simulate a rack on real sockets", load: async () => (await import("./sim.ts")).simCommand() },
];
await addLazily(program, commands, process.argv.slice(2));
// Whatever a library has left open: the rack is parked and everything is said.
process.exit(await runProgram(program, process.argv));
