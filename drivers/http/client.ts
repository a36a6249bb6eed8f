/** The conversation with one miner over HTTP: one request at a time, orders before polls, one total deadline; what is read one after the other goes over one connection. */
import { Conversation } from "../cgminer/conversation.ts";
import { Lane, type Rank } from "../cgminer/lane.ts";
import type { Address, ExchangeLimits } from "../cgminer/ask-once.ts";
import { exchange, nameOf, type HttpReply, type HttpRequest } from "./exchange.ts";
import { KeptConnection } from "./kept.ts";

/** Some requests under one total deadline: a poll, or an order. */
export interface HttpTalk {
  readonly signal: AbortSignal;
  /** Milliseconds left of the total. */
  left(): number;
  /** Resolves with any status. Throws a DeviceError `unreachable`, `timeout` or `malformed`. */
  send(request: HttpRequest): Promise<HttpReply>;
}

export class HttpClient {
  readonly address: Address;
  readonly #limits: ExchangeLimits;
  readonly #lane = new Lane();
  readonly #kept = new KeptConnection();

  constructor(address: Address, limits: ExchangeLimits) {
    this.address = address;
    this.#limits = limits;
  }

  talk(rank: Rank, totalMs: number, signal: AbortSignal): HttpTalk {
    const conversation = new Conversation(this.#lane, rank, totalMs, signal);
    return {
      signal,
      left: () => conversation.left(),
      send: (request) => conversation.turn(nameOf(request), request.deadlineMs ?? this.#limits.deadlineMs, (deadlineMs) => this.#send(request, deadlineMs, signal), (reply) => reply),
    };
  }

  async #send(request: HttpRequest, deadlineMs: number, signal: AbortSignal): Promise<HttpReply> {
    const limits = { ...this.#limits, deadlineMs };
    if (request.method !== "GET") {
      // Whoever is lost on a connection that the miner closes just then must not be sent twice.
      this.#kept.close();
      return exchange(this.address, request, limits, signal);
    }
    try {
      return await exchange(this.address, request, { ...limits, kept: this.#kept.agent }, signal);
    } finally {
      this.#kept.idle();
    }
  }
}
