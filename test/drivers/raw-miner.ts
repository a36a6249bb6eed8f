/** A TCP server that does with each request exactly what the test says. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Address } from "../../drivers/cgminer/ask-once.ts";

export interface RawMiner extends AsyncDisposable {
  readonly address: Address;
  /** What arrived, one entry a connection's first read. */
  readonly requests: readonly string[];
  /** Connections open now. */
  readonly open: number;
  /** The most that waited for an answer at once. */
  readonly mostWaiting: number;
}

export async function rawMiner(answer: (socket: Socket, request: string) => void): Promise<RawMiner> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let mostWaiting = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    mostWaiting = Math.max(mostWaiting, [...sockets].filter((other) => !other.writableEnded).length);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("end", () => socket.end());
    socket.once("data", (request: Buffer) => {
      requests.push(request.toString());
      answer(socket, request.toString());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    requests,
    get open() {
      return sockets.size;
    },
    get mostWaiting() {
      return mostWaiting;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A LuxOS-like reply to one command. */
export function reply(letter: string, code: number, section: Readonly<Record<string, unknown>> = {}, message = "test"): string {
  return JSON.stringify({ STATUS: [{ STATUS: letter, When: 1_700_000_000, Code: code, Msg: message, Description: "LUXminer test" }], ...section, id: 1 });
}

/** Answers like cgminer: the text, one NUL, the end. */
export function respond(socket: Socket, text: string): void {
  socket.end(`${text}\0`);
}
