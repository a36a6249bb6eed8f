/** What is planned: the next windows of the rack's own schedule, and the calendar's chores. */
import type { Calendar } from "../attend/calendar.ts";
import type { Schedule } from "../attend/schedule.ts";
import { instant } from "../core/units.ts";
import type { ControlRoute } from "../link/control.ts";

const MOST = 20;
const iso = (at: number): string => new Date(at).toISOString();

export function scheduleRoutes({ schedule, calendar, wallNow }: { readonly schedule: Schedule; readonly calendar: Calendar; readonly wallNow: () => number }): ControlRoute[] {
  return [{
    method: "GET",
    path: "/schedule",
    socket: "look",
    does: "The next planned windows, and the calendar's chores.",
    async handle() {
      const now = instant(wallNow());
      return {
        at: iso(now),
        windows: schedule.upcoming(now, MOST).map(({ window, start, end }) => ({ name: window.name, zone: window.zone, limitW: window.limit, from: iso(start), to: iso(end), running: start <= now })),
        chores: calendar.due().map(({ at, ...chore }) => ({ ...chore, at: at === null ? null : iso(at) })),
      };
    },
  }];
}
