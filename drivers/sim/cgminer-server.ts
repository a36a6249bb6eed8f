import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { Answer, Firmware } from "./cgminer-answer.ts";
import { answerTo } from "./cgminer-answer.ts";
import type { WireFault } from "./faults.ts";
import { deliver } from "./faults.ts";
import type { Random } from "./random.ts";

/** A running server of the rig. */
export interface SimServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface CgminerServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly latencyMs: number;
  readonly firmware: Firmware;
  /** What the network finds, asked for each connection and each answer. */
  readonly wire: () => WireFault;
  readonly random: Random;
  /** A request was read. */
  readonly asked: () => void;
  /** An acknowledged write was handed to the socket whole. */
  readonly wrote: () => void;
}

/** One recv() of cgminer takes no more. */
const RECEIVE_BYTES = 4095;
/** Its listen() has this backlog. */
const BACKLOG = 100;
/** cgminer lets an idle client block it for ever; the rig does not live for ever. */
const IDLE_MS = 60_000;

/**
 * The API server of the cgminer family, as it behaves on the wire: one thread, so one client at a time in the order of
 * arrival (an idle one blocks the rest); one read per connection; the answer, one NUL, the end.
 */
export async function startCgminerServer(options: CgminerServerOptions): Promise<SimServer> {
  const clients = new Set<Socket>();
  const waiting: Socket[] = [];
  let serving: Socket | null = null;

  const next = (): void => {
    serving = null;
    for (let socket = waiting.shift(); socket !== undefined; socket = waiting.shift()) {
      if (socket.destroyed) continue;
      serving = socket;
      serve(socket);
      return;
    }
  };

  const serve = (socket: Socket): void => {
    const done = (): void => {
      if (serving === socket) next();
    };
    socket.once("close", done);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.once("data", (request: Buffer) => {
      options.asked();
      const fault = options.wire();
      const latency = options.latencyMs + (fault.kind === "slow" ? fault.extraMs : 0);
      if (latency === 0) return answer(socket, request, done);
      const timer = setTimeout(answer, latency, socket, request, done);
      socket.once("close", () => clearTimeout(timer));
    });
    socket.resume();
  };

  const answer = (socket: Socket, request: Buffer, done: () => void): void => {
    if (socket.destroyed) return;
    if (request.length > RECEIVE_BYTES) {
      // What was not read makes the close a reset.
      socket.write(answerTo(null, options.firmware).bytes, () => socket.resetAndDestroy());
      return;
    }
    const { bytes, answers } = answerTo(request.toString("utf8"), options.firmware);
    const said = answers.some(({ unsaid }) => unsaid === true) ? Buffer.alloc(0) : bytes;
    const whole = deliver(socket, said, options.wire(), { random: options.random, keep: false });
    if (whole && answers.some(isAcknowledgedWrite)) options.wrote();
    for (const given of answers) given.after?.();
    if (!whole) done();
  };

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const { kind } = options.wire();
    if (kind === "refuse" || clients.size >= BACKLOG) {
      socket.resetAndDestroy();
      return;
    }
    clients.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => clients.delete(socket));
    if (kind === "silent") {
      // Nothing is answered, but the client's end is seen, so that the socket does not stay.
      socket.resume();
      return;
    }
    waiting.push(socket);
    if (serving === null) next();
  });
  return listen(server, options, () => {
    for (const socket of clients) socket.destroy();
  });
}

/** Some firmware says yes as information. */
const isAcknowledgedWrite = ({ write, status }: Answer): boolean => write === true && (status === "S" || status === "I");

/** Listens, and ends with everything that hangs on it. */
export function listen(server: Server, { host, port }: { host: string; port: number }, end: () => void): Promise<SimServer> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      const address = server.address() as AddressInfo;
      resolve({
        host: address.address,
        port: address.port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            end();
          }),
      });
    });
  });
}
