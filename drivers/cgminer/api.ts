/** The conversation with one miner: deadlines, one connection at a time, joined reports where the firmware knows them. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { rowsAt, type JsonObject } from "./json.ts";
import { Lane, type Rank } from "./lane.ts";
import { acknowledged, answered, isUnknown, parseFor, RefusedError, statusOf } from "./reply.ts";
import type { Address, ExchangeLimits } from "./ask-once.ts";
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
  readonly #limits: ExchangeLimits;
  readonly #lane = new Lane();
  #joins = true;

  constructor(address: Address, limits: ExchangeLimits) {
    this.address = address;
    this.#limits = limits;
  }

  /** After a restart or a change of version: what was learnt about the firmware may no longer hold. */
  forget(): void {
    this.#joins = true;
  }

  talk(rank: Rank, totalMs: number, signal: AbortSignal): Talk {
    const until = performance.now() + totalMs;
    const left = (): number => until - performance.now();
    let requests = 0;
    const send = (command: string, parameter?: string): Promise<JsonObject> =>
      this.#lane.run(rank, () => {
        requests++;
        return this.#send({ command, parameter }, left(), signal);
      }, signal);
    return {
      signal,
      get requests() {
        return requests;
      },
      left,
      ask: async (command, parameter) => answered(command, await send(command, parameter)),
      tell: async (command, parameter) => acknowledged(command, await send(command, parameter)),
      report: (commands) => this.#report(commands, send),
    };
  }

  async #send(request: { command: string; parameter: string | undefined }, left: number, signal: AbortSignal): Promise<JsonObject> {
    const deadlineMs = Math.min(this.#limits.deadlineMs, Math.ceil(left));
    if (deadlineMs <= 0) throw new DeviceError("timeout", `${request.command}: no time left to ask`);
    const text = await exchange(this.address, JSON.stringify(request), { ...this.#limits, deadlineMs }, signal);
    return parseFor(request.command, text);
  }

  async #report(commands: readonly string[], send: (command: string) => Promise<JsonObject>): Promise<Reports> {
    const replies = new Map<string, JsonObject>();
    if (this.#joins && commands.length > 1) {
      const joined = await send(commands.join("+"));
      for (const command of commands) {
        const reply = rowsAt(joined, command)[0];
        if (reply !== undefined) replies.set(command, reply);
      }
      if (replies.size > 0) return new Reports(replies);
      // cgminer before API 3.1 takes the joined name for one command it does not know.
      const status = statusOf(joined);
      if (!isUnknown(status)) throw status === null ? new DeviceError("malformed", "joined reports: none in the reply") : new RefusedError("joined reports", status);
      this.#joins = false;
    }
    for (const command of commands) replies.set(command, await send(command));
    return new Reports(replies);
  }
}
