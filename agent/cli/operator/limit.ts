/** `operator limit`: an event that narrows for a while. */
import { Command } from "commander";
import { eventFlags, publishEvent, type EventOptions } from "./event.ts";
import { powerOf } from "./power.ts";

export function limitCommand(): Command {
  return eventFlags(new Command("limit"), "limit")
    .description("limit a rack for a while; several limits bind together")
    .argument("<power>", "most it may draw: 4kW, or 40% with --nominal")
    .action(async (power: string, options: EventOptions, command: Command) => publishEvent("LIMIT", { limitW: powerOf(power, options.nominal) }, { options, command }));
}
