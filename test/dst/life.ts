/** One life: a rack, an operator, a network, faults drawn from the seed, and the judge. No sockets, no wall time. */
import { createHash } from "node:crypto";
import type { Policy } from "../../agent/core/policy.ts";
import { millis } from "../../agent/core/units.ts";
import type { OutgoingMessage } from "../../agent/runtime/link.ts";
import { parseAsicFault } from "../../drivers/sim/faults.ts";
import { MemoryBroker } from "../support/memory-link.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { Dice } from "./dice.ts";
import { SimDisk } from "./disk.ts";
import type { Issued } from "./operator.ts";
import { SimOperator } from "./operator.ts";
import type { Violation } from "./oracle.ts";
import { Oracle } from "./oracle.ts";
import { CLIENT, Process } from "./process.ts";
import { buildRack, sleepsTooDeep } from "./rack.ts";

export interface LifeOptions {
  readonly seed: number;
  /** False: the same life without its forged and replayed documents. */
  readonly forgeries: boolean;
  readonly trace: ((atS: number, line: string) => void) | null;
  /** A planted bug: what the judge has to find. */
  readonly bug?: Partial<Policy>;
}

export interface LifeReport {
  readonly seed: number;
  readonly minutes: number;
  readonly asics: number;
  readonly violations: readonly Violation[];
  /** Of every order, in order: the same seed twice gives the same. */
  readonly ordersHash: string;
  readonly orders: number;
  readonly exercised: ReadonlyMap<string, number>;
}

const HEARTBEAT_S = 10;

