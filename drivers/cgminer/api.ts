/** The conversation with one miner: deadlines, one connection at a time, joined reports where the firmware knows them. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { rowsAt, type JsonObject } from "./json.ts";
import { Lane, type Rank } from "./lane.ts";
import { acknowledged, answered, isUnknown, parseFor, RefusedError, statusOf } from "./reply.ts";
import type { Address, ExchangeLimits } from "./ask-once.ts";
import { Conversation } from "./conversation.ts";
import { exchange } from "./wire.ts";

/** The replies to several reports, some of which the device may have refused. */
export class Reports {
  readonly #replies: ReadonlyMap<string, JsonObject>;

  constructor(replies: ReadonlyMap<string, JsonObject>) {
    this.#replies = replies;
  }

  /** Throws `refused` when the device refused this report, `malformed` when it left it out. */
  required(command: string): JsonObject {
    const reply = this.#replies.get(command);
    if (reply === undefined) throw new DeviceError("malformed", `${command}: missing in the joined reply`);
    return answered(command, reply);
  }

  /** null when the device refused it or left it out. */
  optional(command: string): JsonObject | null {
    const reply = this.#replies.get(command);
    if (reply === undefined) return null;
    const letter = statusOf(reply)?.letter;
    return letter === "E" || letter === "F" ? null : reply;
  }
}

/** Some requests under one total deadline: a poll, or an order. */
export interface Talk {
  readonly signal: AbortSignal;
  /** Sent so far. */
  readonly requests: number;
  /** Milliseconds left of the total. */
  left(): number;
  /** A report of one command. Throws a DeviceError. */
  ask(command: string, parameter?: string): Promise<JsonObject>;
  /** A write. Resolves when the device acknowledged it with STATUS S. */
  tell(command: string, parameter?: string): Promise<JsonObject>;
  /** Several reports in one request if the device can, else one by one. */
  report(commands: readonly string[]): Promise<Reports>;
}

export class MinerApi {
  readonly address: Address;
  readonly limits: ExchangeLimits;
  readonly lane = new Lane();
  /** Whether the firmware takes several reports in one request, as far as known. */
  joins = true;

  constructor(address: Address, limits: ExchangeLimits) {
    this.address = address;
    this.limits = limits;
  }

  /** After a restart or a change of version: what was learnt about the firmware may no longer hold. */
  forget(): void {
    this.joins = true;
  }

  talk(rank: Rank, totalMs: number, signal: AbortSignal): Talk {
    return new MinerTalk(this, new Conversation(this.lane, rank, totalMs, signal), signal);
  }
}

/** Returns the reply, or throws a DeviceError for one that says no. */
type Verdict = (command: string, reply: JsonObject) => JsonObject;

const asItIs: Verdict = (_, reply) => reply;

class MinerTalk implements Talk {
  readonly signal: AbortSignal;
  readonly #api: MinerApi;
  readonly #conversation: Conversation;

  constructor(api: MinerApi, conversation: Conversation, signal: AbortSignal) {
    this.signal = signal;
    this.#api = api;
    this.#conversation = conversation;
  }

  get requests(): number {
    return this.#conversation.turns;
  }

  left(): number {
    return this.#conversation.left();
  }

  ask(command: string, parameter?: string): Promise<JsonObject> {
    return this.#send(command, parameter, answered);
  }

  tell(command: string, parameter?: string): Promise<JsonObject> {
    return this.#send(command, parameter, acknowledged);
  }

  async report(commands: readonly string[]): Promise<Reports> {
    const replies = new Map<string, JsonObject>();
    if (this.#api.joins && commands.length > 1) {
      const joined = await this.#send(commands.join("+"), undefined, asItIs);
      for (const command of commands) {
        const reply = rowsAt(joined, command)[0];
        if (reply !== undefined) replies.set(command, reply);
      }
      if (replies.size > 0) return new Reports(replies);
      // cgminer before API 3.1 takes the joined name for one command it does not know.
      const status = statusOf(joined);
      if (!isUnknown(status)) throw status === null ? new DeviceError("malformed", "joined reports: none in the reply") : new RefusedError("joined reports", status);
      this.#api.joins = false;
    }
    for (const command of commands) replies.set(command, await this.#send(command, undefined, asItIs));
    return new Reports(replies);
  }

  #send(command: string, parameter: string | undefined, verdict: Verdict): Promise<JsonObject> {
    const { address, limits: { deadlineMs: most, maxBytes } } = this.#api;
    return this.#conversation.turn(
      command, most,
      (deadlineMs) => exchange(address, JSON.stringify({ command, parameter }), { deadlineMs, maxBytes }, this.signal),
      (text) => verdict(command, parseFor(command, text)),
    );
  }
}
