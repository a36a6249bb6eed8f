import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import fc from "fast-check";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Bus } from "../../drivers/modbus/bus.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { NO_PACING } from "../../drivers/modbus/line.ts";
import type { Pacing } from "../../drivers/modbus/line.ts";
import type { Reply, Request } from "../../drivers/modbus/request.ts";
import { RtuReplyFrame } from "../../drivers/modbus/rtu-frame.ts";
import { serialLine } from "../../drivers/modbus/rtu-lines.ts";
import { rtuPacing } from "../../drivers/modbus/rtu.ts";
import { content, hex } from "./device.ts";
import { rightRtuAnswer, rtuPort, withChecksum } from "./rtu-device.ts";
import type { RtuPort, RtuRequest } from "./rtu-device.ts";

const never = new AbortController().signal;
const now = (): number => performance.now();
const QUIET: Pacing = { ...NO_PACING, quietAfterTimeoutMs: 30 };

const send = (bus: Bus, request: Request, timeoutMs = 1_000): Promise<Reply> =>
  bus.send(request, { priority: "switching", deadlineMs: 3_000, timing: { timeoutMs, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0 } }, never);
const read = (address: number, count = 2, unit = 1): Request => ({ kind: "read", unit, table: "input", address, count });
const registers = (address: number, count = 2, unit = 1): number[] => Array.from({ length: count }, (_, at) => content(unit, 4, address + at));
const failsWith = (code: string, text?: RegExp) => (error: unknown): boolean => error instanceof DeviceError && error.code === code && (text === undefined || text.test(error.message));

function busOn(t: TestContext, answer: (request: RtuRequest, port: RtuPort) => Buffer | null | undefined, pacing = QUIET): { bus: Bus; port: RtuPort } {
  const port = rtuPort((request, wire) => {
    const said = answer(request, wire);
    return said === undefined ? rightRtuAnswer(request) : said;
  }, pacing);
  const bus = new Bus(port.line, { random: () => 0, now });
  t.after(() => bus.close());
  return { bus, port };
}