export async function live(options: LifeOptions): Promise<LifeReport> {
  const { seed, trace } = options;
  const dice = new Dice(seed, "plan");
  const clock = new VirtualClock();
  const broker = new MemoryBroker(clock);
  const disk = new SimDisk();
  const rack = buildRack(new Dice(seed, "rack"), clock);
  const oracle = new Oracle(rack.failsafeW);
  const now = (): number => clock.now().uptime;
  const say = (line: string): void => trace?.(now() / 1000, line);

  const issued = new Map<string, Issued>();
  const operator = new SimOperator(broker, () => clock.now().at, (document) => issued.set(document.wire, document));
  const seen = new Map<string, number>();
  let late = false;
  const network = new Dice(seed, "network");
  const forgeryDelay = new Dice(seed, "forgery");
  broker.network({
    delay: ({ payload }, to) => {
      if (to !== CLIENT) return millis(0);
      const genuine = issued.get(String(payload))?.genuine !== false;
      return millis((genuine ? network : forgeryDelay).between(1, 50) + (genuine && late ? network.between(1_000, 8_000) : 0));
    },
  });
  // What reaches the agent, in the moment before it does: a retained document counts once, and only if none newer came before.
  const deliver = (message: OutgoingMessage): void => {
    const document = issued.get(String(message.payload));
    if (document === undefined || !document.genuine || (seen.get(document.topic) ?? -1) >= document.seq) return;
    seen.set(document.topic, document.seq);
    say(`delivered ${document.type} ${document.id}`);
    oracle.delivered(document, now());
  };

  /** Machines no order reaches: what they draw cannot be shed without outlets. */
  const deaf = new Set<string>();
  let alive = true;
  let boots = 0;
  const orders = createHash("sha256");
  let ordered = 0;
  const points = new Map(rack.asics.map(({ machine, model }) => [machine.id, new Set(model.points.map(({ id }) => id))]));
  const start = (): Process => {
    boots += 1;
    oracle.booted(now());
    const process = new Process({ clock, broker, disk, rack, dice: new Dice(seed, `process-${boots}`), bug: options.bug ?? {} }, `boot-${boots}`);
    process.daemon.events.follow((event) => {
      if (event.name === "setpoint.ordered") {
        ordered += 1;
        orders.update(`${Math.round(now())} ${String(event["device"])} ${JSON.stringify(event["setpoint"])}\n`);
        const setpoint = event["setpoint"] as { kind: string; point?: string };
        if (setpoint.kind === "points" && points.get(String(event["device"]))?.has(setpoint.point ?? "") !== true) oracle.violate(now(), "no setpoint outside its envelope", JSON.stringify(event));
      }
      if (event.name === "setpoint.failed" && event["code"] === "out-of-range") oracle.violate(now(), "no setpoint outside its envelope", JSON.stringify(event));
      if (event.name !== "setpoint.ordered" && event.name !== "setpoint.acknowledged") say(`${event.name} ${JSON.stringify({ ...event, at: undefined, name: undefined })}`);
    });
    process.ended.catch((error: unknown) => oracle.violate(now(), "the daemon does not end by itself", error instanceof Error ? (error.stack ?? error.message) : String(error)));
    return process;
  };
  tapDeliveries(broker, () => alive, deliver);

  operator.keys();
  let rampPct = 60;
  const allocate = (fraction: number): void => {
    rampPct = dice.pick([20, 60, 600]);
    say(`operator: allocation ${Math.round(fraction * 100)} %`);
    operator.allocation({
      maxW: Math.round(fraction * rack.nominalW), validForS: dice.pick([3600, 7200, 86_400]), heartbeatTimeoutS: dice.pick([30, 60, 120]),
      rampPctPerMin: rampPct, restart: { minOffS: dice.whole(0, 10), randomS: dice.whole(0, 20) },
    });
  };
  allocate(1);
  let process = start();

  const minutes = dice.whole(10, 30);
  const endMs = minutes * 60_000;
  let beating = true;
  let nextBeat = 2_000;
  let nextHappening = dice.between(15_000, 40_000);
  const later: { atMs: number; act: () => void }[] = [];
  const after = (s: number, act: () => void): void => void later.push({ atMs: now() + s * 1000, act });

  const happenings: Record<string, () => void> = {
    allocation: () => allocate(dice.pick([0, 0.05, 0.2, 0.3, 0.5, 0.6, 0.8, 1, 1.2])),
    limit: () => {
      const limit = operator.limit({ limitW: Math.round(dice.between(0, 1) * rack.nominalW), forS: dice.whole(20, 300) });
      if (dice.chance(0.3)) after(dice.between(10, 60), () => operator.cancel(limit));
    },
    emergency: () => {
      const emergency = operator.emergency();
      after(dice.between(20, 60), () => operator.release(emergency));
    },
    "heartbeat stops": () => {
      beating = false;
      after(dice.between(40, 240), () => (beating = true));
    },
    "late documents": () => {
      late = true;
      after(dice.between(20, 60), () => (late = false));
    },
    "broker down": () => {
      broker.goDown();
      after(dice.between(5, 200), () => broker.comeUp());
    },
    kill: () => {
      process.kill();
      alive = false;
      after(dice.between(1, 20), () => {
        seen.clear();
        alive = true;
        process = start();
      });
    },
    "device fault": () => {
      const { machine } = rack.asics[dice.whole(0, rack.asics.length - 1)] ?? fail();
      const fault = parseAsicFault(dice.pick(["silent", "refuse", "garbage", "truncate", "slow:900", "reboot", "stuck"]));
      say(`${machine.id}: ${fault.kind}`);
      oracle.cause(fault.kind === "reboot" ? "reboot" : fault.kind === "stuck" ? "stuck" : "silent device", now());
      machine.fault(fault);
      if (fault.kind === "reboot") return;
      deaf.add(machine.id);
      after(dice.between(20, 120), () => {
        say(`${machine.id}: clear`);
        oracle.cause("device back", now());
        machine.fault({ kind: "none" });
        deaf.delete(machine.id);
      });
    },
    "meter silent": () => {
      oracle.cause("meter lost", now());
      rack.pdu.fault({ kind: "silent" });
      after(dice.between(10, 90), () => {
        oracle.cause("meter lost", now());
        rack.pdu.fault({ kind: "none" });
      });
    },
    "meter frozen": () => {
      oracle.cause("meter frozen", now());
      rack.pdu.fault({ kind: "frozen" });
      deaf.add(rack.pdu.id);
      after(dice.between(30, 180), () => {
        oracle.cause("meter lost", now());
        rack.pdu.fault({ kind: "none" });
        deaf.delete(rack.pdu.id);
      });
    },
    "mains outage": () => {
      process.kill();
      alive = false;
      for (let outlet = 0; outlet < rack.asics.length; outlet++) rack.pdu.pdu.switch(outlet, false);
      after(dice.between(10, 120), () => {
        for (let outlet = 0; outlet < rack.asics.length; outlet++) rack.pdu.pdu.switch(outlet, true);
        oracle.cause("reboot", now());
        seen.clear();
        alive = true;
        process = start();
      });
    },
    "disk full": () => {
      disk.full = true;
      after(dice.between(10, 60), () => (disk.full = false));
    },
  };
  const kinds = Object.keys(happenings) as [string, ...string[]];
  const forger = new Dice(seed, "forger");
  let nextForgery = forger.between(5_000, 30_000);

  for (let t = 1_000; t <= endMs; t += 1_000) {
    for (const due of later.filter(({ atMs }) => atMs <= t).sort((a, b) => a.atMs - b.atMs)) {
      later.splice(later.indexOf(due), 1);
      due.act();
    }
    if (beating && t >= nextBeat) {
      operator.heartbeat();
      nextBeat = t + HEARTBEAT_S * 1000;
    }
    if (t >= nextHappening && alive) {
      const kind = dice.pick(kinds);
      say(`== ${kind}`);
      count(oracle, kind);
      happenings[kind]?.();
      nextHappening = t + dice.between(20_000, 120_000);
    }
    if (t >= nextForgery) {
      const kind = forger.pick(["stranger", "tampered", "unsigned", "wrong-audience", "garbage", "replay"] as const);
      const old = [...issued.values()].filter(({ type, genuine }) => genuine && type === "ALLOCATION");
      const replayed = forger.whole(0, Math.max(0, old.length - 2));
      if (options.forgeries) {
        count(oracle, `forged: ${kind}`);
        const target = old[replayed];
        if (kind !== "replay") operator.forge(kind, rack.nominalW * 2);
        else if (target !== undefined && old.length > 1) operator.replay(target);
      }
      nextForgery = t + forger.between(5_000, 30_000);
    }
    await clock.runUntil(millis(t));
    if (alive) {
      oracle.look({
        nowMs: t, wallMs: clock.now().at, powerW: rack.truePowerW(), reach: rack.reach, broken: deaf.size > 0 || disk.full || rack.asics.some((asic) => sleepsTooDeep(asic, process.daemon.status?.effectiveLimitW ?? Infinity)), rampW: (rack.nominalW * rampPct) / 100, outlets: rack.outletsMapped ? rack.asics.length : 0, status: process.daemon.status,
        floorW: rack.asics.reduce((sum, { machine, model }) => sum + (deaf.has(machine.id) ? machine.powerW : model.sleepPower * 1.1), 0),
      });
    }
  }
  if (alive) {
    const ended = process.stop();
    await clock.advance(millis(30_000));
    await ended;
  }
  return { seed, minutes, asics: rack.asics.length, violations: oracle.violations, ordersHash: orders.digest("hex").slice(0, 16), orders: ordered, exercised: oracle.exercised };
}

const fail = (): never => {
  throw new Error("a rack without machines");
};

const count = (oracle: Oracle, what: string): void => void oracle.exercised.set(what, (oracle.exercised.get(what) ?? 0) + 1);

/** Sees what the agent's own connection is handed, in the moment it is. */
function tapDeliveries(broker: MemoryBroker, alive: () => boolean, deliver: (message: OutgoingMessage) => void): void {
  const enter = broker.enter.bind(broker);
  broker.enter = (client) => {
    if (client.id !== CLIENT) return enter(client);
    return enter({
      ...client,
      hear: (message) => {
        if (!alive()) return;
        deliver({ topic: message.topic, payload: Buffer.from(message.payload).toString("utf8"), qos: 1, retain: message.retain });
        client.hear(message);
      },
    });
  };
}
