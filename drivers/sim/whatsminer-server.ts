import type { Socket } from "node:net";
import { createServer } from "node:net";
import type { SimServer } from "./cgminer-server.ts";
import { listen } from "./cgminer-server.ts";
import type { WireFault } from "./faults.ts";
import { deliver } from "./faults.ts";
import type { Random } from "./random.ts";

/** What a WhatsMiner says to one request. */
export interface Reply {
  readonly text: string;
  /** A write was acknowledged. */
  readonly wrote: boolean;
  /** What happens once the answer is on its way. */
  readonly after?: () => void;
}

export interface WhatsminerServerOptions {
  readonly host: string;
  readonly port: number;
  readonly latencyMs: number;
  /** `bare`: one read, one answer, the end (V2). `length`: both ways four bytes, lowest first, before each message (V3). */
  readonly framing: "bare" | "length";
  readonly answer: (request: string) => Reply;
  readonly wire: () => WireFault;
  readonly random: Random;
  readonly asked: () => void;
  readonly wrote: () => void;
}

/** It closes what says nothing for so long. */
const IDLE_MS = 10_000;
const MOST_CLIENTS = 100;
const REQUEST_BYTES = 8192;

/** TCP 4028 and 4433 of a WhatsMiner: several clients at once, each for itself. */
export function startWhatsminerServer(options: WhatsminerServerOptions): Promise<SimServer> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const { kind } = options.wire();
    if (kind === "refuse" || clients.size >= MOST_CLIENTS) {
      socket.resetAndDestroy();
      return;
    }
    clients.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => clients.delete(socket));
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    if (kind === "silent") socket.resume();
    else attend(socket, options);
  });
  return listen(server, options, () => {
    for (const socket of clients) socket.destroy();
  });
}

function attend(socket: Socket, options: WhatsminerServerOptions): void {
  let received = Buffer.alloc(0);
  let served = false;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const request = served ? null : requestIn(received, options.framing);
    if (request === null) {
      if (received.length > REQUEST_BYTES) socket.destroy();
      return;
    }
    served = true;
    options.asked();
    const fault = options.wire();
    const latency = options.latencyMs + (fault.kind === "slow" ? fault.extraMs : 0);
    const timer = setTimeout(speak, latency, socket, request, options);
    socket.once("close", () => clearTimeout(timer));
  });
}

function requestIn(received: Buffer, framing: "bare" | "length"): string | null {
  if (framing === "bare") return received.toString("utf8");
  if (received.length < 4 || received.length < 4 + received.readUInt32LE(0)) return null;
  return received.toString("utf8", 4, 4 + received.readUInt32LE(0));
}

function speak(socket: Socket, request: string, options: WhatsminerServerOptions): void {
  if (socket.destroyed) return;
  const reply = options.answer(request);
  const whole = deliver(socket, framed(reply.text, options.framing), options.wire(), { random: options.random, keep: false });
  if (whole && reply.wrote) options.wrote();
  reply.after?.();
}

function framed(text: string, framing: "bare" | "length"): Buffer {
  const body = Buffer.from(framing === "bare" ? `${text}\0` : text, "utf8");
  if (framing === "bare") return body;
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}
