/** What Prometheus scrapes. */
import type { Metrics } from "../attend/metrics.ts";
import { ControlError, type ControlRoute } from "../link/control.ts";
import { Verbatim } from "../link/control-http.ts";
import { familiesOf } from "../report/prometheus/metrics.ts";
import { CONTENT_TYPE, expositionText } from "../report/prometheus/text.ts";

export const metricsRoutes = (metrics: () => Metrics): ControlRoute[] => [{
  method: "GET",
  path: "/metrics",
  socket: "look",
  does: "Figures for Prometheus, as text. Over the network only where web.metrics says so.",
  async handle() {
    const look = metrics().look();
    if (look === null) throw new ControlError(503, "the first decision is not made yet", "Try again in a second.");
    return new Verbatim(CONTENT_TYPE, expositionText(familiesOf(look)));
  },
}];
