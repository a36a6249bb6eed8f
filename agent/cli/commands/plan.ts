import { Command, InvalidArgumentError } from "commander";
import type { PlanDocument } from "../../report/rehearsed.ts";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { parseDuration, parsePower } from "../human.ts";
import { planLines } from "../plan-lines.ts";

interface PlanOptions {
  readonly limit: number;
  readonly at?: Date;
}

/** `plan`: what a limit would do, without doing it. */
export const planCommand = (): Command =>
  new Command("plan").description("what would happen under a limit, without doing it, and the rack's efficiency curve")
    .requiredOption("--limit <power>", "6kW or 6000", (text) => Math.round(parsePower(text)))
    .option("--at <time>", "17:00 (on this machine's clock), +2h, or 2026-01-31T17:00Z: with what is known to limit then", (text) => momentOf(text, new Date()))
    .action(async ({ limit, at }: PlanOptions, command: Command) => {
      const query = new URLSearchParams({ limitW: String(limit), ...(at !== undefined && { at: at.toISOString() }) });
      const plan = (await client(command).ask("GET", `/plan?${query.toString()}`)) as PlanDocument;
      const { columns, isTTY } = process.stdout;
      if (commonOptions(command).json === true) printJson(plan);
      else print(...planLines(plan, { columns: isTTY ? columns || 80 : null, coloured: isTTY && (process.env["NO_COLOR"] ?? "") === "" }));
    });

/** The next 17:00, a length of time from now, or a time as it stands. Throws InvalidArgumentError. */
export function momentOf(text: string, now: Date): Date {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (clock !== null) {
    const moment = new Date(now);
    moment.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    if (moment.getTime() < now.getTime()) moment.setDate(moment.getDate() + 1);
    return moment;
  }
  if (text.startsWith("+")) return new Date(now.getTime() + parseDuration(text.slice(1)));
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) throw new InvalidArgumentError(`"${text}" is not a time: write 17:00, +2h or 2026-01-31T17:00Z.`);
  return moment;
}
