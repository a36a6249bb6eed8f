import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ModbusRTU } from "modbus-serial/ModbusRTU.js";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { ask } from "./client.ts";
import type { Ear, Outcome } from "./client.ts";
import type { Connection } from "./line.ts";
import { describe, ExceptionReply } from "./request.ts";
import type { Reply, Request } from "./request.ts";

/** Reads along while one request is out: what is wrong with the bytes so far, or "incomplete", or "complete". */
export interface FrameReader {
  take(chunk: Buffer): "incomplete" | "complete" | { readonly wrong: string };
}

export interface StreamOptions {
  /** For messages. */
  readonly name: string;
  readonly client: ModbusRTU;
  readonly reader: (request: Request) => FrameReader;
  /** Hands a complete reply to the library, where it does not read the stream itself. */
  readonly deliver?: () => void;
}

interface Exchange {
  readonly request: Request;
  readonly frame: FrameReader;
  readonly timer: NodeJS.Timeout;
  outcome: Outcome | null;
  settle(outcome: Outcome): void;
}

/** modbus-serial on a stream that is ours, of whatever kind: its timeouts, its resets and its end are seen here first. */
export class StreamConnection implements Connection {
  readonly #stream: Duplex;
  readonly #options: StreamOptions;
  #exchange: Exchange | null = null;

  /** Where the library reads the stream itself, it must have been given it before: by the time our listener runs, it has said what it makes of the same bytes. */
  constructor(stream: Duplex, options: StreamOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on("data", (chunk: Buffer) => this.#received(chunk));
    // A reset is told to nobody by the library; the stream always closes.
    stream.on("end", () => this.#fail("unreachable", "the device closed the connection"));
    stream.on("close", () => this.#fail("unreachable", "the connection was lost"));
  }

  get alive(): boolean {
    return !this.#stream.destroyed && this.#stream.readable && this.#stream.writable;
  }

  exchange(request: Request, timeoutMs: number): Promise<Reply> {
    if (this.#exchange !== null) throw new Error("one request at a time");
    return new Promise((resolve, reject) => {
      // A stalled event loop is not a silent device: what has arrived meanwhile is read before the verdict.
      const timer = setTimeout(() => setImmediate(() => {
        if (this.#exchange === exchange) this.#fail("timeout", `no reply within ${timeoutMs} ms`);
      }), timeoutMs);
      const ear: Ear = {
        hear: (outcome) => {
          exchange.outcome ??= outcome;
          // Before any byte has come, the only outcome there can be is that the library takes the connection for closed.
          if ("error" in outcome && outcome.error.code === "unreachable" && !(outcome.error instanceof ExceptionReply)) this.#fail("unreachable", "the connection was lost");
        },
      };
      const exchange: Exchange = {
        request, timer, frame: this.#options.reader(request), outcome: null,
        settle: (outcome) => {
          clearTimeout(timer);
          ear.hear = null;
          this.#exchange = null;
          if ("reply" in outcome) resolve(outcome.reply);
          else reject(outcome.error);
        },
      };
      this.#exchange = exchange;
      ask(this.#options.client, request, ear);
    });
  }

  destroy(): void {
    this.#fail("unreachable", "the connection was closed by this side");
  }

  #received(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === null) return this.#fail("malformed", "bytes that nobody asked for");
    const state = exchange.frame.take(chunk);
    if (state === "incomplete") return;
    if (state !== "complete") return this.#fail("malformed", state.wrong);
    this.#options.deliver?.();
    const { outcome } = exchange;
    // The library stays silent when the transaction number is not the one it waits for.
    if (outcome === null) return this.#fail("malformed", "the answer to another request");
    if ("error" in outcome && !(outcome.error instanceof ExceptionReply)) return this.#fail("malformed", outcome.error.message);
    exchange.settle(outcome);
  }

  #fail(code: "unreachable" | "timeout" | "malformed", what: string): void {
    const exchange = this.#exchange;
    // What the kernel has not sent yet must never arrive: an order would switch an outlet long after its deadline.
    if (exchange !== null && this.#stream instanceof Socket) this.#stream.resetAndDestroy();
    else this.#stream.destroy();
    exchange?.settle({ error: new DeviceError(code, `${this.#options.name}: ${describe(exchange.request)}: ${what}`) });
  }
}
