import { Command } from "commander";
import type { StatusDocument } from "../answers.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { powerText, secondsText, sourceText } from "../words.ts";

export const whyCommand = (): Command =>
  new Command("why").description("why the rack may draw what it may draw, in a sentence").action(async (_options: object, command: Command) => {
    const status = (await client(command).ask("GET", "/status")) as StatusDocument;
    const { state, effectiveLimitW, limitSource, bindingDoc, bindingSince, remainingS } = status;
    if (commonOptions(command).json === true) printJson({ state, effectiveLimitW, limitSource, bindingDoc, bindingSince, remainingS });
    else print(...whyLines(status));
  });

export function whyLines({ state, effectiveLimitW, limitSource, bindingDoc, bindingSince, remainingS, failsafeLimitW, heartbeatAgeS, heartbeatTimeoutS }: StatusDocument): string[] {
  if (effectiveLimitW === null) return ["Nothing limits the rack."];
  const since = bindingSince === null ? "" : ` It has held since ${bindingSince.slice(0, 19).replace("T", " ")} UTC.`;
  const until = remainingS === null ? "It has no end of its own." : `It ends in ${secondsText(remainingS)}.`;
  const lines = [`The rack may draw ${powerText(effectiveLimitW)} because of ${sourceText(limitSource)}${bindingDoc === null ? "" : ` (document ${bindingDoc})`}.${since} ${until}`];
  if (state === "init") lines.push(`The daemon has started and waits for the grid to confirm; until then the failsafe limit of ${powerText(failsafeLimitW)} holds too.`);
  if (state === "failsafe") {
    const heard = heartbeatAgeS === null ? "No heartbeat has been heard since the start" : `The last heartbeat is ${secondsText(heartbeatAgeS)} old (${secondsText(heartbeatTimeoutS)} are allowed)`;
    lines.push(`${heard}. It ends when the grid's heartbeat is back and confirms what this rack holds.`);
  }
  if (limitSource === "technician") lines.push("End it with: curtailctl limit clear");
  return lines;
}
