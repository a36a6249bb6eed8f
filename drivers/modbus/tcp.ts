import { connect } from "node:net";
import type { Socket } from "node:net";
import type { ModbusRTU } from "modbus-serial/ModbusRTU.js";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { ask } from "./client.ts";
import type { Outcome } from "./client.ts";
import { ReplyFrame } from "./frame.ts";
import type { Connection, Line } from "./line.ts";
import { describe, ExceptionReply } from "./request.ts";
import type { Reply, Request } from "./request.ts";

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Modbus/TCP through modbus-serial, on a socket that is ours: its timeouts, its resets and its end are seen here first. */
export function tcpLine(address: TcpAddress, connectTimeoutMs: number): Line {
  const name = `${address.host}:${address.port}`;
  return {
    name,
    async open(signal) {
      const socket = await connected(address, connectTimeoutMs, signal);
      try {
        return new TcpConnection(socket, await client(socket, address.port), name);
      } catch (error) {
        socket.destroy();
        throw new DeviceError("unreachable", `${name}: the connection ended while it was set up`, { cause: error });
      }
    },
  };
}

/** A black hole answers nothing at all, so the timer is ours. */
function connected({ host, port }: TcpAddress, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const stop = (): void => { socket.destroy(new Error("given up")); };
    const clear = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.once("error", (error) => {
      clear();
      reject(new DeviceError("unreachable", `cannot connect to ${host}:${port}: ${error.message}`, { cause: error }));
    });
    socket.once("connect", () => {
      clear();
      resolve(socket);
    });
  });
}

/** The library is loaded with the first connection: a rack without Modbus does not pay for it. */
async function client(socket: Socket, port: number): Promise<ModbusRTU> {
  socket.on("error", () => {});
  const { default: modbus } = await import("modbus-serial");
  const created = new modbus.default();
  created.on("error", () => {});
  // Without a timeout of the library's own: its timer neither drops the connection nor forgets the transaction.
  await created.linkTCP(socket, { port });
  return created;
}

interface Exchange {
  readonly request: Request;
  readonly frame: ReplyFrame;
  readonly timer: NodeJS.Timeout;
  outcome: Outcome | null;
  settle(outcome: Outcome): void;
}

class TcpConnection implements Connection {
  readonly #socket: Socket;
  readonly #client: ModbusRTU;
  readonly #name: string;
  #exchange: Exchange | null = null;

  constructor(socket: Socket, client: ModbusRTU, name: string) {
    this.#socket = socket;
    this.#client = client;
    this.#name = name;
    // Added after the library's own listener: by the time it runs, the library has had the same bytes and has said what it makes of them.
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    // A reset is told to nobody by the library; the socket always closes.
    socket.on("end", () => this.#fail("unreachable", "the device closed the connection"));
    socket.on("close", () => this.#fail("unreachable", "the connection was lost"));
  }

  get alive(): boolean {
    return !this.#socket.destroyed && this.#socket.readyState === "open";
  }

  exchange(request: Request, timeoutMs: number): Promise<Reply> {
    if (this.#exchange !== null) throw new Error("one request at a time");
    return new Promise((resolve, reject) => {
      // A stalled event loop is not a silent device: what has arrived meanwhile is read before the verdict.
      const timer = setTimeout(() => setImmediate(() => {
        if (this.#exchange === exchange) this.#fail("timeout", `no reply within ${timeoutMs} ms`);
      }), timeoutMs);
      const exchange: Exchange = {
        request, timer, frame: new ReplyFrame(request), outcome: null,
        settle: (outcome) => {
          clearTimeout(timer);
          this.#exchange = null;
          if ("reply" in outcome) resolve(outcome.reply);
          else reject(outcome.error);
        },
      };
      this.#exchange = exchange;
      ask(this.#client, request, (outcome) => {
        exchange.outcome ??= outcome;
        // Before any byte has come, the only outcome there can be is that the library takes the connection for closed.
        if ("error" in outcome && outcome.error.code === "unreachable" && !(outcome.error instanceof ExceptionReply)) this.#fail("unreachable", "the connection was lost");
      });
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
    const { outcome } = exchange;
    // The library stays silent when the transaction number is not the one it waits for.
    if (outcome === null) return this.#fail("malformed", "the answer to another request");
    if ("error" in outcome && !(outcome.error instanceof ExceptionReply)) return this.#fail("malformed", outcome.error.message);
    exchange.settle(outcome);
  }

  #fail(code: "unreachable" | "timeout" | "malformed", what: string): void {
    this.#socket.destroy();
    const exchange = this.#exchange;
    exchange?.settle({ error: new DeviceError(code, `${this.#name}: ${describe(exchange.request)}: ${what}`) });
  }
}
