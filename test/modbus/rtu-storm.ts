/**
 * What can go wrong on a serial line. The right answer to another question of the same unit, function and length is not among
 * them: no RTU frame says what it answers. It comes about by answers that are late, and those are here.
 */
import { NO_PACING } from "../../drivers/modbus/line.ts";
import { rightRtuAnswer, rtuPort, withChecksum } from "./rtu-device.ts";
import type { RtuPort, RtuRequest } from "./rtu-device.ts";
import { FAULTY_FROM, pick, TIMEOUT_MS } from "./storm.ts";
import type { StormDevice } from "./storm.ts";

type Fault = (request: RtuRequest, port: RtuPort, random: () => number) => void;

/** The silence that is kept after anything went wrong, and when in it the slowest answer comes, both counted from when we have given up. */
const QUIET_MS = 2 * TIMEOUT_MS;
const LATE_MS = 5;
/** A test machine that stalls is no device that is slower than the silence: what would come after it is left out. */
const LATEST_MS = QUIET_MS - 10;
const part = (bytes: Buffer, random: () => number): Buffer => bytes.subarray(0, 1 + Math.floor(random() * (bytes.length - 1)));
const byte = (random: () => number): number => Math.floor(random() * 256);

function late(request: RtuRequest, port: RtuPort, answer: Buffer): void {
  request.whenClosed(() => {
    const from = performance.now();
    setTimeout(() => {
      if (performance.now() - from < LATEST_MS) port.say(answer);
    }, LATE_MS);
  });
}

export const RTU_FAULTS: Readonly<Record<string, Fault>> = {
  silent: () => {},
  // Counted from when we have given up: an answer to another question before that could not be told from the right one.
  late: (request, port) => late(request, port, rightRtuAnswer(request)),
  lateOfAnother: (request, port) => late(request, port, rightRtuAnswer({ ...request, address: (request.address + 7) & 0xff })),
  wrongUnit: (request, port) => port.say(rightRtuAnswer({ ...request, unit: request.unit + 1 })),
  wrongFunction: (request, port) => port.say(rightRtuAnswer({ ...request, code: request.code === 3 ? 4 : 3 })),
  short: (request, port) => port.say(rightRtuAnswer({ ...request, operand: request.operand - 1 })),
  long: (request, port) => port.say(rightRtuAnswer({ ...request, operand: request.operand + 1 })),
  flipped: (request, port, random) => {
    const reply = rightRtuAnswer(request);
    const at = 3 + Math.floor(random() * (reply.length - 3));
    reply.writeUInt8(reply.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
    port.say(reply);
  },
  echoed: (request, port) => port.say(Buffer.concat([request.frame, rightRtuAnswer(request)])),
  twice: (request, port) => port.say(Buffer.concat([rightRtuAnswer(request), rightRtuAnswer(request)])),
  stuck: (request, port, random) => port.say(part(rightRtuAnswer(request), random)),
  noise: (_request, port, random) => port.say(Buffer.from(Array.from({ length: 1 + Math.floor(random() * 300) }, () => byte(random)))),
  noiseBefore: (request, port, random) => port.say(Buffer.concat([Buffer.from([byte(random)]), rightRtuAnswer(request)])),
  refused: (request, port) => port.say(withChecksum([request.unit, request.code | 0x80, 4])),
};

export async function rtuStormDevice(random: () => number, seen: Map<string, number>): Promise<StormDevice> {
  const { line } = rtuPort((request, port) => {
    if (request.address < FAULTY_FROM) return rightRtuAnswer(request);
    pick(RTU_FAULTS, random, seen)(request, port, random);
    return null;
  }, { ...NO_PACING, quietAfterTimeoutMs: QUIET_MS });
  return { line, [Symbol.asyncDispose]: () => Promise.resolve() };
}
