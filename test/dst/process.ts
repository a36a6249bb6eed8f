/** One run of the real daemon on the simulated rack: it can be stopped, and it can be killed at any call of a seam. */
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { celsius, seconds, watts } from "../../agent/core/units.ts";
import { Daemon } from "../../agent/daemon.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { Signal } from "../../agent/signal/signal.ts";
import { MemoryLink, type MemoryBroker } from "../support/memory-link.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";
import type { Dice } from "./dice.ts";
import type { SimDisk } from "./disk.ts";
import { MortalClock, type WallClock } from "./mortal-clock.ts";
import { MortalLink, type Eavesdropper } from "./mortal-link.ts";
import { Mortality } from "./mortality.ts";
import { NODE, ROOT, rootKey } from "./operator.ts";
import type { Rack } from "./rack.ts";
import type { Sabotage } from "./sabotage.ts";
import { heatOf } from "../../drivers/models.ts";
import { simDevice } from "./sim-device.ts";
import { simMeter, type Scale } from "./sim-meter.ts";

export const CLIENT = "rack";

/** How long an outlet that was opened has to stay open. */
export const MIN_OFF = seconds(30);

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly wall: WallClock;
  readonly broker: MemoryBroker;
  readonly ear: Eavesdropper;
  readonly disk: SimDisk;
  readonly rack: Rack;
  readonly scale: Scale;
  /** Switches an outlet, counted from 1. */
  switched(outlet: number, on: boolean): void;
  readonly dice: Dice;
  readonly sabotage: Sabotage;
  /** A fuse has burnt down. */
  died(): void;
}

export class Process {
  readonly daemon: Daemon;
  readonly mortality: Mortality;
  readonly ended: Promise<void>;
  readonly #broker: MemoryBroker;
  readonly #stop = new AbortController();

  constructor({ clock, wall, broker, ear, disk, rack, scale, switched, dice, sabotage, died }: Surroundings, boot: string) {
    const mortality = new Mortality(() => {
      broker.cut(CLIENT);
      died();
    });
    const own = new MortalClock(clock, wall, mortality);
    const signal = new Signal({
      prefix: "gla/1", operator: "sim", site: "s1", rack: "r1", signatures: sabotage.signatures ?? "required", heartbeat: "required", clock: "kernel",
      rootKey, nominal: watts(rack.nominalW), optOut: false, shares: {}, drawSeed: () => "5eed".repeat(16),
    });
    const link = new MemoryLink(broker, own, { clientId: CLIENT, subscriptions: signal.subscriptions() });
    const { device = (honest) => honest, meter = (honest) => honest, store = (honest) => honest } = sabotage;
    this.mortality = mortality;
    this.#broker = broker;
    this.daemon = new Daemon({
      clock: own,
      random: dice.next,
      log: silentLog,
      store: store(disk.open(own, mortality), own),
      grid: new MortalLink(link, mortality, ear),
      gridRoot: ROOT + NODE,
      farm: null,
      signal,
      identity: { operator: "sim", node: NODE.slice(1), key: null },
      seal: (payload) => payload,
      wiring: {
        devices: rack.asics.map((asic, index) => ({ device: device(simDevice(asic, { clock: own, mortality }), own), outlet: rack.outletsMapped ? { meter: rack.pdu.id, index: index + 1 } : null })),
        meters: [{ meter: meter(simMeter(rack.pdu, own, { mortality, scale, switched })), role: "rack" }],
        switching: { opens: () => (rack.outletsMapped ? rack.opens : "never"), rules: { minOff: MIN_OFF, spacing: seconds(2), perStep: 4 } },
      },
      policy: { ...DEFAULT_POLICY, nominal: watts(rack.nominalW), failsafe: watts(rack.failsafeW), restart: { minOff: seconds(0), random: seconds(30), rampPercentPerMinute: 60 }, heat: new Map(rack.asics.map(({ machine, model }) => [machine.id, { ...heatOf(model), cool: rack.coolC === null ? null : celsius(rack.coolC) }])), ...sabotage.policy },
      breakerW: null,
      onStop: "failsafe",
      boot,
      software: "dst",
      config: "ok",
      notify: { ready: () => undefined, watchdog: () => undefined, stopping: () => undefined },
      attendants: [],
      forward: null,
      logHead: () => null,
    });
    void own.sync.run(own, silentLog, this.#stop.signal);
    this.ended = this.daemon.run(this.#stop.signal);
  }

  /** As by SIGKILL: nothing it was doing goes on, and the broker sees the connection break. */
  kill(): void {
    this.mortality.end();
    this.#broker.cut(CLIENT);
  }

  /** As by SIGTERM. */
  stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    return this.ended;
  }
}
