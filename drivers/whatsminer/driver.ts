/** WhatsMiner (btminer): a percent of the normal power within a second, sleep and wake; API V2 on TCP 4028, V3 on TCP 4433. */
import type { Capability, Nameplate, OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Rank } from "../cgminer/lane.ts";
import { DEFAULT_LIMITS, exchange } from "../cgminer/wire.ts";
import type { Actuators, Device, MinerOptions } from "../driver.ts";
import type { MinerModel } from "../models.ts";
import type { Api } from "./api.ts";
import { exchangeFramed } from "./frame.ts";
import { Line, type Talk } from "./line.ts";
import { Memory } from "./memory.ts";
import { Password } from "./password.ts";
import { capabilitiesOf, pointsOf } from "./points.ts";
import { ApiV2 } from "./v2.ts";
import { ApiV3 } from "./v3.ts";

/** The longest report, edevs of four boards with their chips, is about 10 KB. */
const MAX_REPLY_BYTES = 128 * 1024;
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 3;
/** As they leave the factory. V2 has one account, V3 orders as `super`. */
const FACTORY = { v2: "admin", v3: "super" } as const;

export function whatsminerV2(options: MinerOptions): Device {
  return new Whatsminer(options, exchange, new ApiV2(new Password(options.password ?? FACTORY.v2)));
}

export function whatsminerV3(options: MinerOptions): Device {
  return new Whatsminer(options, exchangeFramed, new ApiV3(new Password(options.password ?? FACTORY.v3)));
}

class Whatsminer implements Device {
  readonly id: string;
  readonly actuators: Actuators;
  capabilities: readonly Capability[];
  readonly nameplate: Nameplate;
  readonly #model: MinerModel;
  readonly #points: readonly OperatingPoint[];
  readonly #requestMs: number;
  readonly #line: Line;
  readonly #api: Api;
  readonly #memory = new Memory();
  #firmware: string | null = null;

  constructor({ id, address, model, deadlineMs = DEFAULT_LIMITS.deadlineMs }: MinerOptions, over: typeof exchange, api: Api) {
    this.id = id;
    this.#model = model;
    this.#points = pointsOf(model);
    this.#requestMs = deadlineMs;
    this.#line = new Line(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES }, over);
    this.#api = api;
    this.nameplate = { highest: model.nameplate, asleep: model.sleepPower };
    this.capabilities = this.#capabilities();
    this.actuators = {
      points: ({ point }, signal) => this.#setPoint(point, signal),
      sleep: (_, signal) => this.#sleep(signal),
    };
  }

  get description(): string {
    const { make, name } = this.#model;
    return this.#firmware === null ? `${make} ${name}` : `${make} ${name}, firmware ${this.#firmware}`;
  }

  async read(signal: AbortSignal): Promise<Telemetry> {
    const { mark, fastBoot } = this.#memory;
    const poll = await this.#api.poll(this.#talk("poll", signal));
    this.#firmware = poll.firmware ?? this.#firmware;
    this.#memory.read(mark, poll);
    if (this.#memory.fastBoot !== fastBoot) this.capabilities = this.#capabilities();
    const point = this.#memory.pointOf(poll.telemetry, this.#points);
    const errors = this.#api.locked ? [...poll.telemetry.errors, "the miner refused our password: it takes no orders"] : poll.telemetry.errors;
    return { ...poll.telemetry, point, errors };
  }

  blink(on: boolean, signal: AbortSignal): Promise<void> {
    return this.#api.blink(on, this.#talk("order", signal));
  }

  restart(signal: AbortSignal): Promise<void> {
    return this.#api.reboot(this.#talk("order", signal));
  }

  /** Nothing is kept open and nothing is held: tokens end by themselves. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #capabilities(): readonly Capability[] {
    return capabilitiesOf(this.#points, this.#model, { confirm: this.#api.confirm, fastBoot: this.#memory.fastBoot });
  }

  async #setPoint(id: string, signal: AbortSignal): Promise<void> {
    if (!this.#points.some((point) => point.id === id)) {
      throw new DeviceError("out-of-range", `no point "${id}"; known: ${this.#points.map((known) => known.id).join(", ")}`);
    }
    const percent = Number.parseInt(id, 10);
    const talk = this.#talk("order", signal);
    if (this.#memory.asleep !== true) return this.#setPercent(percent, talk);
    this.#memory.ordered({ asleep: null, percent: null });
    await this.#api.powerOn(talk);
    this.#memory.ordered({ asleep: false, percent: null });
    // The mining process only starts now and usually takes no percent yet: then the next reading differs, and it is ordered again.
    await this.#setPercent(percent, talk).catch((error: unknown) => {
      if (!(error instanceof DeviceError) || error.code !== "refused") throw error;
    });
  }

  async #setPercent(percent: number, talk: Talk): Promise<void> {
    this.#memory.ordered({ percent: null });
    await this.#api.setPercent(percent, talk);
    this.#memory.ordered({ percent });
  }

  /** Fast boot first, as it is the way back up; sleep does not depend on it, and two requests' time is kept for it. */
  async #sleep(signal: AbortSignal): Promise<void> {
    const talk = this.#talk("order", signal);
    if (!this.#memory.fastBoot && this.#memory.asleep !== true) await this.#enableFastBoot(talk);
    this.#memory.ordered({ asleep: null, percent: null });
    await this.#api.powerOff(talk);
    this.#memory.ordered({ asleep: true });
  }

  async #enableFastBoot(talk: Talk): Promise<void> {
    if (talk.left() < (TOTAL - 1) * this.#requestMs) return;
    try {
      await this.#api.enableFastBoot(talk);
    } catch (error) {
      if (!(error instanceof DeviceError) || error.code !== "refused") throw error;
    }
  }

  #talk(rank: Rank, signal: AbortSignal): Talk {
    return this.#line.talk(rank, TOTAL * this.#requestMs, signal);
  }
}
