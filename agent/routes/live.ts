/** The stream behind the status page. */
import type { Live } from "../attend/live.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";

export const liveRoutes = (live: () => Live): ControlRoute[] => [{
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
}];
