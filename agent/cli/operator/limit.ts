/** `operator limit`: an event that narrows for a while. */
import { Command, InvalidArgumentError } from "commander";
import type { Millis, Watts } from "../../core/units.ts";
import { isoTime } from "../../signal/compose.ts";
import { documentId } from "../../signal/topics.ts";
import { parseDuration, parsePower } from "../human.ts";
import { powerOf } from "./power.ts";
import { publish, publishing, type PublishOptions } from "./publishing.ts";

interface LimitOptions extends PublishOptions {
  readonly nominal?: Watts;
  readonly for: Millis;
  readonly in?: Millis;
  readonly id: string;
}

export function limitCommand(): Command {
  return publishing(new Command("limit"))
    .description("limit a rack for a while; several limits bind together")
    .argument("<power>", "most it may draw: 4kW, or 40% with --nominal")
    .option("--nominal <power>", "the rack's nominal power, for percentages", (text) => parsePower(text))
    .option("--for <time>", "how long", parseDuration, parseDuration("1h"))
    .option("--in <time>", "begin this much later; without it at once", parseDuration)
    .option("--id <id>", "the event's name; the same name replaces it", eventId, "limit")
    .action(async (power: string, options: LimitOptions, command: Command) => {
      const limitW = powerOf(power, options.nominal);
      const delay = options.in ?? 0;
      const interval = (iat: number): Readonly<Record<string, unknown>> => ({ start: options.in === undefined ? null : isoTime(iat + delay), durationS: options.for / 1_000, limitW });
      await publish(
        { type: "LIMIT", id: options.id, fields: (iat) => ({ status: "ACTIVE", intervals: [interval(iat)] }), exp: (iat) => iat + delay + options.for },
        options,
        { command },
      );
    });
}

export function eventId(text: string): string {
  if (!documentId.test(text)) throw new InvalidArgumentError("It has to be 1 to 64 letters, digits, dashes or underscores.");
  return text;
}
