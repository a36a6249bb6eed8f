/** `operator setpoint`: an event that says what a rack should draw, within its limit. */
import { Command } from "commander";
import { eventFlags, publishEvent, type EventOptions } from "./event.ts";
import { powerOf } from "./power.ts";

export function setpointCommand(): Command {
  return eventFlags(new Command("setpoint"), "setpoint")
    .description("ask a rack to draw so much for a while; never above its limit")
    .argument("<power>", "what it should draw: 4kW, or 40% with --nominal")
    .action(async (power: string, options: EventOptions, command: Command) => publishEvent("SETPOINT", { setpointW: powerOf(power, options.nominal) }, { options, command }));
}
