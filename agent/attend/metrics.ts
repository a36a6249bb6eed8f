/** Holds what Prometheus asks for: the last decision, and how often what has happened. Nothing is made before somebody asks. */
import type { Decision } from "../core/decide.ts";
import type { HostHealth } from "./host-health.ts";
import type { Change } from "../report/changes.ts";
import { deviceRow, type DeviceNotes } from "../report/devices.ts";
import type { AgentEvent } from "../report/events.ts";
import type { MetricsLook } from "../report/prometheus/metrics.ts";
import type { StatusDocument } from "../report/status.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Link } from "../runtime/link.ts";
import type { Attendant, Desk } from "./attendant.ts";
import { outletLooks } from "./outlet-looks.ts";

export interface MetricsOptions {
  readonly clock: Clock;
  readonly health: Pick<HostHealth, "alarms">;
  readonly about: (device: string) => DeviceNotes;
  readonly links: Readonly<Record<string, Pick<Link, "connected"> | null>>;
  readonly node: MetricsLook["node"];
  /** Processor time, and memory held. */
  readonly usage: () => { readonly cpuS: number; readonly residentBytes: number };
}

export class Metrics implements Attendant {
  readonly name = "metrics";
  readonly #options: MetricsOptions;
  readonly #events = new Map<string, number>();
  #desk: Desk | null = null;
  #last: { readonly decision: Decision; readonly status: StatusDocument } | null = null;

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
  }

  decided(decision: Decision, { status }: { readonly status: StatusDocument }): readonly Change[] {
    this.#last = { decision, status };
    return [];
  }

  happened({ name }: AgentEvent): void {
    this.#events.set(name, (this.#events.get(name) ?? 0) + 1);
  }

  /** null before the first decision. */
  look(): MetricsLook | null {
    if (this.#last === null || this.#desk === null) return null;
    const { decision, status } = this.#last;
    const { clock, health, about, links, node, usage } = this.#options;
    const { at, uptime } = clock.now();
    return {
      status, node,
      devices: decision.views.map((view) => deviceRow(view, decision, about(view.device.id))),
      outlets: outletLooks(this.#desk.plant),
      meters: this.#desk.plant.meters.map(({ meter, reading, failure }) => ({ id: meter.id, answers: reading !== null && failure === null, energyWh: reading?.energyWh ?? null })),
      alarms: health.alarms,
      events: this.#events,
      links: Object.entries(links).flatMap(([link, party]) => (party === null ? [] : [{ link, connected: party.connected }])),
      process: { startedAtS: (at - uptime) / 1000, ...usage() },
    };
  }
}
