/**
 * When chores are due next. node-cron knows: its zones take 8 MB of Intl, and a clock set by a month has kept it busy for
 * 20 s. `curtaild calendar` runs it, in a process of its own; the daemon does not.
 */
import { execFile } from "node:child_process";

/** minute, hour, day of month, month, weekday and the zone they are meant in: "20 3 * * * Europe/Berlin". */
export type CalendarLine = string;

/** The next time of each after now, ms since 1970. Rejects where a line is none or never comes, or nobody could be asked. */
export type NextTimes = (lines: readonly CalendarLine[]) => Promise<readonly number[]>;

export const calendarLine = ({ cron, zone }: { readonly cron: string; readonly zone: string }): CalendarLine => `${cron} ${zone}`;

export const nextTimes: NextTimes = async (lines) => {
  const { createTask } = await import("node-cron");
  return lines.map((line) => {
    const end = line.lastIndexOf(" ");
    const [next] = createTask(line.slice(0, end), () => undefined, { timezone: line.slice(end + 1) }).getNextRuns(1);
    if (next === undefined) throw new Error(`${line} never comes`);
    return next.getTime();
  });
};

const answerMs = 30_000;

/** Asks the program `command` says, which prints them as JSON. */
export const askedOf = ([program = "", ...args]: readonly string[]): NextTimes => (lines) =>
  new Promise((resolve, reject) => {
    execFile(program, [...args, ...lines], { timeout: answerMs }, (error, output) => {
      if (error !== null) reject(error);
      else resolve((JSON.parse(output) as string[]).map((at) => Date.parse(at)));
    });
  });
