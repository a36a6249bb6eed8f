import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { SimServer } from "./cgminer-server.ts";
import { listen } from "./cgminer-server.ts";
import type { WireFault } from "./faults.ts";
import { deliver } from "./faults.ts";
import type { Random } from "./random.ts";

/** A request as far as firmware cares. */
export interface WebRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface WebAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: none. */
  readonly body: string | null;
  /** This request set power and was taken: it counts as a write. */
  readonly write?: boolean;
  /** Made at once, sent so much later: what the firmware does before it answers. */
  readonly delayMs?: number;
  /** What happens once the answer is on its way. */
  readonly after?: () => void;
}

export type WebFirmware = (request: WebRequest) => WebAnswer;

export interface HttpServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly latencyMs: number;
  readonly answer: WebFirmware;
  readonly wire: () => WireFault;
  readonly random: Random;
  readonly asked: () => void;
  readonly wrote: () => void;
}

/** Embedded servers take little more. */
const MOST_BODY_BYTES = 64 * 1024;

/** A miner's web server, answering byte by byte so that every fault of the wire shows; a connection is kept for who asks for it. */
export async function startHttpServer(options: HttpServerOptions): Promise<SimServer> {
  const clients = new Set<Socket>();
  const server = createServer((request) => {
    const { socket } = request;
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MOST_BODY_BYTES) chunks.push(chunk);
    });
    request.on("end", () => {
      options.asked();
      const fault = options.wire();
      if (fault.kind === "silent") return;
      const body = length > MOST_BODY_BYTES ? null : Buffer.concat(chunks).toString("utf8");
      const latency = options.latencyMs + (fault.kind === "slow" ? fault.extraMs : 0);
      const timer = setTimeout(() => answer(socket, request, body), latency);
      socket.once("close", () => clearTimeout(timer));
    });
  });

  const answer = (socket: Socket, { method = "GET", url = "/", headers }: IncomingMessage, body: string | null): void => {
    if (socket.destroyed) return;
    const path = url.split("?", 1)[0] ?? "/";
    const given: WebAnswer = body === null ? { status: 413, body: null } : options.answer({ method, path, headers, body });
    const keep = headers.connection?.toLowerCase() === "keep-alive";
    if (given.delayMs === undefined) return send(socket, given, keep);
    const timer = setTimeout(send, given.delayMs, socket, given, keep);
    socket.once("close", () => clearTimeout(timer));
  };

  const send = (socket: Socket, given: WebAnswer, keep: boolean): void => {
    const whole = deliver(socket, bytesOf(given, keep), options.wire(), { random: options.random, keep });
    if (whole && given.write === true) options.wrote();
    given.after?.();
  };

  server.on("connection", (socket: Socket) => {
    if (options.wire().kind === "refuse") {
      socket.resetAndDestroy();
      return;
    }
    clients.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => clients.delete(socket));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return listen(server, options, () => {
    for (const socket of clients) socket.destroy();
  });
}

function bytesOf({ status, headers, body }: WebAnswer, keep: boolean): Buffer {
  const text = body ?? "";
  const lines = Object.entries({ "content-type": "application/json", ...headers, "content-length": String(Buffer.byteLength(text)), connection: keep ? "keep-alive" : "close" });
  return Buffer.from(`HTTP/1.1 ${status} \r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${text}`, "utf8");
}

/** An answer with a JSON body. */
export const json = (status: number, value: unknown): WebAnswer => ({ status, body: JSON.stringify(value) });
