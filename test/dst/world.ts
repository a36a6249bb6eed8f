/** The world of one life: the rack, the operator, the network, the controller with its disk and clock, and what befalls them. */
import { createHash, type Hash } from "node:crypto";
import type { Setpoint } from "../../agent/core/model.ts";
import { millis } from "../../agent/core/units.ts";
import type { IncomingMessage, OutgoingMessage } from "../../agent/runtime/link.ts";
import { stackOf } from "../../agent/runtime/errors.ts";
import type { PduFault } from "../../drivers/sim/faults.ts";
import { NO_FAULT } from "../../drivers/sim/faults.ts";
import type { SimMachine } from "../../drivers/sim/machine.ts";
import { MemoryBroker } from "../support/memory-link.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { Dice } from "./dice.ts";
import { SimDisk } from "./disk.ts";
import type { WallClock } from "./mortal-clock.ts";
import type { Fuse } from "./mortality.ts";
import { Network } from "./network.ts";
import { NODE, ROOT, SimOperator } from "./operator.ts";
import { rowOf } from "./oracle/grants.ts";
import { Oracle, type Befallen } from "./oracle/oracle.ts";
import type { Entry, Issued, MachineSight, Said, Sight } from "./oracle/sight.ts";
import type { Plan } from "./plan.ts";
import { CLIENT, MIN_OFF, Process } from "./process.ts";
import { buildRack, sightOf, type Rack, type SimAsic } from "./rack.ts";
import type { Sabotage } from "./sabotage.ts";
import type { Scale } from "./sim-meter.ts";

export interface WorldOptions {
  readonly trace: ((atS: number, line: string) => void) | null;
  readonly sabotage: Sabotage;
}

type End = () => void;

/** Parking may take 15 s, and saying goodbye 2. */
const STOPS_WITHIN_S = 30;

export class World {
  readonly clock = new VirtualClock();
  readonly broker = new MemoryBroker(this.clock);
  readonly disk = new SimDisk();
  readonly wall: WallClock = { offsetMs: 0, synchronised: true };
  readonly network = new Network();
  readonly rack: Rack;
  readonly operator: SimOperator;
  readonly oracle: Oracle;
  /** How often everything happened. */
  readonly counts = new Map<string, number>();
  beating = true;
  beatEveryS = 10;
  readonly #plan: Plan;
  readonly #options: WorldOptions;
  readonly #scale: Scale = { shown: 1 };
  readonly #issued = new Map<string, Issued>();
  readonly #later: { readonly atMs: number; readonly act: () => void }[] = [];
  /** Parts that something is wrong with already: one thing at a time. */
  readonly #busy = new Set<string>();
  readonly #deaf = new Set<string>();
  readonly #log: Hash = createHash("sha256");
  readonly #orders: Hash = createHash("sha256");
  /** Machines without power of their own accord. */
  readonly #unfed = new Set<SimMachine>();
  #dark = false;
  #ordered = 0;
  #process: Process | null = null;
  #boots = 0;
  #said: Said | null = null;
  #restartAfterS = 0;

