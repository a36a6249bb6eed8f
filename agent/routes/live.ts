/** What is behind the status page. */
import type { Live } from "../attend/live.ts";
import type { Daemon } from "../daemon.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { eventRow } from "../report/live.ts";
import { deviceOf } from "./asked.ts";

const MOST_EVENTS = 8;

export const liveRoutes = (daemon: Daemon, live: () => Live): ControlRoute[] => [{
  method: "GET",
  path: "/live",
  socket: "look",
  does: "The rack as the status page shows it; with follow=1 server-sent events: all of it first, then what changes.",
  async handle() {
    const { now } = live();
    if (now === null) throw new ControlError(503, "the first decision is not made yet", "Try again in a second.");
    return now;
  },
  follow: (emit) => live().follow(emit),
}, {
  method: "GET",
  path: "/devices/:id/events",
  socket: "look",
  does: "The last events of one miner in the log's words, newest first.",
  async handle(request) {
    const { device: { id } } = deviceOf(daemon, request);
    return daemon.events.last(Number.POSITIVE_INFINITY).filter((event) => event["device"] === id).slice(-MOST_EVENTS).toReversed().map(eventRow);
  },
}];
