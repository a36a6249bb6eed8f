/** Every route of the control sockets, and their description made from them. */
import type { Calendar } from "../attend/calendar.ts";
import type { Commissioning } from "../attend/commissioning.ts";
import type { EStop } from "../attend/estop.ts";
import type { Evidence } from "../attend/evidence.ts";
import type { History } from "../attend/history.ts";
import type { HostHealth } from "../attend/host-health.ts";
import type { Metrics } from "../attend/metrics.ts";
import type { Live } from "../attend/live.ts";
import type { OutletBook } from "../attend/outlet-book.ts";
import type { Proving } from "../attend/proving.ts";
import type { Reload } from "../attend/reload.ts";
import type { Schedule } from "../attend/schedule.ts";
import type { Daemon } from "../daemon.ts";
import type { ControlRoute } from "../link/control.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logbook } from "../runtime/log.ts";
import type { Store } from "../runtime/store.ts";
import { controlRoutes } from "./control-routes.ts";
import { estopRoutes } from "./estop.ts";
import { evidenceRoutes } from "./evidence.ts";
import { historyRoutes } from "./history.ts";
import { explainRoutes } from "./explain.ts";
import { hostRoutes } from "./host.ts";
import { liveRoutes } from "./live.ts";
import { mapRoutes } from "./map.ts";
import { metricsRoutes } from "./metrics.ts";
import { openapi } from "./openapi.ts";
import { operationRoutes } from "./operation.ts";
import { outletRoutes } from "./outlets.ts";
import { proveRoutes } from "./prove.ts";
import { scheduleRoutes } from "./schedule.ts";
import { stateRoutes } from "./state.ts";

export interface RouteParts {
  readonly daemon: Daemon;
  readonly clock: Clock;
  readonly store: Store;
  readonly logbook: Logbook;
  readonly software: string;
  readonly schedule: Schedule;
  readonly calendar: Calendar;
  readonly history: History;
  readonly metrics: Metrics;
  readonly live: Live;
  readonly health: HostHealth;
  readonly reload: Reload;
  readonly estop: EStop;
  readonly evidence: Evidence | null;
  readonly journal: string;
  readonly outlets: OutletBook;
  readonly commissioning: Commissioning;
  readonly proving: Proving;
  /** With the rack's own key; null: it has none. */
  readonly sign: ((text: string) => string) | null;
}

export function allRoutes(parts: RouteParts): ControlRoute[] {
  const { daemon, clock, store, software, schedule, calendar, history, live, metrics, health, estop, evidence, journal, outlets, commissioning } = parts;
  const wallNow = (): number => clock.now().at;
  const routes = [
    ...controlRoutes(daemon),
    ...explainRoutes(daemon, parts),
    ...scheduleRoutes({ schedule, calendar, wallNow }),
    ...historyRoutes(() => history.past),
    ...metricsRoutes(() => metrics),
    ...liveRoutes(daemon, () => live),
    ...hostRoutes(health),
    ...operationRoutes(daemon, parts),
    ...stateRoutes(daemon, store),
    ...estopRoutes(estop),
    ...evidenceRoutes(evidence, journal),
    ...outletRoutes(daemon, { book: outlets, clock }),
    ...mapRoutes(daemon, commissioning),
    ...proveRoutes(daemon, parts),
  ];
  return [...routes, { method: "GET", path: "/openapi.json", socket: "look", does: "This description.", handle: async () => openapi(routes, software) }];
}
