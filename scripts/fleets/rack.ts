/** One rack of the fleet: the real daemon with its links, signatures and telemetry, a meter that shows what a rack that obeys would draw, and no miner. */
import { generateKeyPairSync } from "node:crypto";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { Daemon } from "../../agent/daemon.ts";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import type { IncomingMessage, Link } from "../../agent/runtime/link.ts";
import { silentLog } from "../../agent/runtime/log.ts";
import type { Store } from "../../agent/runtime/store.ts";
import { systemClock } from "../../agent/runtime/system-clock.ts";
import { signJws } from "../../agent/signal/jws.ts";
import { Signal } from "../../agent/signal/signal.ts";
import type { Meter } from "../../drivers/driver.ts";
import { nameOf, NOMINAL_W, OPERATOR, rootKeys } from "./names.ts";

/** 2 s is what the host's clock may be off when it is synchronised. */
const clock = systemClock(() => millis(2_000));
const store: Store = { load: () => Promise.resolve(new Map()), commit: () => Promise.resolve(), close: () => Promise.resolve() };
const root = rootKeys();

export interface FleetRack {
  readonly connected: boolean;
  readonly daemon: Daemon;
}

/** `arrived` is told before anything is done about a message. */
export function startRack(index: number, { broker, arrived, signal: stop }: { readonly broker: string; readonly arrived: (message: IncomingMessage) => void; readonly signal: AbortSignal }): FleetRack {
  const { site, rack, node } = nameOf(index);
  const signal = new Signal({
    prefix: "gla/1", operator: OPERATOR, site, rack, signatures: "required", heartbeat: "required", clock: "kernel", rootKey: root.publicKey, nominal: watts(NOMINAL_W), optOut: false, shares: {},
    drawSeed: () => index.toString(16).padStart(64, "0"),
  });
  const key = { kid: `rack-${index}`, key: generateKeyPairSync("ed25519").privateKey };
  const link = stamped(mqttLink({ urls: [broker], clientId: `fleet-${index}`, subscriptions: signal.subscriptions(), clock, log: silentLog, random: Math.random }), arrived);
  const daemon: Daemon = new Daemon({
    clock, random: Math.random, log: silentLog, store, grid: link, gridRoot: `gla/1/${OPERATOR}/${node}`, farm: null, signal,
    identity: { operator: OPERATOR, node, key: null }, seal: (payload) => signJws(payload, key),
    wiring: { devices: [], meters: [{ meter: obedient(() => daemon.status?.budgetW ?? NOMINAL_W), role: "rack" }] },
    policy: { ...DEFAULT_POLICY, nominal: watts(NOMINAL_W), failsafe: watts(NOMINAL_W / 3), restart: { minOff: seconds(0), random: seconds(0), rampPercentPerMinute: 100 } },
    breakerW: null, onStop: "hold", boot: `boot-${index}`, software: "fleet", config: "ok",
    notify: { ready: () => undefined, watchdog: () => undefined, stopping: () => undefined }, attendants: [], forward: null, logHead: () => null,
  });
  void daemon.run(stop);
  return { get connected() { return link.connected; }, daemon };
}

/** Work of so long a turn of the loop: what arrives meanwhile is read and stamped in between. */
const TURN_MS = 5;
const waiting: (() => void)[] = [];
function inTurn(work: () => void): void {
  if (waiting.push(work) === 1) setImmediate(turn);
}
function turn(): void {
  for (const end = performance.now() + TURN_MS; waiting.length > 0 && performance.now() < end; waiting.shift()) waiting[0]?.();
  if (waiting.length > 0) setImmediate(turn);
}

/** Stamps what arrives before the racks that share this process work on it: in the field each has a processor of its own. */
function stamped(link: Link, arrived: (message: IncomingMessage) => void): Link {
  return {
    get connected() { return link.connected; },
    run: (listener, signal) => link.run({ ...listener, message(message) {
      arrived(message);
      inTurn(() => listener.message(message));
    }, connected: (count) => listener.connected(count), disconnected: (reason) => listener.disconnected(reason) }, signal),
    publish: (message) => link.publish(message),
    deliver: (message) => link.deliver(message),
    next: () => link.next(),
    resubscribe: () => link.resubscribe(),
  };
}

/** Half a percent of noise, as meters have it, around what is allowed. */
function obedient(allowedW: () => number): Meter {
  return {
    id: "inlet", description: "what a rack that obeys draws", accuracy: { fraction: 0.01, resolution: watts(1) }, staleAfterMs: 5_000, switches: false,
    read: () => Promise.resolve({ power: watts(0.985 * Math.min(NOMINAL_W, allowedW()) * (0.995 + 0.005 * Math.random())), outlets: [], inputs: [], voltage: 230, frequencyHz: 50, energyWh: null }),
    switch: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
