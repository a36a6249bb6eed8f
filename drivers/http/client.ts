/** The conversation with one miner over HTTP: one request at a time, orders before polls, one total deadline; what is read one after the other goes over one connection. */
import { DeviceError } from "../../agent/runtime/errors.ts";
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
    const until = performance.now() + totalMs;
    const left = (): number => until - performance.now();
    return {
      signal,
      left,
      send: (request) => this.#lane.run(rank, () => this.#send(request, left(), signal), signal),
    };
  }

  async #send(request: HttpRequest, left: number, signal: AbortSignal): Promise<HttpReply> {
    const deadlineMs = Math.min(request.deadlineMs ?? this.#limits.deadlineMs, Math.ceil(left));
    if (deadlineMs <= 0) throw new DeviceError("timeout", `${nameOf(request)}: no time left to ask`);
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
