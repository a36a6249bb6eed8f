import { Command } from "commander";
import type { Millis, Watts } from "../../core/units.ts";
import type { StatusDocument } from "../answers.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";
import { formatDuration, formatPower, parseDuration, parsePower } from "../human.ts";
import { limitText, powerText } from "../words.ts";

interface LimitOptions {
  readonly for?: Millis;
}

/** `limit 4kW --for 2h`, `limit clear`: the technician's own limit. It narrows like any other and lifts none. */
export function limitCommand(): Command {
  const limit = new Command("limit").description("hold the rack at a power of your own, or `limit clear`").argument("<power>", "most it may draw, as 4kW or 4000", (text) => parsePower(text))
    .option("--for <time>", "how long, as 2h or 90m; without it until `limit clear`", parseDuration)
    .action(setLimit);
  limit.command("clear").description("end your own limit, also one made by `stop`").action(clearLimit);
  return limit;
}

async function setLimit(power: Watts, { for: length }: LimitOptions, command: Command): Promise<void> {
  const status = (await client(command).ask("GET", "/status")) as StatusDocument;
  const until = length === undefined ? "until `curtailctl limit clear`" : `for ${formatDuration(length)}`;
  const will = `This holds the rack at ${formatPower(power)} at most, ${until}. It draws ${powerText(status.measuredW)} now; its limit is ${limitText(status)}.`;
  const answer = await order(command, { will, path: "/limit", body: { limitW: power, forS: length === undefined ? null : length / 1_000 } });
  if (commonOptions(command).json === true) printJson(answer);
  else print(`The rack draws at most ${formatPower(power)} ${until}.`);
}

async function clearLimit(_options: object, command: Command): Promise<void> {
  const answer = (await order(command, { will: "This ends your own limit: the rack may rise to what the grid allows.", method: "DELETE", path: "/limit" })) as { cleared: boolean };
  if (commonOptions(command).json === true) printJson(answer);
  else print(answer.cleared ? "Your limit has ended; what the grid allows holds." : "There was no limit of yours.");
}
