#!/usr/bin/env node
/** curtailctl: the technician's and the operator's command line. */
import { curtailctlCommands } from "./curtailctl-commands.ts";
import { runProgram } from "./program.ts";

process.exitCode = await runProgram(await curtailctlCommands(process.argv.slice(2)), process.argv);
