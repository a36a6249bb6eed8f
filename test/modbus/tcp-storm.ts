/** What can go wrong between a Modbus/TCP device and us. */
import { tcpLine } from "../../drivers/modbus/tcp.ts";
import { exception, frame, rightAnswer, startDevice } from "./device.ts";
import type { RawRequest } from "./device.ts";
import { FAULTY_FROM, pick, TIMEOUT_MS } from "./storm.ts";
import type { StormDevice } from "./storm.ts";

/** Writes something that is not the reply to `request`, or writes it too late. */
type Fault = (request: RawRequest, random: () => number) => void;

const write = ({ socket }: RawRequest, bytes: Buffer): void => { if (!socket.destroyed) socket.write(bytes); };
const swapped = (request: RawRequest): Buffer => rightAnswer({ ...request, address: (request.address + 7) & 0xff });

export const TCP_FAULTS: Readonly<Record<string, Fault>> = {
  silent: () => {},
  late: (request) => void setTimeout(() => write(request, rightAnswer(request)), 2 * TIMEOUT_MS),
  // As a gateway does that has lost count: the answers to two questions, each under the other's number.
  swapped: (request) => write(request, frame(request.transaction - 1, swapped(request).subarray(6))),
  ahead: (request) => write(request, frame(request.transaction + 1, swapped(request).subarray(6))),
  wrongUnit: (request) => write(request, rightAnswer({ ...request, unit: request.unit + 1 })),
  wrongFunction: (request) => write(request, rightAnswer({ ...request, code: request.code === 3 ? 4 : 3 })),
  short: (request) => write(request, rightAnswer({ ...request, operand: request.operand - 1 })),
  long: (request) => write(request, rightAnswer({ ...request, operand: request.operand + 1 })),
  lyingCount: (request) => {
    const reply = rightAnswer(request);
    reply.writeUInt8(2 * request.operand - 2, 8);
    write(request, reply);
  },
  cut: (request, random) => {
    const reply = rightAnswer(request);
    write(request, reply.subarray(0, 1 + Math.floor(random() * (reply.length - 1))));
    request.socket.end();
  },
  stuck: (request, random) => {
    const reply = rightAnswer(request);
    write(request, reply.subarray(0, 1 + Math.floor(random() * (reply.length - 1))));
  },
  noise: (request, random) => write(request, Buffer.from(Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256)))),
  noiseBefore: (request, random) => write(request, Buffer.concat([Buffer.from([Math.floor(random() * 256)]), rightAnswer(request)])),
  otherProtocol: (request) => write(request, frame(request.transaction, rightAnswer(request).subarray(6), 1)),
  reset: (request) => void request.socket.resetAndDestroy(),
  hangUp: (request) => void request.socket.end(),
  refused: (request) => write(request, exception(request, 4)),
};

export async function tcpStormDevice(random: () => number, seen: Map<string, number>): Promise<StormDevice> {
  const device = await startDevice((request) => {
    if (request.address < FAULTY_FROM) return rightAnswer(request);
    pick(TCP_FAULTS, random, seen)(request, random);
    return null;
  });
  return { line: tcpLine({ host: "127.0.0.1", port: device.port }, 1_000), [Symbol.asyncDispose]: () => device[Symbol.asyncDispose]() };
}
