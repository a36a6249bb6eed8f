/** `operator level`: an event that names a step of the ladder in the rack's allocation. */
import { Command, InvalidArgumentError } from "commander";
import { eventFlags, publishEvent, type EventOptions } from "./event.ts";

export function levelCommand(): Command {
  return eventFlags(new Command("level"), "level")
    .description("limit a rack to a step of its allocation's ladder for a while (allocate --firm --levels)")
    .argument("<level>", "0, 1, 2 or 3", step)
    .action(async (level: number, options: EventOptions, command: Command) => publishEvent("LEVEL", { level }, { options, command }));
}

function step(text: string): number {
  if (!/^[0-3]$/.test(text)) throw new InvalidArgumentError("It has to be 0, 1, 2 or 3.");
  return Number(text);
}
