/** `operator cancel`: takes a limit back. */
import { Command } from "commander";
import { parseDuration } from "../human.ts";
import { eventId } from "./limit.ts";
import { publish, publishing, type PublishOptions } from "./publishing.ts";

/** The cancellation stays with the broker this long, for agents that are away. */
const retainedFor = parseDuration("24h");

export function cancelCommand(): Command {
  return publishing(new Command("cancel"))
    .description("cancel a limit by its name")
    .argument("[id]", "the event's name", eventId, "limit")
    .action(async (id: string, options: PublishOptions, command: Command) => {
      await publish({ type: "LIMIT", id, fields: () => ({ status: "CANCELLED", intervals: [] }), exp: (iat) => iat + retainedFor }, options, { command });
    });
}
