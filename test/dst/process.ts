/** One run of the real daemon on the simulated rack: it can be stopped, and it can be killed. */
import type { Policy } from "../../agent/core/policy.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { seconds, watts } from "../../agent/core/units.ts";
import { Daemon } from "../../agent/daemon.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { Signal } from "../../agent/signal/signal.ts";
import type { MemoryBroker } from "../support/memory-link.ts";
import { MemoryLink } from "../support/memory-link.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";
import type { Dice } from "./dice.ts";
import type { SimDisk } from "./disk.ts";
import { MortalClock } from "./mortal-clock.ts";
import { NODE, ROOT, rootKey } from "./operator.ts";
import type { Rack } from "./rack.ts";
import { simDevice } from "./sim-device.ts";
import { simMeter } from "./sim-meter.ts";

export const CLIENT = "rack";

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly disk: SimDisk;
  readonly rack: Rack;
  readonly dice: Dice;
  readonly bug: Partial<Policy>;
}

export class Process {
  readonly daemon: Daemon;
  readonly ended: Promise<void>;
  readonly #clock: MortalClock;
  readonly #broker: MemoryBroker;
  readonly #stop = new AbortController();

  constructor({ clock, broker, disk, rack, dice, bug }: Surroundings, boot: string) {
    this.#clock = new MortalClock(clock);
    this.#broker = broker;
    const signal = new Signal({ prefix: "gla/1", operator: "sim", site: "s1", rack: "r1", signatures: "required", heartbeat: "required", clock: "assumed", rootKey, nominal: watts(rack.nominalW), optOut: false, shares: {}, drawSeed: () => "5eed".repeat(16) });
    this.daemon = new Daemon({
      clock: this.#clock,
      random: dice.next,
      log: silentLog,
      store: disk.open(this.#clock),
      grid: new MemoryLink(broker, this.#clock, { clientId: CLIENT, subscriptions: signal.subscriptions() }),
      gridRoot: ROOT + NODE,
      farm: null,
      signal,
      identity: { operator: "sim", node: NODE.slice(1), key: null },
      seal: (payload) => payload,
      wiring: {
        devices: rack.asics.map(({ machine, model }, index) => ({ device: simDevice(machine, model, this.#clock), outlet: rack.outletsMapped ? { meter: rack.pdu.id, index: index + 1 } : null })),
        meters: [{ meter: simMeter(rack.pdu, this.#clock), role: "rack" }],
      },
      policy: { ...DEFAULT_POLICY, nominal: watts(rack.nominalW), failsafe: watts(rack.failsafeW), restart: { minOff: seconds(0), random: seconds(30), rampPercentPerMinute: 60 }, ...bug },
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
    this.ended = this.daemon.run(this.#stop.signal);
  }

  /** As by SIGKILL: nothing it was doing goes on, and the broker sees the connection break. */
  kill(): void {
    this.#clock.kill();
    this.#broker.cut(CLIENT);
  }

  /** As by SIGTERM. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.ended;
  }
}
