/** The machine under the daemon, for `doctor` and for whoever watches many. */
import type { HostHealth } from "../attend/host-health.ts";
import type { ControlRoute } from "../link/control.ts";

export const hostRoutes = (health: HostHealth): ControlRoute[] => [
  { method: "GET", path: "/host", socket: "look", does: "The controller's own figures, and the alarms that stand.", handle: async () => ({ figures: health.figures, alarms: health.alarms }) },
];
