/** What the three events share on the command line: when, how surely, and in whose place. */
import { InvalidArgumentError, Option, type Command } from "commander";
import type { Millis, Watts } from "../../core/units.ts";
import { isoTime } from "../../signal/compose.ts";
import type { DocumentType } from "../../signal/documents/envelope.ts";
import { documentId } from "../../signal/topics.ts";
import { durationOption, parseDuration, parsePower } from "../human.ts";
import { publish, publishing, type PublishOptions } from "./publishing.ts";

export interface EventOptions extends PublishOptions {
  readonly nominal?: Watts;
  readonly for: Millis;
  readonly in?: Millis;
  readonly id: string;
  readonly priority?: number;
  readonly supersedes?: string;
  readonly may?: true;
  readonly randomize?: Millis;
  readonly slope?: Millis;
  readonly respond?: Millis;
  readonly tolerance?: Watts;
  readonly drill?: true;
}

/** `id`: what the event is called unless somebody says otherwise. */
export function eventFlags(command: Command, id: string): Command {
  return publishing(command)
    .option("--nominal <power>", "the rack's nominal power, for percentages", (text) => parsePower(text))
    .addOption(durationOption("--for <time>", "how long", "1h"))
    .option("--in <time>", "begin this much later; without it at once", parseDuration)
    .option("--id <id>", "the event's name; the same name replaces it", eventId, id)
    .option("--priority <number>", "the smaller goes first", number)
    .option("--supersedes <id>", "take the place of another event", eventId)
    .option("--may", "leave it to the rack's owner whether to obey")
    .option("--randomize <time>", "let each rack begin up to this much later, by its own draw", parseDuration)
    .addOption(new Option("--slope <time>", "slope the limit over this long instead of stepping").argParser(parseDuration))
    .option("--respond <time>", "how soon the meter has to show it", parseDuration)
    .option("--tolerance <power>", "how exactly", (text) => parsePower(text))
    .option("--drill", "a rehearsal: acted on, and marked in every answer");
}

export async function publishEvent(type: DocumentType, figure: Readonly<Record<string, number>>, { options, command }: { readonly options: EventOptions; readonly command: Command }): Promise<void> {
  const delay = options.in ?? 0;
  const interval = (iat: number): Readonly<Record<string, unknown>> => ({ start: options.in === undefined ? null : isoTime(iat + delay), durationS: options.for / 1_000, ...figure });
  await publish(
    { type, id: options.id, fields: (iat) => ({ status: "ACTIVE", intervals: [interval(iat)], ...asked(options) }), exp: (iat) => iat + delay + options.for },
    options,
    { command },
  );
}

export function eventId(text: string): string {
  if (!documentId.test(text)) throw new InvalidArgumentError("It has to be 1 to 64 letters, digits, dashes or underscores.");
  return text;
}

/** Only what was asked for: the rest stays what GLA/1 gives. */
function asked({ priority, supersedes, may, randomize, slope, respond, tolerance, drill }: EventOptions): Readonly<Record<string, unknown>> {
  const inSeconds = (length: Millis | undefined): number | undefined => (length === undefined ? undefined : length / 1_000);
  const fields = {
    priority, supersedes, obligation: may === true ? "MAY" : undefined, randomizeS: inSeconds(randomize), rampS: inSeconds(slope),
    respondWithinS: inSeconds(respond), toleranceW: tolerance, drill,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || text.trim() === "") throw new InvalidArgumentError("It has to be a number.");
  return value;
}
