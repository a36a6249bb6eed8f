import { Command } from "commander";
import { client, commonOptions, print, printJson } from "../asking.ts";
import { celled } from "../sim-table.ts";
import { fromNow, powerText } from "../words.ts";

interface ScheduleAnswer {
  readonly at: string;
  readonly windows: readonly { readonly name: string; readonly zone: string; readonly limitW: number; readonly from: string; readonly to: string; readonly running: boolean }[];
  readonly chores: readonly { readonly name: string; readonly cron: string; readonly zone: string; readonly at: string | null }[];
}

/** `schedule`: when the rack's own windows hold next, and what the calendar has to do. */
export const scheduleCommand = (): Command =>
  new Command("schedule").description("the next planned windows, and the calendar's chores").action(async (_options: object, command: Command) => {
    const answer = (await client(command).ask("GET", "/schedule")) as ScheduleAnswer;
    if (commonOptions(command).json === true) printJson(answer);
    else print(...scheduleLines(answer));
  });

export function scheduleLines({ at, windows, chores }: ScheduleAnswer): string[] {
  const rows = windows.map(({ name, zone, limitW, from, to, running }) => [name, powerText(limitW), wallText(from, zone), wallText(to, zone), zone, running ? `runs, ends ${fromNow(Date.parse(to), at)}` : fromNow(Date.parse(from), at)]);
  const due = chores.map((chore) => [chore.name, chore.cron, chore.zone, chore.at === null ? "not yet known" : fromNow(Date.parse(chore.at), at)]);
  return [
    ...(rows.length === 0 ? ["No windows are planned (schedule: in the configuration)."] : celled([["window", "limit", "from", "to", "zone", "begins"], ...rows], 6).split("\n")),
    ...(due.length === 0 ? [] : ["", ...celled([["chore", "cron", "zone", "due"], ...due], 4).split("\n")]),
  ];
}

/** "Mon 23 Nov 17:00" on the wall of the zone. */
const wallText = (at: string, zone: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(at)).replace(",", "");
