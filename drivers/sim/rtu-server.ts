import type { Socket } from "node:net";
import { createServer } from "node:net";
import type { SimServer } from "./cgminer-server.ts";
import { listen } from "./cgminer-server.ts";
import { deliver } from "./faults.ts";
import { answerPdu } from "./modbus-server.ts";
import type { ModbusServerOptions } from "./modbus-server.ts";

const SHORTEST = 8;

/** RTU frames through a TCP socket, as a serial server in transparent mode hands them on: whoever is not there says nothing. */
export function startRtuServer(options: ModbusServerOptions): Promise<SimServer> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    if (options.wire().kind === "refuse") return void socket.resetAndDestroy();
    clients.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => clients.delete(socket));
    let held: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      const length = lengthOf(held);
      if (length === null || held.length < length) return;
      const frame = held.subarray(0, length);
      // One request at a time: what follows it without a pause is noise, and so is a frame whose sum is wrong.
      held = Buffer.alloc(0);
      if (frame.readUInt16LE(length - 2) !== checksum(frame.subarray(0, -2))) return;
      const image = options.units === undefined ? options.image : options.units.get(frame[0] ?? 0);
      if (image === undefined) return;
      const reply = Buffer.concat([frame.subarray(0, 1), answerPdu(frame.subarray(1, -2), image)]);
      const sum = Buffer.alloc(2);
      sum.writeUInt16LE(checksum(reply));
      deliver(socket, Buffer.concat([reply, sum]), options.wire(), { random: options.random, keep: true });
    });
  });
  return listen(server, options, () => {
    for (const socket of clients) socket.destroy();
  });
}

/** Writes of several values say how many bytes they bring. */
function lengthOf(held: Buffer): number | null {
  if (held.length < SHORTEST) return null;
  const code = held[1] ?? 0;
  return code === 15 || code === 16 ? 9 + (held[6] ?? 0) : SHORTEST;
}

function checksum(bytes: Buffer): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 0 ? sum >> 1 : (sum >> 1) ^ 0xa001;
  }
  return sum;
}
