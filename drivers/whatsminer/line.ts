/** One connection at a time to a WhatsMiner, orders before polls, under one total deadline. */
import { Conversation } from "../cgminer/conversation.ts";
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
    const conversation = new Conversation(this.#lane, rank, totalMs, signal);
    return {
      signal,
      left: () => conversation.left(),
      send: (what, request) => conversation.turn(what, this.#limits.deadlineMs, (deadlineMs) => this.#exchange(this.#address, JSON.stringify(request), { ...this.#limits, deadlineMs }, signal), (text) => parseFor(what, text)),
    };
  }
}
