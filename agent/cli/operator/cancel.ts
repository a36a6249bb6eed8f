/** `operator cancel`: takes an event back. */
import { Command, Option } from "commander";
import type { Millis } from "../../core/units.ts";
import { parseDuration } from "../human.ts";
import { eventId } from "./event.ts";
import { publish, publishing, type PublishOptions } from "./publishing.ts";

interface CancelOptions extends PublishOptions {
  readonly type: "LIMIT" | "SETPOINT" | "LEVEL";
  readonly randomize?: Millis;
}

/** The cancellation stays with the broker this long, for agents that are away. */
const retainedFor = parseDuration("24h");

export function cancelCommand(): Command {
  return publishing(new Command("cancel"))
    .description("cancel an event by its name")
    .addOption(new Option("--type <type>", "what kind of event it is").choices(["LIMIT", "SETPOINT", "LEVEL"]).default("LIMIT"))
    .option("--randomize <time>", "let each rack take it back up to this much later, by its own draw", parseDuration)
    .argument("[id]", "the event's name", eventId, "limit")
    .action(async (id: string, options: CancelOptions, command: Command) => {
      const { type, randomize } = options;
      const how = randomize === undefined ? { status: "CANCELLED" } : { status: "CANCELLED_RANDOM", randomizeS: randomize / 1_000 };
      await publish({ type, id, fields: () => ({ ...how, intervals: [] }), exp: (iat) => iat + retainedFor }, options, { command });
    });
}
