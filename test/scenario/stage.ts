/** A rack, its operator and the network between them on a virtual clock: the real daemon, simulated machines, no sockets. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DEFAULT_POLICY, type Policy } from "../../agent/core/policy.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { Attendant } from "../../agent/attend/attendant.ts";
import { Daemon } from "../../agent/daemon.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import { compose, isoTime } from "../../agent/signal/compose.ts";
import type { DocumentType } from "../../agent/signal/documents/envelope.ts";
import { Signal } from "../../agent/signal/signal.ts";
import { loadModel } from "../../drivers/models.ts";
import { Asic } from "../../drivers/sim/asic.ts";
import { SimMachine } from "../../drivers/sim/machine.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { Pdu, type Load } from "../../drivers/sim/pdu.ts";
import { branch } from "../../drivers/sim/random.ts";
import { SimPdu } from "../../drivers/sim/sim-pdu.ts";
import { drawUnit } from "../../drivers/sim/unit.ts";
import { SimDisk } from "../dst/disk.ts";
import { MortalClock, type WallClock } from "../dst/mortal-clock.ts";
import { MortalLink } from "../dst/mortal-link.ts";
import { Mortality } from "../dst/mortality.ts";
import { simDevice } from "../dst/sim-device.ts";
import { simMeter } from "../dst/sim-meter.ts";
import { MemoryBroker, MemoryLink } from "../support/memory-link.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

export const NODE = "site/s1/rack/r1";
const ROOT = `gla/1/demo/${NODE}`;
const MODEL = "antminer-s19k-pro";
const MACHINES = 6;
/** Six times 2,794 W. */
export const NOMINAL = 16_764;
export const FAILSAFE = 5_000;

export interface StageOptions {
  readonly policy?: Partial<Policy>;
  /** Whose draws: another seed is another rack. */
  readonly seed?: string;
  /** The controller's clock at first. */
  readonly wall?: WallClock;
  readonly clock?: "kernel" | "heartbeat";
  /** What attends each life of the daemon. */
  readonly attendants?: (life: { readonly clock: Clock; readonly signal: Signal }) => readonly Attendant[];
  /** The machines' boards can be switched one by one. */
  readonly boards?: boolean;
  /** false: no operator speaks in documents. */
  readonly operated?: boolean;
}

export interface Said {
  readonly id?: string;
  readonly node?: string;
  readonly forS?: number;
  readonly iat?: number;
}

/** Draws what a test tells it to, whatever anybody limits. */
class Uncontrolled implements Load {
  powerW = 0;
  readonly energyWh = 0;
  powerOff(): void {}
  powerOn(): void {}
}

interface Status {
  readonly state: string;
  readonly effectiveLimitW: number | null;
  readonly limitSource: string | null;
  readonly compliance: string;
}

export class Stage {
  readonly clock = new VirtualClock();
  readonly broker = new MemoryBroker(this.clock);
  readonly disk = new SimDisk();
  readonly wall: WallClock;
  readonly load = new Uncontrolled();
  readonly acks: string[] = [];
  /** The operator speaks every 10 s. */
  beating = true;
  #machines: readonly SimMachine[] = [];
  readonly #pdu: SimPdu;
  readonly #options: StageOptions;
  readonly #last = new Map<string, readonly [order: readonly [number, number], exp: number]>();
  #seq = 0;
  #life: { readonly daemon: Daemon; readonly mortality: Mortality; readonly stop: AbortController; readonly ended: Promise<void> } | null = null;
  #boots = 0;

