#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=40 --v8-pool-size=1
/** curtaild: the daemon, and what is done with its configuration before it runs. */
import { curtaildCommands } from "./curtaild-commands.ts";
import { runProgram } from "./program.ts";

// Whatever a library has left open: the rack is parked and everything is said.
process.exit(await runProgram(await curtaildCommands(process.argv.slice(2)), process.argv));
