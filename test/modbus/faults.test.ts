import assert from "node:assert/strict";
import { test } from "node:test";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Bus } from "../../drivers/modbus/bus.ts";
import type { Request } from "../../drivers/modbus/request.ts";
import { tcpLine } from "../../drivers/modbus/tcp.ts";
import { content, exception, frame, rightAnswer, startDevice } from "./device.ts";
import type { RawRequest } from "./device.ts";

const FAULTY_READS = 2_000;
const BUSES = 20;
const TIMEOUT_MS = 15;
const SEED = 20_260_729;
const never = new AbortController().signal;

/** mulberry32: small, seeded, good enough to pick faults. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes something that is not the reply to `request`, or writes it too late. */
type Fault = (request: RawRequest, random: () => number) => void;

const write = ({ socket }: RawRequest, bytes: Buffer): void => { if (!socket.destroyed) socket.write(bytes); };
const swapped = (request: RawRequest): Buffer => rightAnswer({ ...request, address: (request.address + 7) & 0xff });

const FAULTS: Readonly<Record<string, Fault>> = {
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

test(`${FAULTY_READS} faulty replies and not one wrong value`, { timeout: 100_000 }, async () => {
  const names = Object.keys(FAULTS);
  const seen = new Map<string, number>();
  let served = 0;
  await Promise.all(Array.from({ length: BUSES }, async (_, at) => {
    const random = seeded(SEED + at);
    const device = await startDevice((request) => {
      // Every other question is answered rightly, so that a connection has something to lose.
      if (request.address < 128) return rightAnswer(request);
      const name = names[Math.floor(random() * names.length)] ?? "silent";
      seen.set(name, (seen.get(name) ?? 0) + 1);
      FAULTS[name]?.(request, random);
      return null;
    });
    const bus = new Bus(tcpLine({ host: "127.0.0.1", port: device.port }, 1_000), { random, now: () => performance.now() });
    for (let step = 0; step < 2 * FAULTY_READS / BUSES; step += 1) {
      const faulty = step % 2 === 1;
      const request: Request = {
        kind: "read", unit: 1 + Math.floor(random() * 9), table: random() < 0.5 ? "holding" : "input",
        address: (faulty ? 128 : 0) + Math.floor(random() * 100), count: 2 + Math.floor(random() * 3),
      };
      const reply = await bus
        // An order's priority, because nobody backs off for an order: what is tested is what is served, as fast as it goes.
        .send(request, { priority: "switching", deadlineMs: 5_000, timing: { timeoutMs: faulty ? TIMEOUT_MS : 3_000, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 } }, never)
        .catch((error: unknown) => { assert.ok(error instanceof DeviceError, String(error)); return null; });
      if (reply === null) {
        assert.ok(faulty, "the right answer was refused");
        continue;
      }
      served += 1;
      const code = request.table === "holding" ? 3 : 4;
      assert.deepEqual(reply, Array.from({ length: request.count }, (__, word) => content(request.unit, code, request.address + word)));
    }
    bus.close();
    await device[Symbol.asyncDispose]();
  }));
  assert.equal([...seen.values()].reduce((sum, count) => sum + count, 0), FAULTY_READS);
  assert.deepEqual([...seen.keys()].toSorted(), names.toSorted(), "every fault happened");
  // A late answer is a right one where the timer was late too; nothing else faulty may be served.
  assert.ok(served >= FAULTY_READS && served <= FAULTY_READS + (seen.get("late") ?? 0), `${served} served`);
});