describe("RTU", () => {
  test("speaks the frames of the serial line guide", async (t) => {
    // Eastron's manual of the SDM630 prints this exchange: 230.2 V on phase 1.
    const { bus, port } = busOn(t, () => hex("01 04 04 4366 3334 1b38"));
    assert.deepEqual(await send(bus, read(0)), [0x4366, 0x3334]);
    assert.equal(port.requests[0]?.frame.toString("hex"), "01040000000271cb");
  });

  test("writes are believed when they are echoed", async (t) => {
    const { bus, port } = busOn(t, ({ address, frame }) => (address === 9 ? withChecksum([...frame.subarray(0, 4), 0, 2]) : undefined));
    assert.deepEqual(await send(bus, { kind: "write-register", unit: 11, address: 5001, value: 1 }), []);
    assert.equal(port.requests[0]?.frame.subarray(0, 6).toString("hex"), "0b0613890001");
    await assert.rejects(send(bus, { kind: "write-register", unit: 11, address: 9, value: 1 }), failsWith("malformed"));
    assert.deepEqual(await send(bus, { kind: "write-coil", unit: 1, address: 3, on: false }), []);
  });

  test("an exception keeps the line", async (t) => {
    const { bus, port } = busOn(t, ({ address }) => (address === 9 ? withChecksum([1, 0x84, 2]) : undefined));
    await assert.rejects(send(bus, read(9)), failsWith("refused", /illegal data address/));
    assert.deepEqual(await send(bus, read(10)), registers(10));
    assert.equal(port.requests.at(-1)?.opening, 1);
  });

  const right = (request: RtuRequest): Buffer => rightRtuAnswer(request);
  const damaged = (request: RtuRequest): Buffer => {
    const reply = right(request);
    reply.writeUInt8(reply.readUInt8(4) ^ 0x10, 4);
    return reply;
  };
  const cases: [string, string, (request: RtuRequest) => Buffer | null][] = [
    ["none at all", "timeout", () => null],
    ["half of it", "timeout", (request) => right(request).subarray(0, 5)],
    ["one bit wrong", "malformed", damaged],
    ["of another unit", "malformed", (request) => right({ ...request, unit: 2 })],
    ["to another function", "malformed", (request) => right({ ...request, code: 3 })],
    ["one register less", "malformed", (request) => right({ ...request, operand: 1 })],
    ["one register more", "malformed", (request) => right({ ...request, operand: 3 })],
    ["behind the echo of the request", "malformed", (request) => Buffer.concat([request.frame, right(request)])],
    ["behind a stray byte", "malformed", (request) => Buffer.concat([Buffer.from([0]), right(request)])],
    ["with a byte too many", "malformed", (request) => Buffer.concat([right(request), Buffer.from([0])])],
    ["twice", "malformed", (request) => Buffer.concat([right(request), right(request)])],
    ["a megabyte of noise", "malformed", () => Buffer.alloc(1 << 20, 1)],
  ];
  for (const [name, code, wrong] of cases) {
    test(`a reply ${name} is no reading, and the next one is right`, async (t) => {
      const { bus, port } = busOn(t, (request) => (request.address === 10 ? wrong(request) : undefined));
      assert.deepEqual(await send(bus, read(0)), registers(0));
      await assert.rejects(send(bus, read(10), code === "timeout" ? 30 : 2_000), failsWith(code));
      assert.deepEqual(await send(bus, read(20)), registers(20));
      assert.equal(port.requests.at(-1)?.opening, 2, "on a port opened anew");
    });
  }

  test("a reply within the silence after a timeout reaches nobody, though the next request looks the same", async (t) => {
    let asked = 0;
    const { bus } = busOn(t, (request, wire) => {
      asked += 1;
      if (asked > 1) return undefined;
      request.whenClosed(() => void setTimeout(() => wire.say(rightRtuAnswer({ ...request, address: 77 })), 15));
      return null;
    });
    await assert.rejects(send(bus, read(5), 20), failsWith("timeout"));
    assert.deepEqual(await send(bus, read(5)), registers(5));
  });

  test("the line rests between frames, and longer before another unit", async (t) => {
    const times: { unit: number; at: number }[] = [];
    const { bus } = busOn(t, ({ unit }) => {
      times.push({ unit, at: now() });
      return undefined;
    }, { minGapMs: 5, unitGapMs: 25, connectDelayMs: 0, quietAfterTimeoutMs: 0 });
    for (const unit of [1, 1, 2, 2]) await send(bus, read(0, 1, unit));
    const gaps = times.slice(1).map(({ at }, index) => at - (times[index]?.at ?? 0));
    assert.ok((gaps[0] ?? 0) >= 4.5 && (gaps[2] ?? 0) >= 4.5 && (gaps[1] ?? 0) >= 24.5, gaps.join(" "));
  });

  test("however a reply is cut into pieces it is the same reply, and one byte more is none", () => {
    const shape = fc.record({ unit: fc.integer({ min: 1, max: 247 }), address: fc.integer({ min: 0, max: 60_000 }), count: fc.integer({ min: 1, max: 125 }), cuts: fc.array(fc.nat(260), { maxLength: 8 }) });
    fc.assert(fc.property(shape, ({ unit, address, count, cuts }) => {
      const request: Request = { kind: "read", unit, table: "input", address, count };
      const reply = withChecksum([unit, 4, 2 * count, ...registers(address, count, unit).flatMap((word) => [word >> 8, word & 0xff])]);
      const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < reply.length), reply.length])].toSorted((a, b) => a - b);
      const frame = new RtuReplyFrame(request);
      const states = ends.map((end, at) => frame.take(reply.subarray(ends[at - 1] ?? 0, end)));
      assert.deepEqual(states, [...states.slice(1).map(() => "incomplete"), "complete"]);
      assert.deepEqual(frame.bytes, reply);
      assert.deepEqual(frame.take(Buffer.from([0])), { wrong: "bytes after the reply" });
    }));
  });

  test("t3.5 by speed: 4 ms at 9600 baud, 1.75 ms above 19200, a millisecond for the timer", () => {
    assert.ok(Math.abs(rtuPacing(9_600).minGapMs - 5.01) < 0.01);
    assert.equal(rtuPacing(115_200).minGapMs, 2.75);
  });

  test("a serial port that is not there is unreachable, with its path", async () => {
    await assert.rejects(serialLine({ path: "/dev/no-such-port", baud: 9_600, parity: "none", stopBits: 1 }).open(never), failsWith("unreachable", /cannot open \/dev\/no-such-port/));
  });
});

test("RTU over TCP: several units behind one gateway, one connection, each on its own when one is silent", async (t) => {
  let connections = 0;
  const gateway = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {});
    socket.on("data", (frame) => {
      const request = { opening: connections, frame, whenClosed: (then: () => void): void => void socket.once("close", then), unit: frame.readUInt8(0), code: frame.readUInt8(1), address: frame.readUInt16BE(2), operand: frame.readUInt16BE(4) };
      if (request.unit !== 3) socket.write(rightRtuAnswer(request));
    });
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  const { port } = gateway.address() as AddressInfo;
  const buses = new Buses({ random: () => 0, now });
  const leases = [1, 2, 3].map(() => buses.lease({ transport: "rtu-over-tcp", host: "127.0.0.1", port }));
  const [first] = leases;
  t.after(async () => {
    for (const lease of leases) lease.release();
    await new Promise((resolve) => gateway.close(resolve));
  });
  assert.ok(first !== undefined && leases.every(({ bus }) => bus === first.bus));
  assert.deepEqual(await Promise.all([1, 2].map((unit) => send(first.bus, read(7, 3, unit)))), [registers(7, 3, 1), registers(7, 3, 2)]);
  assert.equal(connections, 1);
  await assert.rejects(send(first.bus, read(7, 3, 3), 30), failsWith("timeout"));
  assert.deepEqual(await send(first.bus, read(9, 3, 1)), registers(9, 3, 1));
});
