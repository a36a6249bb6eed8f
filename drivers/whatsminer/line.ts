/** One connection at a time to a WhatsMiner, orders before polls, under one total deadline. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { JsonObject } from "../cgminer/json.ts";
import { Lane, type Rank } from "../cgminer/lane.ts";
import { parseFor } from "../cgminer/reply.ts";
import type { Address, ExchangeLimits } from "../cgminer/ask-once.ts";
import type { exchange } from "../cgminer/wire.ts";

/** Some requests under one total deadline: a poll, or an order. */
export interface Talk {
  readonly signal: AbortSignal;
  /** Milliseconds left of the total. */
  left(): number;
  /** `what` names the request in errors; `request` may carry secrets and does not. */
  send(what: string, request: JsonObject): Promise<JsonObject>;
}

export class Line {
  readonly #address: Address;
  readonly #limits: ExchangeLimits;
  readonly #exchange: typeof exchange;
  readonly #lane = new Lane();

  constructor(address: Address, limits: ExchangeLimits, over: typeof exchange) {
    this.#address = address;
    this.#limits = limits;
    this.#exchange = over;
  }

  talk(rank: Rank, totalMs: number, signal: AbortSignal): Talk {
    const until = performance.now() + totalMs;
    const left = (): number => until - performance.now();
    return {
      signal,
      left,
      send: (what, request) => this.#lane.run(rank, () => this.#send({ what, request }, left(), signal), signal),
    };
  }

  async #send({ what, request }: { what: string; request: JsonObject }, left: number, signal: AbortSignal): Promise<JsonObject> {
    const deadlineMs = Math.min(this.#limits.deadlineMs, Math.ceil(left));
    if (deadlineMs <= 0) throw new DeviceError("timeout", `${what}: no time left to ask`);
    return parseFor(what, await this.#exchange(this.#address, JSON.stringify(request), { ...this.#limits, deadlineMs }, signal));
  }
}
