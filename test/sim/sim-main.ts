import { Command } from "commander";
import { runProgram } from "../../agent/cli/program.ts";
import { simCommand } from "../../agent/cli/sim.ts";

/** `sim` alone, as a process of its own. */
process.exitCode = await runProgram(new Command("curtaild").addCommand(simCommand()), process.argv);
