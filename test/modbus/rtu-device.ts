/** The other end of an RTU line, made of bytes, in memory. It shares no code with the product. */
import { Duplex } from "node:stream";

import type { Connection, Line, Pacing } from "../../drivers/modbus/line.ts";
import { rtuConnection } from "../../drivers/modbus/rtu.ts";
import { content } from "./device.ts";

export interface RtuRequest {
  /** Which opening of the port since start, from 1. */
  readonly opening: number;
  readonly frame: Buffer;
  /** Calls back when the one who asked has closed the port. */
  readonly whenClosed: (then: () => void) => void;
  readonly unit: number;
  readonly code: number;
  readonly address: number;
  readonly operand: number;
}

/** CRC-16 with the reversed polynomial 0xA001, low byte first, as the serial line guide writes it out. */
export function withChecksum(body: Buffer | readonly number[]): Buffer {
  let sum = 0xffff;
  for (const byte of body) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0xa001 : sum >>> 1;
  }
  return Buffer.from([...body, sum & 0xff, sum >>> 8]);
}

/** The right answer to any request. */
export function rightRtuAnswer({ unit, code, address, operand, frame }: RtuRequest): Buffer {
  if (code === 3 || code === 4) {
    return withChecksum([unit, code, 2 * operand, ...Array.from({ length: operand }, (_, at) => content(unit, code, address + at)).flatMap((word) => [word >> 8, word & 0xff])]);
  }
  return withChecksum(frame.subarray(0, 6));
}

export interface RtuPort {
  readonly line: Line;
  readonly requests: readonly RtuRequest[];
  /** Bytes from the device to whoever has the port open now, as a wire that knows no sessions. */
  say(bytes: Buffer): void;
}

/** A serial port whose far end answers as `answer` says; null is silence. Requests are eight bytes long, which all reads and single writes are. */
export function rtuPort(answer: (request: RtuRequest, port: RtuPort) => Buffer | null, pacing: Pacing): RtuPort {
  const requests: RtuRequest[] = [];
  let [opening, open] = [0, null as Duplex | null];
  const port: RtuPort = {
    requests,
    say: (bytes) => { if (open !== null && !open.destroyed) open.push(bytes); },
    line: {
      name: "memory",
      pacing,
      open: async (): Promise<Connection> => {
        opening += 1;
        const at = opening;
        const stream = new Duplex({
          read() {},
          write(frame: Buffer, _encoding, done) {
            const request = { opening: at, frame, whenClosed: (then: () => void): void => void stream.once("close", then), unit: frame.readUInt8(0), code: frame.readUInt8(1), address: frame.readUInt16BE(2), operand: frame.readUInt16BE(4) };
            requests.push(request);
            setImmediate(() => {
              const reply = answer(request, port);
              if (reply !== null) port.say(reply);
            });
            done();
          },
        });
        open = stream;
        return rtuConnection(stream, "memory");
      },
    },
  };
  return port;
}
