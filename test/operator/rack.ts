/** A rack's ear on a real broker: the signal room with its acknowledgements and status, and nothing behind it. */
import { randomBytes } from "node:crypto";
import { mqttLink } from "../../agent/link/mqtt-link.ts";
import type { KeyObject } from "node:crypto";
import { silentLog } from "../../agent/runtime/log.ts";
import { systemClock } from "../../agent/runtime/system-clock.ts";
import { millis, watts } from "../../agent/core/units.ts";
import type { SignalEffect } from "../../agent/signal/effects.ts";
import { Signal } from "../../agent/signal/signal.ts";

export interface Rack {
  readonly signal: Signal;
  /** Waits until `seen` is true. Throws after half a minute. */
  until(seen: (signal: Signal) => boolean, what: string): Promise<void>;
  close(): Promise<void>;
}

export async function startRack(broker: string, rootKey: KeyObject | null): Promise<Rack> {
  const clock = systemClock(() => millis(0));
  const signal = new Signal({
    prefix: "gla/1", operator: "demo", site: "s1", rack: "r1", signatures: rootKey === null ? "optional" : "required", heartbeat: "required", clock: "kernel", rootKey,
    nominal: watts(30_000), optOut: false, shares: {}, drawSeed: () => "5eed".repeat(16),
  });
  const end = new AbortController();
  const root = "gla/1/demo/site/s1/rack/r1";
  const link = mqttLink({ urls: [broker], clientId: `rack-${randomBytes(4).toString("hex")}`, subscriptions: signal.subscriptions(), clock, log: silentLog, random: Math.random });
  const status = (): void => {
    const { held, heldIds } = signal.summary(clock.now());
    const document = { online: true, at: new Date().toISOString(), state: "controlled", compliance: "compliant", effectiveLimitW: 8_000, measuredW: 7_500, bindingDoc: null, heartbeatAgeS: 3, session: { boot: "b", connects: 1 }, held, heldIds };
    link.publish({ topic: `${root}/status`, payload: JSON.stringify(document), qos: 1, retain: true });
  };
  const carryOut = (effects: readonly SignalEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === "commit") carryOut(signal.committed(effect.id, true, clock.now()));
      else if (effect.kind === "ack") link.publish({ topic: `${root}/ack/${effect.ack.ref.id}`, payload: JSON.stringify(effect.ack), qos: 1, retain: false });
      else if (effect.kind === "resubscribe") link.resubscribe();
    }
    if (effects.length > 0) status();
  };
  let connected = false;
  const running = link.run({ message: (message) => carryOut(signal.receive(message, clock.now())), connected: () => (connected = true), disconnected: () => undefined }, end.signal);
  const ticking = (async () => {
    while (!end.signal.aborted) {
      carryOut(signal.passed(clock.now()));
      await clock.sleep(millis(50), end.signal).catch(() => undefined);
    }
  })();
  const rack: Rack = {
    signal,
    async until(seen, what) {
      for (let tries = 0; tries < 1_500; tries += 1) {
        if (seen(signal)) return;
        await clock.sleep(millis(20), end.signal);
      }
      throw new Error(`never came: ${what}`);
    },
    async close() {
      end.abort();
      await Promise.all([running, ticking]);
    },
  };
  await rack.until(() => connected, "the connection");
  return rack;
}