  constructor(options: StageOptions = {}) {
    this.#options = options;
    this.wall = options.wall ?? { offsetMs: 0, synchronised: true };
    const time = { now: () => this.clock.now().uptime, wall: () => this.clock.now().at };
    this.#machines = Array.from({ length: MACHINES }, (_, index) => {
      const random = branch(7, index);
      return new SimMachine(`asic-${index + 1}`, new Asic({ model: readSimModel(MODEL), random, unit: drawUnit(random) }, 0), time);
    });
    this.#pdu = new SimPdu("pdu-1", new Pdu({ loads: [...this.#machines, this.load], now: time.now, random: branch(7, 99) }));
    this.broker.observe("operator", `${ROOT}/ack/+`, ({ payload }) => {
      const { id, status, code } = JSON.parse(Buffer.from(payload).toString("utf8")) as { id: string; status: string; code: string | null };
      this.acks.push(`${id} ${status}${code === null ? "" : `/${code}`}`);
    });
    this.boot();
  }

  get daemon(): Daemon {
    assert.ok(this.#life);
    return this.#life.daemon;
  }

  get status(): Status {
    const { status } = this.daemon;
    assert.ok(status, "the daemon has not decided yet");
    return status;
  }

  /** What is really drawn, the uncontrolled load among it. */
  get powerW(): number {
    return this.#machines.reduce((sum, { powerW }) => sum + powerW, this.load.powerW);
  }

  /** Seconds since the beginning. */
  get now(): number {
    return this.clock.now().uptime / 1_000;
  }

  boot(): void {
    this.#boots += 1;
    const mortality = new Mortality(() => undefined);
    const own = new MortalClock(this.clock, this.wall, mortality);
    const stop = new AbortController();
    const signal = new Signal({
      prefix: "gla/1", operator: "demo", site: "s1", rack: "r1", signatures: "optional", heartbeat: "required", clock: this.#options.clock ?? "kernel",
      rootKey: null, nominal: watts(NOMINAL), optOut: false, shares: {}, drawSeed: () => createHash("sha256").update(this.#options.seed ?? "rack").digest("hex"),
    });
    const model = loadModel(MODEL);
    const link = new MemoryLink(this.broker, own, { clientId: "rack", subscriptions: signal.subscriptions() });
    const daemon = new Daemon({
      clock: own, random: () => 0.5, log: silentLog, store: this.disk.open(own, mortality), gridRoot: ROOT, farm: null, signal, seal: (payload) => payload,
      grid: new MortalLink(link, mortality, { delivered: () => undefined, published: () => undefined }),
      identity: { operator: "demo", node: NODE, key: null },
      wiring: {
        devices: this.#machines.map((machine, index) => ({ device: simDevice({ machine, model, boards: this.#options.boards ?? false, air: false }, { clock: own, mortality }), outlet: { meter: "pdu-1", index: index + 1 } })),
        meters: [{ meter: simMeter(this.#pdu, own, { mortality, scale: { shown: 1 } }), role: "rack" }],
      },
      policy: { ...DEFAULT_POLICY, nominal: watts(NOMINAL), failsafe: watts(FAILSAFE), restart: { minOff: seconds(0), random: seconds(0), rampPercentPerMinute: 600 }, ...this.#options.policy },
      breakerW: null, onStop: "failsafe", boot: `boot-${this.#boots}`, software: "test", config: "ok",
      notify: { ready: () => undefined, watchdog: () => undefined, stopping: () => undefined }, attendants: this.#options.attendants?.({ clock: own, signal }) ?? [], operated: this.#options.operated ?? true, forward: null, logHead: () => null,
    });
    void own.sync.run(own, silentLog, stop.signal);
    this.#life = { daemon, mortality, stop, ended: daemon.run(stop.signal) };
  }

  /** As by SIGKILL. */
  kill(): void {
    assert.ok(this.#life);
    this.#life.mortality.end();
    this.broker.cut("rack");
    this.#life = null;
  }

  mains(on: boolean): void {
    for (let outlet = 0; outlet < MACHINES; outlet += 1) this.#pdu.pdu.switch(outlet, on);
  }

  /** They take connections and say nothing. */
  silence(...ids: readonly string[]): void {
    for (const machine of this.#named(ids)) machine.fault({ kind: "silent" });
  }

  /** They answer so much later. */
  slow(extraMs: number, ...ids: readonly string[]): void {
    for (const machine of this.#named(ids)) machine.fault({ kind: "slow", extraMs });
  }

  /** What these draw in truth. */
  powerOf(...ids: readonly string[]): number {
    return this.#named(ids).reduce((sum, { powerW }) => sum + powerW, 0);
  }

  #named(ids: readonly string[]): readonly SimMachine[] {
    return this.#machines.filter(({ id }) => ids.includes(id));
  }

  /** Resolves with how many seconds it took. */
  async stop(): Promise<number> {
    if (this.#life === null) return 0;
    const begun = this.now;
    let ended = NaN;
    const end = this.#life.ended.then(() => void (ended = this.now));
    this.#life.stop.abort();
    this.#life = null;
    await this.clock.advance(seconds(30));
    await end;
    return ended - begun;
  }

  /** Lets time pass, second by second; `look` sees each. */
  async run(length: number, look: () => void = () => undefined): Promise<this> {
    for (const end = Math.round(this.now) + length; Math.round(this.now) < end; ) {
      if (this.beating && Math.round(this.now) % 10 === 0) this.heartbeat();
      await this.clock.advance(millis(1_000));
      look();
    }
    return this;
  }

  say(type: DocumentType, fields: Readonly<Record<string, unknown>>, { id, node = NODE, forS = 3_600, iat = this.clock.now().at }: Said = {}): string {
    this.#seq += 1;
    const document = compose(type, fields, { operator: "demo", node, seq: this.#seq, iat, exp: iat + forS * 1_000, key: null, ...(id !== undefined && { id }) });
    if (type !== "HEARTBEAT") this.#last.set(document.topic, [[0, this.#seq], type === "EMERGENCY" || type === "RELEASE" ? Infinity : iat + forS * 1_000]);
    const { topic, payload, qos, retain } = document;
    if (this.broker.up) this.broker.publish({ topic, payload, qos, retain });
    // The operator's own session keeps what it could not hand over.
    else if (retain) this.broker.retained.set(topic, { topic, payload, qos, retain });
    return document.id;
  }

  /** Valid from now on. */
  allocate(maxW: number | null, more: Readonly<Record<string, unknown>> = {}, said: Said = {}): string {
    const { at } = this.clock.now();
    return this.say("ALLOCATION", { validFrom: isoTime(at - 10_000), validUntil: isoTime(at + (said.forS ?? 3_600) * 1_000), maxW, ...more }, { id: "allocation", ...said });
  }

  /** `[watts, seconds]` one after the other, the first beginning `inS` from now. */
  limit(items: readonly (readonly [limitW: number, forS: number])[], more: Readonly<Record<string, unknown>> & { readonly inS?: number; readonly id?: string } = {}): string {
    const { inS = 0, id = "limit", ...fields } = more;
    let begin = this.clock.now().at + inS * 1_000;
    const intervals = items.map(([limitW, durationS]) => {
      const start = isoTime(begin);
      begin += durationS * 1_000;
      return { start, durationS, limitW };
    });
    return this.say("LIMIT", { intervals, ...fields }, { id });
  }

  heartbeat(): void {
    const { at } = this.clock.now();
    const last = Object.fromEntries([...this.#last].flatMap(([topic, [order, exp]]) => (exp > at ? [[topic, order]] : [])));
    this.say("HEARTBEAT", { periodS: 10, last }, { forS: 120 });
  }

  expect(limitW: number | null, source: string | null, state?: string): this {
    const { effectiveLimitW, limitSource, state: is } = this.status;
    assert.deepEqual([effectiveLimitW, limitSource, state === undefined ? undefined : is], [limitW, source, state], `at ${this.now} s`);
    return this;
  }

  /** The true power, with what a meter of class 1 and the pulse of the machines leave open. */
  expectAtMost(limitW: number): this {
    assert.ok(this.powerW <= limitW * 1.01 + 20, `${Math.round(this.powerW)} W drawn at ${this.now} s, ${limitW} W allowed`);
    return this;
  }
}

/** A stage that is cleared away whatever happens on it. */
export async function onStage(options: StageOptions, play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage(options);
  try {
    await play(stage);
  } finally {
    await stage.stop();
  }
}

/** Trusted and at full power under an allocation. */
export async function running(stage: Stage, maxW: number | null = NOMINAL, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  stage.allocate(maxW, more);
  await stage.run(40);
}
