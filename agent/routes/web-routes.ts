/** What of the control sockets is shown over the network: what the page needs, what collectors need, nothing else. */
import type { ControlRoute } from "../link/control.ts";

const PAGE: ReadonlySet<string> = new Set(["/status", "/devices", "/devices/:id", "/devices/:id/events", "/pdus", "/events", "/history", "/schedule", "/host", "/live", "/why", "/why/:id"]);
const METRICS: ReadonlySet<string> = new Set(["/metrics"]);

export function webRoutes(routes: readonly ControlRoute[], { page, metrics }: { readonly page: boolean; readonly metrics: boolean }): ControlRoute[] {
  return routes.filter(({ method, path }) => method === "GET" && ((page && PAGE.has(path)) || (metrics && METRICS.has(path))));
}
