/** A Modbus/TCP peer made of bytes: what it answers is up to the test, right or wrong. It shares no code with the product. */
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface RawRequest {
  readonly socket: Socket;
  /** Which connection since start, from 1, and which request on it, from 1. */
  readonly connection: number;
  readonly sequence: number;
  readonly frame: Buffer;
  readonly transaction: number;
  readonly unit: number;
  readonly code: number;
  readonly address: number;
  /** Count of a read, value of a write. */
  readonly operand: number;
}

export interface RawDevice extends AsyncDisposable {
  readonly port: number;
  readonly requests: readonly RawRequest[];
  readonly sockets: ReadonlySet<Socket>;
}

/** `answer` writes to the socket itself or returns the bytes to write; null says nothing. */
export async function startDevice(answer: (request: RawRequest) => Buffer | null, port = 0): Promise<RawDevice> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = ++connections;
    let [bytes, sequence] = [Buffer.alloc(0), 0];
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 6 && bytes.length >= 6 + bytes.readUInt16BE(4)) {
        const frame = bytes.subarray(0, 6 + bytes.readUInt16BE(4));
        bytes = bytes.subarray(frame.length);
        const request: RawRequest = {
          socket, connection, sequence: ++sequence, frame, transaction: frame.readUInt16BE(0),
          unit: frame.readUInt8(6), code: frame.readUInt8(7), address: frame.readUInt16BE(8), operand: frame.readUInt16BE(10),
        };
        requests.push(request);
        const reply = answer(request);
        if (reply !== null && !socket.destroyed) socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[^0-9a-f]/g, ""), "hex");

/** A frame around unit, function code and data. */
export function frame(transaction: number, body: Buffer | readonly number[], protocol = 0): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(6);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(protocol, 2);
  header.writeUInt16BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** What a register or coil holds, different for every unit, table and address, so that a value in the wrong place is seen. */
export const content = (unit: number, code: number, address: number): number => (unit * 40_503 + code * 12_289 + address * 2_654_435_761) >>> 7 & 0xffff;

/** The right answer to any request. */
export function rightAnswer({ transaction, unit, code, address, operand, frame: request }: RawRequest): Buffer {
  if (code === 3 || code === 4) {
    const data = Array.from({ length: operand }, (_, at) => content(unit, code, address + at));
    return frame(transaction, [unit, code, 2 * operand, ...data.flatMap((word) => [word >> 8, word & 0xff])]);
  }
  if (code === 1 || code === 2) {
    const data = Array.from({ length: Math.ceil(operand / 8) }, (_, byte) =>
      Array.from({ length: 8 }, (__, bit) => (8 * byte + bit < operand ? (content(unit, code, address + 8 * byte + bit) & 1) << bit : 0)).reduce((a, b) => a | b));
    return frame(transaction, [unit, code, data.length, ...data]);
  }
  return frame(transaction, request.subarray(6, 12));
}

export const exception = ({ transaction, unit, code }: RawRequest, reason: number): Buffer => frame(transaction, [unit, code | 0x80, reason]);
