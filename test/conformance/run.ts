/** Plays a conformance vector to the signal room and the decision, second by second. */
import { createPublicKey, type JsonWebKey } from "node:crypto";
import { decide, type Decision } from "../../agent/core/decide.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { startState, type RackState } from "../../agent/core/state.ts";
import type { Tick } from "../../agent/core/time.ts";
import { instant, millis, watts } from "../../agent/core/units.ts";
import type { SignalEffect } from "../../agent/signal/effects.ts";
import { Signal } from "../../agent/signal/signal.ts";
import { limitW } from "../../agent/report/status.ts";
import type { Agent, Expected, VectorFile } from "../../scripts/docs/vector.ts";

export function play({ agent, steps }: VectorFile): Expected[] {
  const player = new Player(agent, Date.parse(steps[0]?.at ?? ""));
  return steps.map(({ at, restart, message }) => {
    if (restart === true) player.restart();
    player.until(Date.parse(at));
    if (message !== null) player.hear({ topic: message.topic, payload: Buffer.from(message.payload), retain: message.retain });
    return player.seen();
  });
}

class Player {
  readonly #agent: Agent;
  readonly #origin: number;
  readonly #disk = new Map<string, string>();
  #signal: Signal;
  #rack: RackState = startState(millis(0));
  #now: number;
  #acks: string[] = [];

  constructor(agent: Agent, origin: number) {
    this.#agent = agent;
    this.#origin = origin;
    this.#now = origin;
    this.#signal = this.#start();
  }

  restart(): void {
    this.#signal = this.#start();
  }

  until(at: number): void {
    while (this.#now < at) {
      this.#now = Math.min(at, this.#now + 1_000);
      this.#cycle();
    }
  }

  hear(message: Parameters<Signal["receive"]>[0]): void {
    this.#carryOut(this.#signal.receive(message, this.#tick()));
  }

  seen(): Expected {
    const { effective, state, setpoint } = this.#cycle();
    const acks = this.#acks;
    this.#acks = [];
    const refused = Object.fromEntries(Object.entries(this.#signal.summary(this.#tick()).refused).map(([code, { count }]) => [code, count]));
    return { acks, limitW: limitW(effective.limit), source: effective.binding?.source ?? null, state, setpointW: setpoint === null ? null : Math.floor(setpoint.power), refused };
  }

  #start(): Signal {
    const { prefix, operator, site, rack, signatures, nominalW, optOut, deviceSeed, rootKey, synchronised } = this.#agent;
    const signal = new Signal({
      prefix, operator, site, rack, signatures, optOut, heartbeat: "required", clock: synchronised ? "assumed" : "kernel", shares: {}, nominal: watts(nominalW),
      rootKey: createPublicKey({ key: rootKey as JsonWebKey, format: "jwk" }), drawSeed: () => deviceSeed,
    });
    this.#signal = signal;
    this.#rack = startState(this.#tick().uptime);
    this.#carryOut(signal.restore(this.#disk, this.#tick()));
    return signal;
  }

  #cycle(): Decision {
    const tick = this.#tick();
    this.#carryOut(this.#signal.passed(tick));
    const { nominalW, failsafeLimitW, synchronised } = this.#agent;
    const { rack, decision } = decide(this.#rack, {
      heard: this.#signal.heard(), now: this.#signal.now(tick), synchronised, local: [], u: 0.5,
      snapshot: { tick, devices: [], rack: null, rackClass: 0, supply: null },
      policy: { ...DEFAULT_POLICY, nominal: watts(nominalW), failsafe: watts(failsafeLimitW) },
    });
    this.#rack = rack;
    return decision;
  }

  #tick(): Tick {
    return { uptime: millis(this.#now - this.#origin + 1_000), at: instant(this.#agent.synchronised ? this.#now : this.#now - this.#origin), error: this.#agent.synchronised ? millis(0) : null };
  }

  #carryOut(effects: readonly SignalEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "ack") this.#acks.push(`${effect.ack.status}${effect.ack.code === null ? "" : `/${effect.ack.code}`}`);
      if (effect.kind !== "commit") continue;
      for (const [key, text] of effect.changes) {
        if (text === null) this.#disk.delete(key);
        else this.#disk.set(key, text);
      }
      this.#carryOut(this.#signal.committed(effect.id, true, this.#tick()));
    }
  }
}