  constructor(plan: Plan, options: WorldOptions) {
    const { seed, asics } = plan;
    this.#plan = plan;
    this.#options = options;
    this.rack = buildRack(new Dice(seed, "rack"), this.clock, asics);
    this.operator = new SimOperator(this.broker, () => this.clock.now().at, (document) => this.#issued.set(document.wire, document));
    this.oracle = new Oracle({ failsafeW: this.rack.failsafeW, rackW: this.rack.highestW, kept: keptOn(this.disk) });
    this.broker.network(this.network.hooks({ genuine: new Dice(seed, "network"), forged: new Dice(seed, "forgery") }, (payload) => this.#issued.get(payload), CLIENT));
  }

  get nowMs(): number {
    return this.clock.now().uptime;
  }

  get alive(): boolean {
    return this.#process !== null;
  }

  get orders(): number {
    return this.#ordered;
  }

  hashes(): { readonly log: string; readonly orders: string } {
    return { log: this.#log.copy().digest("hex").slice(0, 16), orders: this.#orders.copy().digest("hex").slice(0, 16) };
  }

  say(line: string): void {
    this.#options.trace?.(this.nowMs / 1000, line);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  after(s: number, act: () => void): void {
    this.#later.push({ atMs: this.nowMs + s * 1000, act });
  }

  /** Everything that is due. */
  pass(): void {
    const due = this.#later.filter(({ atMs }) => atMs <= this.nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const item of due) {
      this.#later.splice(this.#later.indexOf(item), 1);
      item.act();
    }
  }

  look(): void {
    const { nominalW, outletsMapped, asics } = this.rack;
    const { uptime, at } = this.clock.now();
    const sight: Sight = {
      nowMs: uptime, wallMs: at, powerW: this.rack.truePowerW(), energyWh: this.rack.energyWh, machines: this.#machines, nominalW,
      meteredOutlets: outletsMapped ? asics.length : 0, meterW: this.#meterW, alive: this.alive, said: this.#said,
    };
    this.oracle.look(this.#options.sabotage.sight?.(sight) ?? sight);
  }

  allocate(fraction: number, u: readonly [number, number, number]): void {
    const pick = <T>(part: number, choices: readonly [T, ...T[]]): T => choices[Math.floor(part * choices.length)] ?? choices[0];
    const heartbeatTimeoutS = pick((u[1] * 7) % 1, [30, 60, 120]);
    this.beatEveryS = Math.min(30, heartbeatTimeoutS / 3);
    this.operator.allocation({
      maxW: Math.round(fraction * this.rack.nominalW), validForS: pick(u[2], [300, 900, 3600, 7200, 86_400]), heartbeatTimeoutS,
      rampPctPerMin: pick(u[1], [20, 60, 600]), restart: { minOffS: Math.round(10 * u[2]), randomS: Math.round(20 * ((u[2] * 3) % 1)) },
    });
  }

  /** Something goes wrong with a part that nothing is wrong with. Returns how it ends. */
  befall(cause: string, part: string, begin: () => End, detail: Partial<Befallen> = {}): End | undefined {
    if (this.#busy.has(part === "network" ? cause : part)) return undefined;
    const befallen: Befallen = { cause, subject: part, ...detail };
    this.#busy.add(part === "network" ? cause : part);
    this.oracle.begins(befallen, this.nowMs);
    const end = begin();
    return () => {
      end();
      this.#busy.delete(part === "network" ? cause : part);
      this.oracle.ends(befallen, this.nowMs);
    };
  }

  befallMachine(cause: string, index: number, begin: (machine: SimMachine) => End | void): End | undefined {
    const { machine, model } = this.rack.asics[index % this.rack.asics.length] as SimAsic;
    const ended = this.befall(cause, machine.id, () => begin(machine) ?? (() => undefined), { machineW: model.nameplate });
    if (ended === undefined) return undefined;
    const row = rowOf(cause);
    if (row.deaf === true) this.#deaf.add(machine.id);
    const end = (): void => {
      this.#deaf.delete(machine.id);
      ended();
    };
    if (row.ends !== null) return end;
    this.#busy.delete(machine.id);
    return undefined;
  }

  befallMeter(cause: string, fault: PduFault, bent?: NonNullable<Befallen["bent"]>): End | undefined {
    const { pdu } = this.rack;
    return this.befall(cause, "meter", () => {
      pdu.fault(fault);
      return () => {
        pdu.wire = NO_FAULT;
        pdu.pdu.setFrozen(false);
        pdu.pdu.setOffset(0);
      };
    }, bent === undefined ? {} : { bent });
  }

  bendMeter(cause: string, shown: number): End | undefined {
    return this.befall(cause, "meter", () => {
      this.#scale.shown = shown;
      return () => void (this.#scale.shown = 1);
    }, { bent: { shown, offsetW: 0 } });
  }

  /** The air at every inlet gets so much warmer. */
  warm(celsius: number): void {
    for (const { machine } of this.rack.asics) machine.body.inletC += celsius;
  }

  /** Pulled out of its outlet. */
  unplug(machine: SimMachine): End {
    this.#unfed.add(machine);
    this.#feed();
    return () => {
      this.#unfed.delete(machine);
      this.#feed();
    };
  }

  /** The outlet says it is on and delivers nothing. */
  deaden(index: number, machine: SimMachine): End {
    const plugged = this.unplug(machine);
    this.rack.pdu.pdu.setDead(index, true);
    return () => {
      this.rack.pdu.pdu.setDead(index, false);
      plugged();
    };
  }

  /** The mains fail: controller and machines go dark together, and come back together. */
  blackout(): End | undefined {
    if (!this.alive) return undefined;
    return this.befall("mains outage", "mains", () => {
      this.#end("mains outage");
      this.#dark = true;
      this.#feed();
      return () => {
        this.#dark = false;
        this.#feed();
        this.start();
      };
    });
  }

  /** An outlet is switched by order of the agent, counted from 1. */
  #switch(outlet: number, on: boolean): void {
    const { pdu } = this.rack.pdu;
    if (pdu.isOn(outlet - 1) === on) return;
    this.count(on ? "outlet closed" : "outlet opened");
    this.say(`outlet ${outlet} ${on ? "closed" : "opened"}`);
    this.oracle.switched(outlet, on, { nowMs: this.nowMs, leastMs: MIN_OFF });
    pdu.switch(outlet - 1, on);
    this.#feed();
  }

  #feed(): void {
    for (const [index, { machine }] of this.rack.asics.entries()) {
      if (this.#dark || this.#unfed.has(machine) || !this.rack.pdu.pdu.isOn(index)) machine.powerOff();
      else machine.powerOn();
    }
  }

  kill(restartAfterS: number): void {
    if (this.#process === null) return;
    this.#process.kill();
    this.#died("killed", restartAfterS);
  }

  /** It will be killed at a call of a seam. */
  lightFuse(fuse: Fuse, restartAfterS: number): void {
    this.#restartAfterS = restartAfterS;
    this.#process?.mortality.light(fuse);
  }

  restart(afterS: number): void {
    const process = this.#process;
    if (process === null || this.#busy.has("service")) return;
    const started = this.befall("clean stop", "service", () => () => undefined);
    void process.stop().then(() => {
      if (this.#process !== process) return;
      this.#process = null;
      this.#said = null;
      this.say("stopped");
      this.after(afterS, () => this.start());
    }).catch(() => undefined).finally(() => started?.());
  }

  /** A replay of one of the allocations before the last. */
  replay(u: number): void {
    const old = [...this.#issued.values()].filter(({ type, genuine }) => genuine && type === "ALLOCATION").slice(0, -1);
    const document = old[Math.floor(u * old.length)];
    if (document !== undefined) this.operator.replay(document);
  }

  start(): void {
    if (this.#process !== null) return;
    this.#boots += 1;
    this.oracle.ends({ cause: "controller down", subject: "controller" }, this.nowMs);
    this.oracle.booted({ nowMs: this.nowMs, wallMs: this.clock.now().at });
    const boots = this.#boots;
    const { clock, wall, broker, disk, rack } = this;
    const process: Process = new Process({
      clock, wall, broker, disk, rack, scale: this.#scale, switched: (outlet, on) => this.#switch(outlet, on), dice: new Dice(this.#plan.seed, `process-${boots}`), sabotage: this.#options.sabotage,
      ear: { delivered: (message) => this.#delivered(message), published: (message) => this.#published(message) },
      died: () => {
        this.count("killed at a call");
        this.#died("killed at a call", this.#restartAfterS);
      },
    }, `boot-${boots}`);
    this.#process = process;
    process.daemon.events.follow((entry) => {
      if (this.#process === process) this.#entry(entry);
    });
    const ended = (how: string): void => {
      if (this.#process === process && !this.#busy.has("service")) this.oracle.broken("alive", how);
    };
    process.ended.then(() => ended("it has ended"), (error: unknown) => ended(stackOf(error)));
  }

  /** The life is over: the daemon is stopped as by SIGTERM. */
  async finish(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    if (process === null) return;
    let over = false;
    // A daemon that has failed has been judged for it; one that a fuse kills on its way never ends.
    const end = (): void => void (over = true);
    process.stop().then(end, end);
    for (let s = 0; s < STOPS_WITHIN_S && !over && !process.mortality.dead; s++) await this.clock.advance(millis(1_000));
    if (!over && !process.mortality.dead) this.oracle.broken("alive", `told to stop, it has not ended within ${STOPS_WITHIN_S} s`);
    process.kill();
  }

  readonly #machines = (): readonly MachineSight[] => this.rack.asics.map((asic, index) => sightOf(asic, { obeys: !this.#deaf.has(asic.machine.id), fed: this.rack.pdu.pdu.isOn(index) }));

  readonly #meterW = (): number | null => {
    const { pdu } = this.rack;
    if (pdu.wire.kind !== "none") return null;
    return pdu.pdu.samples().reduce((sum, { powerW }) => sum + powerW, 0) * this.#scale.shown;
  };

  #died(how: string, restartAfterS: number): void {
    this.#end(how);
    this.after(restartAfterS, () => this.start());
  }

  #end(how: string): void {
    this.#process?.kill();
    this.#process = null;
    this.#said = null;
    this.say(how);
    this.oracle.begins({ cause: "controller down", subject: "controller" }, this.nowMs);
  }

  #delivered({ payload }: IncomingMessage): void {
    const document = this.#issued.get(Buffer.from(payload).toString("utf8"));
    if (document?.genuine !== true) return;
    const { uptime, at } = this.clock.now();
    if (document.type !== "HEARTBEAT") this.say(`delivered ${document.type} ${document.id}`);
    this.oracle.delivered(document, { nowMs: uptime, wallMs: at });
  }

  #published({ topic, payload }: OutgoingMessage): void {
    if (topic !== STATUS) return;
    const status = JSON.parse(String(payload)) as Said & { readonly online: boolean };
    if (status.online) this.#said = status;
  }

  #entry(entry: Entry): void {
    const { nowMs } = this;
    const { at: _, name, ...fields } = entry;
    this.#log.update(`${Math.round(nowMs)} ${name} ${JSON.stringify(fields)}\n`);
    const written = this.#options.sabotage.entry?.(entry) ?? entry;
    if (this.#options.sabotage.entry?.(entry) !== null) this.oracle.entry(written, nowMs);
    if (name === "setpoint.ordered") this.#order(entry, nowMs);
    else if (name !== "setpoint.acknowledged") this.say(`${name} ${JSON.stringify(fields)}`);
  }

  #order(entry: Entry, nowMs: number): void {
    const device = String(entry["device"]);
    const setpoint = entry["setpoint"] as Setpoint;
    this.#ordered += 1;
    this.#orders.update(`${Math.round(nowMs)} ${device} ${JSON.stringify(setpoint)}\n`);
    this.say(`order ${device} ${JSON.stringify(setpoint)} because of ${String(entry["cause"])}`);
    const asic = this.rack.asics.find(({ machine }) => machine.id === device);
    const watts = asic === undefined ? undefined : drawAt(asic, setpoint);
    this.oracle.ordered({ device, setpoint, cause: String(entry["cause"]), watts: watts ?? null }, this.#machines(), { nowMs, wallMs: this.clock.now().at });
  }
}

/** A machine whose outlet is closed boots to where it was, at the most its nameplate; undefined: it knows no such setting. */
function drawAt({ asleepW, pointsW, boards, boardsW, model }: SimAsic, setpoint: Setpoint): number | undefined {
  if (setpoint.kind === "sleep") return asleepW;
  if (setpoint.kind === "boards") return boards && setpoint.count > 0 ? boardsW[setpoint.count] : undefined;
  if (setpoint.kind === "points") return pointsW.get(setpoint.point);
  return setpoint.kind === "outlet" ? (setpoint.on ? model.nameplate : 0) : undefined;
}

const STATUS = `${ROOT}${NODE}/status`;

/** The agent's own records of what it has verified, read as data. */
function keptOn(disk: SimDisk): { seq(topic: string): number; latched(topic: string): boolean } {
  const read = (key: string): Record<string, unknown> | null => {
    const text = disk.kept(key);
    return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
  };
  return {
    seq: (topic) => Number(read(`signal/mark/${topic}#op`)?.["seq"] ?? -1),
    latched: (topic) => (read(`signal/latch/${topic}`)?.["latch"] ?? null) !== null,
  };
}
