import { Command } from "commander";
import colors from "picocolors";
import { explained, runbookNames, type Entry } from "../../report/runbook/runbook.ts";
import { commonOptions, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { wrapped } from "../wrapping.ts";

export const explainCommand = (): Command =>
  new Command("explain").description("what an alarm, event, state or code means, where it comes from and what to do; without a network").argument("[name]", "as the daemon says it; without one all names are listed")
    .action((name: string | undefined, _options: object, command: Command) => {
      const asJson = commonOptions(command).json === true;
      if (name === undefined) {
        if (asJson) printJson(runbookNames);
        else print(...runbookNames);
        return;
      }
      const [found, ...others] = namesLike(name);
      const entry = found === undefined || others.length > 0 ? null : explained(found);
      if (found === undefined || entry === null) throw new Failure(exit.usage, notThere(name, [...(found === undefined ? [] : [found]), ...others]));
      const { means, cause, cure } = entry;
      if (asJson) printJson({ name: found, means, cause, cure });
      else print(...entryLines(found, entry));
    });

export function entryLines(name: string, { says, means, cause, cure }: Entry): string[] {
  const part = (title: string, text: string): string[] => wrapped(text, { first: title.padEnd(9), rest: " ".repeat(9) });
  return [`${colors.bold(name)}${says === "" ? "" : `: ${says}`}`, ...part("meaning", means), ...part("cause", cause), ...part("cure", cure)];
}

/** The name itself, whatever its case, or else all that hold the word. */
function namesLike(word: string): string[] {
  const small = word.toLowerCase();
  const same = runbookNames.filter((name) => name.toLowerCase() === small);
  return same.length > 0 ? same : runbookNames.filter((name) => name.toLowerCase().includes(small));
}

function notThere(name: string, near: readonly string[]): string {
  if (near.length > 0) return `there are several: ${near.join(", ")}. Name one.`;
  return `nothing is written about "${name}". \`curtailctl explain\` lists what there is; the log's fields and \`curtailctl why\` may help.`;
}
