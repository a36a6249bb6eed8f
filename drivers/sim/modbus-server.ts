import type { Socket } from "node:net";
import { createServer } from "node:net";
import type { SimServer } from "./cgminer-server.ts";
import { listen } from "./cgminer-server.ts";
import type { WireFault } from "./faults.ts";
import { deliver } from "./faults.ts";
import type { Random } from "./random.ts";

/** Thrown by an image: the request becomes an exception reply with this code. */
export class ModbusException extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`Modbus exception ${code}`);
    this.code = code;
  }
}

export const ILLEGAL_FUNCTION = 1;
export const ILLEGAL_ADDRESS = 2;
export const ILLEGAL_VALUE = 3;

/** What stands behind the addresses. Every method throws ModbusException for what is not there. */
export interface ModbusImage {
  readBits(table: "coil" | "discrete", address: number, count: number): boolean[];
  readRegisters(table: "holding" | "input", address: number, count: number): number[];
  writeCoils(address: number, values: readonly boolean[]): void;
  writeRegisters(address: number, values: readonly number[]): void;
}

export interface ModbusServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly latencyMs: number;
  /** What answers as any unit; `units`: or only as these, for which the gateway speaks where one is not there. */
  readonly image: ModbusImage;
  readonly units?: ReadonlyMap<number, ModbusImage>;
  readonly wire: () => WireFault;
  readonly random: Random;
}

const HEADER_BYTES = 7;
const UNIT = 6;
const NO_ANSWER_BEHIND_GATEWAY = 11;
/** MBAP length: unit and PDU, 253 bytes at most. */
const LONGEST = 254;
const MAX_CONNECTIONS = 32;

/** Modbus TCP: requests of one connection are answered in their order; the unit id is echoed. */
export function startModbusServer(options: ModbusServerOptions): Promise<SimServer> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    if (options.wire().kind === "refuse" || clients.size >= MAX_CONNECTIONS) {
      socket.resetAndDestroy();
      return;
    }
    clients.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => clients.delete(socket));
    let held: Buffer = Buffer.alloc(0);
    let busyUntil = 0;
    socket.on("data", (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      while (held.length >= HEADER_BYTES) {
        const length = held.readUInt16BE(4);
        // Not Modbus, or out of step: there is no way back on this connection.
        if (held.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST) return void socket.destroy();
        if (held.length < 6 + length) return;
        const request = held.subarray(0, 6 + length);
        held = held.subarray(6 + length);
        const fault = options.wire();
        const wait = options.latencyMs + (fault.kind === "slow" ? fault.extraMs : 0);
        if (wait === 0) reply(socket, request);
        else {
          const now = performance.now();
          busyUntil = Math.max(busyUntil, now) + wait;
          const timer = setTimeout(reply, busyUntil - now, socket, request);
          socket.once("close", () => clearTimeout(timer));
        }
      }
    });
  });

  const reply = (socket: Socket, request: Buffer): void => {
    if (socket.destroyed) return;
    const image = options.units === undefined ? options.image : options.units.get(request[UNIT] ?? 0);
    const question = request.subarray(HEADER_BYTES);
    const pdu = image === undefined ? Buffer.from([(question[0] ?? 0) | 0x80, NO_ANSWER_BEHIND_GATEWAY]) : answerPdu(question, image);
    const frame = Buffer.alloc(HEADER_BYTES + pdu.length);
    request.copy(frame, 0, 0, HEADER_BYTES);
    frame.writeUInt16BE(pdu.length + 1, 4);
    pdu.copy(frame, HEADER_BYTES);
    deliver(socket, frame, options.wire(), { random: options.random, keep: true });
  };

  return listen(server, options, () => {
    for (const socket of clients) socket.destroy();
  });
}

/** One protocol data unit in, one out. */
export function answerPdu(pdu: Buffer, image: ModbusImage): Buffer {
  const code = pdu[0] ?? 0;
  try {
    return answerFunction(code, pdu.subarray(1), image);
  } catch (error) {
    if (error instanceof ModbusException) return Buffer.from([code | 0x80, error.code]);
    throw error;
  }
}

function answerFunction(code: number, body: Buffer, image: ModbusImage): Buffer {
  switch (code) {
    case 1:
    case 2: {
      const { address, count } = span(body, 4, 2000);
      const bits = packBits(image.readBits(code === 1 ? "coil" : "discrete", address, count));
      return Buffer.concat([Buffer.from([code, bits.length]), bits]);
    }
    case 3:
    case 4: {
      const { address, count } = span(body, 4, 125);
      const values = image.readRegisters(code === 3 ? "holding" : "input", address, count);
      const reply = Buffer.alloc(2 + 2 * count);
      reply.writeUInt8(code, 0);
      reply.writeUInt8(2 * count, 1);
      values.forEach((value, index) => reply.writeUInt16BE(value & 0xffff, 2 + 2 * index));
      return reply;
    }
    case 5: {
      const value = exactly(body, 4).readUInt16BE(2);
      if (value !== 0xff00 && value !== 0) throw new ModbusException(ILLEGAL_VALUE);
      image.writeCoils(body.readUInt16BE(0), [value === 0xff00]);
      return Buffer.concat([Buffer.from([code]), body]);
    }
    case 6: {
      const value = exactly(body, 4).readUInt16BE(2);
      image.writeRegisters(body.readUInt16BE(0), [value]);
      return Buffer.concat([Buffer.from([code]), body]);
    }
    case 15: {
      const { address, count } = spanWithBytes(body, 1968, (bits) => Math.ceil(bits / 8));
      const bits = Array.from({ length: count }, (_, index) => (((body[5 + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1);
      image.writeCoils(address, bits);
      return Buffer.concat([Buffer.from([code]), body.subarray(0, 4)]);
    }
    case 16: {
      const { address, count } = spanWithBytes(body, 123, (registers) => 2 * registers);
      image.writeRegisters(
        address,
        Array.from({ length: count }, (_, index) => body.readUInt16BE(5 + 2 * index)),
      );
      return Buffer.concat([Buffer.from([code]), body.subarray(0, 4)]);
    }
    default:
      throw new ModbusException(ILLEGAL_FUNCTION);
  }
}

function exactly(body: Buffer, length: number): Buffer {
  if (body.length !== length) throw new ModbusException(ILLEGAL_VALUE);
  return body;
}

function span(body: Buffer, length: number, most: number): { address: number; count: number } {
  exactly(body, length);
  const address = body.readUInt16BE(0);
  const count = body.readUInt16BE(2);
  if (count < 1 || count > most) throw new ModbusException(ILLEGAL_VALUE);
  if (address + count > 0x10000) throw new ModbusException(ILLEGAL_ADDRESS);
  return { address, count };
}

function spanWithBytes(body: Buffer, most: number, bytesFor: (count: number) => number): { address: number; count: number } {
  if (body.length < 5) throw new ModbusException(ILLEGAL_VALUE);
  const found = span(body.subarray(0, 4), 4, most);
  if (body[4] !== bytesFor(found.count) || body.length !== 5 + bytesFor(found.count)) throw new ModbusException(ILLEGAL_VALUE);
  return found;
}

function packBits(bits: readonly boolean[]): Buffer {
  const packed = Buffer.alloc(Math.ceil(bits.length / 8));
  bits.forEach((bit, index) => {
    if (bit) packed[index >> 3] = (packed[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return packed;
}
