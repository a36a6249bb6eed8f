import type { Asic } from "./asic.ts";
import type { AsicFault, WireFault } from "./faults.ts";
import { NO_FAULT } from "./faults.ts";
import type { Load } from "./pdu.ts";

/** Monotonic time of the simulated world and the wall clock beside it, both in ms. */
export interface SimClock {
  now(): number;
  wall(): number;
}

/** Wall time of the last acknowledged write of one ASIC, and how many there were. */
export interface WriteCount {
  readonly writes: number;
  readonly lastWriteAtMs: number | null;
  readonly requests: number;
}

/**
 * One miner in the rig: its body, what its firmware believes (which is not the body while it is stuck), and what is
 * wrong with it. Servers speak for the firmware; meters feel the body.
 */
export class SimMachine implements Load {
  readonly id: string;
  readonly #body: Asic;
  readonly #clock: SimClock;
  /** While stuck: a life of its own that takes every order. */
  #belief: Asic | null = null;
  #wire: WireFault = NO_FAULT;
  #writes = 0;
  #lastWriteAt: number | null = null;
  #requests = 0;

  constructor(id: string, body: Asic, clock: SimClock) {
    this.id = id;
    this.#body = body;
    this.#clock = clock;
  }

  /** The truth, as of now. */
  get body(): Asic {
    this.#body.advance(this.#clock.now());
    return this.#body;
  }

  /** What the firmware knows and commands, as of now. */
  get firmware(): Asic {
    if (this.#belief === null) return this.body;
    this.#belief.advance(this.#clock.now());
    return this.#belief;
  }

  /** What the network finds: a machine without power is not there at all. */
  get wire(): WireFault {
    const reachable = this.body.reachable;
    if (reachable === "no") return { kind: "silent" };
    if (reachable === "booting") return { kind: "refuse" };
    return this.#wire;
  }

  fault(fault: AsicFault): void {
    if (fault.kind === "reboot") return this.reboot();
    if (fault.kind === "stuck") {
      this.#belief ??= this.body.fork();
      return;
    }
    if (fault.kind === "fan") {
      for (const asic of this.#both()) asic.standingFans = fault.standing;
      return;
    }
    this.#wire = fault;
    if (fault.kind !== "none") return;
    this.#belief = null;
    this.body.standingFans = 0;
  }

  reboot(): void {
    for (const asic of this.#both()) asic.reboot();
  }

  powerOff(): void {
    for (const asic of this.#both()) asic.powerOff();
  }

  powerOn(): void {
    for (const asic of this.#both()) asic.powerOn();
  }

  get powerW(): number {
    return this.body.powerW;
  }

  get energyWh(): number {
    return this.body.energyWh;
  }

  asked(): void {
    this.#requests += 1;
  }

  /** A write went out acknowledged just now. */
  wrote(): void {
    this.#writes += 1;
    this.#lastWriteAt = this.#clock.wall();
  }

  get counts(): WriteCount {
    return { writes: this.#writes, lastWriteAtMs: this.#lastWriteAt, requests: this.#requests };
  }

  resetCounts(): void {
    this.#writes = 0;
    this.#lastWriteAt = null;
    this.#requests = 0;
  }

  #both(): Asic[] {
    return this.#belief === null ? [this.body] : [this.body, this.firmware];
  }
}
