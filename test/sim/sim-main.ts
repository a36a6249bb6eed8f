import { Command } from "commander";
import { simCommand } from "../../agent/cli/sim.ts";

/** `sim` alone, as a process of its own. */
await new Command("curtaild").addCommand(simCommand()).parseAsync();
