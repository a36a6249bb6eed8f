import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Bus } from "../../drivers/modbus/bus.ts";
import type { Priority } from "../../drivers/modbus/job.ts";
import { NO_PACING } from "../../drivers/modbus/line.ts";
import type { Connection, Line } from "../../drivers/modbus/line.ts";
import { ExceptionReply } from "../../drivers/modbus/request.ts";
import type { Reply, Request } from "../../drivers/modbus/request.ts";
import { tcpLine } from "../../drivers/modbus/tcp.ts";
import { content, exception, frame, hex, rightAnswer, startDevice } from "./device.ts";
import type { RawDevice, RawRequest } from "./device.ts";

const never = new AbortController().signal;
const now = (): number => performance.now();

interface SendOptions {
  readonly priority?: Priority;
  readonly deadlineMs?: number;
  readonly timeoutMs?: number;
  readonly minGapMs?: number;
  readonly signal?: AbortSignal;
}

const send = (bus: Bus, request: Request, { priority = "switching", deadlineMs = 2_000, timeoutMs = 400, minGapMs = 0, signal = never }: SendOptions = {}): Promise<Reply> =>
  bus.send(request, { priority, deadlineMs, timing: { timeoutMs, minGapMs, connectDelayMs: 0, quietAfterTimeoutMs: 0 } }, signal);

const read = (address: number, count = 2, unit = 1): Request => ({ kind: "read", unit, table: "input", address, count });
const registers = (address: number, count = 2, unit = 1): number[] => Array.from({ length: count }, (_, at) => content(unit, 4, address + at));
const failsWith = (code: string, text?: RegExp) => (error: unknown): boolean =>
  error instanceof DeviceError && error.code === code && (text === undefined || text.test(error.message));

function busOn(t: TestContext, device: RawDevice, connectTimeoutMs = 500): Bus {
  const bus = new Bus(tcpLine({ host: "127.0.0.1", port: device.port }, connectTimeoutMs), { random: () => 0, now });
  t.after(async () => {
    bus.close();
    await device[Symbol.asyncDispose]();
  });
  return bus;
}

/** A device that is right but for what `answer` says about some requests. */
async function rig(t: TestContext, answer: (request: RawRequest) => Buffer | null | undefined): Promise<{ bus: Bus; device: RawDevice }> {
  const device = await startDevice((request) => {
    const said = answer(request);
    return said === undefined ? rightAnswer(request) : said;
  });
  return { device, bus: busOn(t, device) };
}

describe("a right reply", () => {
  const cases: [string, Request, Reply][] = [
    ["input registers", read(7, 3), registers(7, 3)],
    ["the most registers of one read", read(0, 125), registers(0, 125)],
    ["holding registers", { kind: "read", unit: 9, table: "holding", address: 65_535, count: 1 }, [content(9, 3, 65_535)]],
    ["coils, with padding taken off", { kind: "read", unit: 1, table: "coil", address: 3, count: 11 }, Array.from({ length: 11 }, (_, at) => content(1, 1, 3 + at) & 1)],
    ["discrete inputs", { kind: "read", unit: 1, table: "discrete", address: 0, count: 8 }, Array.from({ length: 8 }, (_, at) => content(1, 2, at) & 1)],
    ["coil echo", { kind: "write-coil", unit: 1, address: 4, on: true }, []],
    ["register echo", { kind: "write-register", unit: 1, address: 4, value: 513 }, []],
    ["coils echo", { kind: "write-coils", unit: 1, address: 4, on: [true, false, true] }, []],
    ["registers echo", { kind: "write-registers", unit: 1, address: 4, values: [1, 2] }, []],
  ];
  for (const [name, request, reply] of cases) {
    test(name, async (t) => {
      const { bus } = await rig(t, () => undefined);
      assert.deepEqual(await send(bus, request), reply);
    });
  }

  test("requests are these bytes", async (t) => {
    const { bus, device } = await rig(t, () => undefined);
    await send(bus, { kind: "read", unit: 17, table: "holding", address: 0x6b, count: 3 });
    await send(bus, { kind: "write-coil", unit: 17, address: 0xac, on: true });
    await send(bus, { kind: "write-coils", unit: 17, address: 0x13, on: [true, false, true, true, false, false, true, true, true, false] });
    await send(bus, { kind: "write-registers", unit: 17, address: 1, values: [10, 258] });
    // From the examples of the Modbus application protocol, after a header of transaction, protocol 0 and length.
    assert.deepEqual(device.requests.map(({ frame: bytes }) => bytes), [
      hex("0001 0000 0006 11 03 006b 0003"),
      hex("0002 0000 0006 11 05 00ac ff00"),
      hex("0003 0000 0009 11 0f 0013 000a 02 cd01"),
      hex("0004 0000 000b 11 10 0001 0002 04 000a 0102"),
    ]);
  });

  test("what fits no frame is not sent", async (t) => {
    const { bus, device } = await rig(t, () => undefined);
    for (const request of [read(0, 126), read(0, 0), read(65_535, 2), read(-1), read(0.5), read(0, 1, 256), { kind: "write-register", unit: 1, address: 0, value: 65_536 } as const]) {
      await assert.rejects(send(bus, request), failsWith("out-of-range"));
    }
    assert.equal(device.requests.length, 0);
  });
});

describe("a wrong reply is no reading, and the next one is right", () => {
  const first = (wrong: (request: RawRequest) => Buffer | null) => (request: RawRequest) => (request.connection === 1 && request.sequence === 2 ? wrong(request) : undefined);
  const ok = (request: RawRequest): Buffer => rightAnswer(request);
  const patched = (offset: number, value: number) => (request: RawRequest): Buffer => {
    const reply = ok(request);
    reply.writeUInt8(value, offset);
    return reply;
  };
  const cases: [string, string, (request: RawRequest) => Buffer | null][] = [
    ["none at all", "timeout", () => null],
    ["half of it, then silence", "timeout", (request) => ok(request).subarray(0, 9)],
    ["fewer registers than asked for", "malformed", ({ transaction }) => frame(transaction, [1, 4, 2, 0, 7])],
    ["a byte count of one register in a frame of two", "malformed", patched(8, 2)],
    ["a byte count beyond the frame", "malformed", patched(8, 200)],
    ["an odd byte count", "malformed", patched(8, 3)],
    ["more registers than asked for", "malformed", ({ transaction }) => frame(transaction, [1, 4, 6, 0, 1, 0, 2, 0, 3])],
    ["of another unit", "malformed", patched(6, 2)],
    ["to another function", "malformed", patched(7, 3)],
    ["of another transaction", "malformed", patched(1, 99)],
    ["of the request before", "malformed", (request) => rightAnswer({ ...request, transaction: request.transaction - 1, address: 0 })],
    ["of another protocol", "malformed", patched(3, 1)],
    ["a length of 0", "malformed", () => hex("0002 0000 0000 01")],
    ["a length of 65535", "malformed", () => hex("0002 0000 ffff 0104")],
    ["an exception of another unit", "malformed", ({ transaction }) => frame(transaction, [2, 0x84, 2])],
    ["an exception to another function", "malformed", ({ transaction }) => frame(transaction, [1, 0x83, 2])],
    ["an exception with a tail", "malformed", ({ transaction }) => frame(transaction, [1, 0x84, 2, 0])],
    ["twice", "malformed", (request) => Buffer.concat([ok(request), ok(request)])],
    ["with a byte too many", "malformed", (request) => Buffer.concat([ok(request), Buffer.from([0])])],
    ["a megabyte of noise", "malformed", () => Buffer.alloc(1 << 20, 0x5a)],
    ["text", "malformed", () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a hung-up connection", "unreachable", ({ socket }) => { socket.end(); return null; }],
    ["a reset connection", "unreachable", ({ socket }) => { socket.resetAndDestroy(); return null; }],
    ["half of it and a reset", "unreachable", (request) => { request.socket.write(ok(request).subarray(0, 9)); setTimeout(() => request.socket.resetAndDestroy(), 5); return null; }],
  ];
  for (const [name, code, wrong] of cases) {
    test(name, async (t) => {
      const { bus, device } = await rig(t, first(wrong));
      assert.deepEqual(await send(bus, read(0)), registers(0));
      await assert.rejects(send(bus, read(10), { timeoutMs: code === "timeout" ? 40 : 2_000 }), failsWith(code));
      assert.deepEqual(await send(bus, read(20)), registers(20));
      assert.equal(device.requests.at(-1)?.connection, 2, "on a new connection");
    });
  }

  test("a reply too late reaches nobody", async (t) => {
    let late = Promise.resolve();
    const { bus } = await rig(t, first((request) => {
      late = pause(300).then(() => void (request.socket.destroyed || request.socket.write(rightAnswer(request))));
      return null;
    }));
    await send(bus, read(0));
    await assert.rejects(send(bus, read(10), { timeoutMs: 30 }), failsWith("timeout"));
    for (let address = 20; address < 30; address += 1) assert.deepEqual(await send(bus, read(address)), registers(address));
    await late;
    for (let address = 30; address < 40; address += 1) assert.deepEqual(await send(bus, read(address)), registers(address));
  });

  test("a reply that was there in time is taken, however late this process looks", async (t) => {
    const { bus } = await rig(t, (request) => {
      if (request.address !== 10) return undefined;
      request.socket.write(rightAnswer(request));
      const until = now() + 200;
      while (now() < until);
      return null;
    });
    await send(bus, read(0));
    assert.deepEqual(await send(bus, read(10), { timeoutMs: 100 }), registers(10));
  });

  const echoes: [string, Request, number][] = [
    ["coil state", { kind: "write-coil", unit: 1, address: 3, on: true }, 10],
    ["coil address", { kind: "write-coil", unit: 1, address: 3, on: false }, 9],
    ["register value", { kind: "write-register", unit: 1, address: 3, value: 5 }, 11],
    ["register address", { kind: "write-register", unit: 1, address: 3, value: 5 }, 8],
    ["number of coils", { kind: "write-coils", unit: 1, address: 3, on: [true, true] }, 11],
    ["number of registers", { kind: "write-registers", unit: 1, address: 3, values: [5] }, 11],
  ];
  for (const [name, request, offset] of echoes) {
    test(`an echo with another ${name}`, async (t) => {
      const { bus, device } = await rig(t, first(patched(offset, 0x7f)));
      await send(bus, request);
      await assert.rejects(send(bus, request), failsWith("malformed"));
      await send(bus, request);
      assert.equal(device.requests.at(-1)?.connection, 2);
    });
  }

  test("bytes between requests end the connection", async (t) => {
    const { bus, device } = await rig(t, () => undefined);
    await send(bus, read(0));
    for (const socket of device.sockets) socket.write(frame(2, [1, 4, 4, 0, 0, 0, 0]));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(await send(bus, read(10)), registers(10));
    assert.equal(device.requests.at(-1)?.connection, 2);
  });
});

describe("exceptions", () => {
  test("keep the connection", async (t) => {
    const { bus, device } = await rig(t, (request) => (request.address === 66 ? exception(request, 2) : undefined));
    await assert.rejects(send(bus, read(66)), (error) => error instanceof ExceptionReply && error.code === "refused" && error.exception === 2 && /illegal data address/.test(error.message));
    assert.deepEqual(await send(bus, read(1)), registers(1));
    assert.equal(device.requests.at(-1)?.connection, 1);
  });

  test("of the gateway leave only that unit alone", async (t) => {
    const { bus, device } = await rig(t, (request) => (request.unit === 5 ? exception(request, 11) : undefined));
    await assert.rejects(send(bus, read(0, 2, 5), { priority: "fast" }), failsWith("timeout"));
    await assert.rejects(send(bus, read(0, 2, 5), { priority: "fast" }), failsWith("timeout"));
    await assert.rejects(send(bus, read(0, 2, 5), { priority: "fast" }), failsWith("unreachable", /unit 5 missed 2 replies/));
    assert.deepEqual(await send(bus, read(0, 2, 6), { priority: "fast" }), registers(0, 2, 6));
    assert.equal(device.requests.filter(({ unit }) => unit === 5).length, 2);
    assert.equal(device.requests.at(-1)?.connection, 1);
    await assert.rejects(send(bus, { kind: "write-coil", unit: 5, address: 0, on: false }), failsWith("timeout"));
    assert.equal(device.requests.at(-1)?.unit, 5, "an order is tried all the same");
  });
});

describe("the connection", () => {
  test("a silent unit costs its neighbours two timeouts and no more", async (t) => {
    const { bus, device } = await rig(t, (request) => (request.unit === 5 ? null : undefined));
    for (let miss = 0; miss < 2; miss += 1) await assert.rejects(send(bus, read(0, 2, 5), { priority: "fast", timeoutMs: 30 }), failsWith("timeout"));
    const from = now();
    await Promise.all(Array.from({ length: 20 }, (_, at) => [
      assert.rejects(send(bus, read(0, 2, 5), { priority: "fast" }), failsWith("unreachable")),
      send(bus, read(at), { priority: "fast" }),
    ]).flat());
    assert.ok(now() - from < 1_500, "one reconnect, and none of twenty timeouts of 400 ms");
    assert.equal(device.requests.filter(({ unit }) => unit === 5).length, 2);
  });

  test("a silent unit that is asked again and again costs its neighbours nothing after its second timeout", async (t) => {
    const { bus, device } = await rig(t, (request) => (request.unit === 5 ? null : undefined));
    await send(bus, read(0), { priority: "fast" });
    for (let miss = 0; miss < 2; miss += 1) await assert.rejects(send(bus, read(0, 2, 5), { priority: "fast", timeoutMs: 30 }), failsWith("timeout"));
    const [from, waited] = [now(), [] as number[]];
    while (now() - from < 1_800) {
      const silent = send(bus, read(0, 2, 5), { priority: "fast", timeoutMs: 1_000 }).catch(() => null);
      for (let at = 0; at < 3; at += 1) {
        const asked = now();
        assert.deepEqual(await send(bus, read(at), { priority: "fast" }), registers(at));
        waited.push(now() - asked);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      void silent;
    }
    const probes = device.requests.filter(({ unit }) => unit === 5).length - 2;
    const worst = Math.max(...waited);
    t.diagnostic(`${waited.length} reads beside ${probes} probes of 1,000 ms: ${worst.toFixed(1)} ms at the most`);
    assert.ok(probes >= 1, `${probes} probes`);
    assert.ok(worst < 100, `${worst.toFixed(0)} ms: a timeout of the silent unit would be 1,000`);
  });

  test("a silent unit that answers again is read again, also on a line that is never free", async (t) => {
    let back = false;
    const { bus } = await rig(t, (request) => (request.unit === 5 && !back ? null : undefined));
    for (let miss = 0; miss < 3; miss += 1) await send(bus, read(0, 2, 5), { priority: "switching", timeoutMs: 20 }).catch(() => null);
    back = true;
    let busy = true;
    const flood = Promise.all(Array.from({ length: 8 }, async () => {
      while (busy) await send(bus, read(1), { priority: "fast" }).catch(() => null);
    }));
    const from = now();
    let answer: Reply | null = null;
    while (answer === null && now() - from < 6_000) {
      answer = await send(bus, read(0, 2, 5), { priority: "fast", deadlineMs: 1_000 }).catch(() => null);
      if (answer === null) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    busy = false;
    await flood;
    assert.deepEqual(answer, registers(0, 2, 5));
  });

  test("a request given up is taken back from the network: the connection is reset, not ended", async (t) => {
    const ends: string[] = [];
    const { bus } = await rig(t, ({ socket, address }) => {
      socket.once("end", () => ends.push("end"));
      socket.once("error", (error: NodeJS.ErrnoException) => ends.push(error.code ?? ""));
      return address === 0 ? null : undefined;
    });
    await assert.rejects(send(bus, read(0), { timeoutMs: 30 }), failsWith("timeout"));
    for (let tries = 0; ends.length === 0 && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(ends, ["ECONNRESET"]);
  });

  test("a device that restarts is found again", async (t) => {
    const device = await startDevice(rightAnswer);
    const bus = busOn(t, device);
    await send(bus, read(0));
    await device[Symbol.asyncDispose]();
    await assert.rejects(send(bus, read(1)), failsWith("unreachable"));
    const again = await startDevice(rightAnswer, device.port);
    t.after(() => again[Symbol.asyncDispose]());
    assert.deepEqual(await send(bus, read(2), { priority: "fast" }), registers(2));
  });

  test("keeps nothing of the replies it has brought", async (t) => {
    const { bus } = await rig(t, () => undefined);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const brought: WeakRef<object>[] = [];
    for (let address = 0; address < 20; address++) brought.push(new WeakRef(await send(bus, read(address))));
    // A WeakRef holds what it is of until the turn it was made in is over.
    await pause(10);
    collect();
    const kept = brought.filter((reply) => reply.deref() !== undefined).length;
    assert.ok(kept <= 1, `${kept} of 20 replies are held by the connection`);
  });

  test("one closed while idle is opened again at once", async (t) => {
    const { bus, device } = await rig(t, () => undefined);
    await send(bus, read(0), { priority: "slow" });
    for (const socket of device.sockets) socket.end();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(await send(bus, read(1), { priority: "slow", deadlineMs: 45 }), registers(1), "without the back-off of 50 ms");
  });

  test("nobody there is said within the connect deadline, to all who wait", async (t) => {
    // A server with a full backlog accepts nothing and refuses nothing; 192.0.2.0/24 is nowhere by definition, but may be refused at once.
    const bus = new Bus(tcpLine({ host: "192.0.2.1", port: 502 }, 100), { random: () => 0, now });
    t.after(() => bus.close());
    const from = now();
    await Promise.all([1, 2, 3].map((address) => assert.rejects(send(bus, read(address)), failsWith("unreachable", /192\.0\.2\.1:502/))));
    assert.ok(now() - from < 1_000);
  });

  test("a refusing host is asked less and less often", async (t) => {
    let opened = 0;
    const line: Line = { name: "nowhere", pacing: NO_PACING, open: async () => { opened += 1; throw new DeviceError("unreachable", "nobody there"); } };
    const bus = new Bus(line, { random: () => 0, now });
    t.after(() => bus.close());
    const until = now() + 700;
    while (now() < until) {
      await assert.rejects(send(bus, read(0), { priority: "fast", deadlineMs: 20 }), DeviceError);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // With the least jitter: at 0, 50, 150 and 350 ms; the next would be at 750.
    assert.ok(opened >= 3 && opened <= 4, `${opened} attempts`);
    await assert.rejects(send(bus, read(0)), failsWith("unreachable"));
    assert.ok(opened >= 4 && opened <= 5, "an order does not wait");
  });

  test("a device that hangs up on everybody is not called without end", async (t) => {
    const device = await startDevice(() => null);
    const bus = busOn(t, device);
    let hangUps = 0;
    const timer = setInterval(() => { for (const socket of device.sockets) { hangUps += 1; socket.end(); } }, 1);
    t.after(() => clearInterval(timer));
    await assert.rejects(bus.send(read(0), { priority: "fast", deadlineMs: 400, timing: { timeoutMs: 50, minGapMs: 0, connectDelayMs: 20, quietAfterTimeoutMs: 0 } }, never), failsWith("unreachable"));
    assert.ok(hangUps > 0 && hangUps < 12, `${hangUps} connections in 400 ms`);
  });
});

describe("the queue", () => {
  const wires = (device: RawDevice): string[] => device.requests.map(({ code, address }) => `${code}@${address}`);

  test("an order goes before two hundred reads, power before the rest", async (t) => {
    const { bus, device } = await rig(t, () => undefined);
    const slow = Array.from({ length: 100 }, (_, at) => send(bus, read(1000 + at), { priority: "slow" }));
    const fast = Array.from({ length: 100 }, (_, at) => send(bus, read(2000 + at), { priority: "fast" }));
    await fast[0];
    const order = send(bus, { kind: "write-coil", unit: 1, address: 7, on: false });
    await Promise.all([...slow, ...fast, order]);
    const seen = wires(device);
    assert.equal(seen.length, 201);
    assert.ok(seen.indexOf("5@7") <= 3, `the order was request ${seen.indexOf("5@7") + 1}`);
    assert.ok(seen.findLastIndex((wire) => wire.startsWith("4@20")) < seen.findIndex((wire) => wire.startsWith("4@10")), "fast before slow");
  });

  test("one request is in flight", async (t) => {
    let [open, most] = [0, 0];
    const { bus } = await rig(t, (request) => {
      most = Math.max(most, ++open);
      setTimeout(() => { open -= 1; request.socket.write(rightAnswer(request)); }, 1);
      return null;
    });
    const replies = await Promise.all(Array.from({ length: 30 }, (_, at) => send(bus, read(at))));
    assert.deepEqual(replies, Array.from({ length: 30 }, (_, at) => registers(at)));
    assert.equal(most, 1);
  });

  test("an order leaves as the next request, though 200 reads wait, and within the time of one", async (t) => {
    const ANSWER_MS = 20;
    const arrived: { code: number; at: number }[] = [];
    const { bus } = await rig(t, (request) => {
      arrived.push({ code: request.code, at: now() });
      setTimeout(() => request.socket.write(rightAnswer(request)), ANSWER_MS);
      return null;
    });
    const reads = Array.from({ length: 200 }, (_, at) => send(bus, read(at % 100), { priority: at % 2 === 0 ? "fast" : "slow", deadlineMs: 300 }).catch(() => null));
    while (arrived.length < 5) await new Promise((resolve) => setTimeout(resolve, 1));
    const [before, from] = [arrived.length, now()];
    await send(bus, { kind: "write-coil", unit: 1, address: 9, on: false });
    const order = arrived.findIndex(({ code }) => code === 5);
    assert.ok(order >= before && order <= before + 1, `request ${order}, with ${before} gone before`);
    const waited = (arrived[order]?.at ?? Infinity) - from;
    t.diagnostic(`an order waited ${waited.toFixed(1)} ms behind 200 reads of ${ANSWER_MS} ms each`);
    assert.ok(waited < 5 * ANSWER_MS, `${waited.toFixed(1)} ms`);
    await Promise.all(reads);
  });

  test("what waited past its deadline is never sent", async (t) => {
    const { bus, device } = await rig(t, (request) => (request.address === 0 ? null : undefined));
    const blocking = assert.rejects(send(bus, read(0), { timeoutMs: 600 }), failsWith("timeout"));
    const from = now();
    await assert.rejects(send(bus, { kind: "write-coil", unit: 1, address: 9, on: true }, { deadlineMs: 40 }), failsWith("timeout", /not sent/));
    assert.ok(now() - from < 500, "told at its deadline, not when the line is free");
    await blocking;
    await send(bus, read(1));
    assert.deepEqual(wires(device), ["4@0", "4@1"]);
  });

  test("what the caller gave up is not sent", async (t) => {
    const { bus, device } = await rig(t, (request) => (request.address === 0 ? null : undefined));
    const blocking = assert.rejects(send(bus, read(0), { timeoutMs: 60 }), failsWith("timeout"));
    const caller = new AbortController();
    const order = assert.rejects(send(bus, { kind: "write-coil", unit: 1, address: 9, on: true }, { signal: caller.signal }), failsWith("timeout", /given up/));
    caller.abort();
    await order;
    await blocking;
    await send(bus, read(1));
    assert.deepEqual(wires(device), ["4@0", "4@1"]);
    await assert.rejects(send(bus, read(2), { signal: AbortSignal.abort() }), failsWith("timeout"));
  });

  test("giving up what is on the wire frees the caller, not the line", async (t) => {
    const { bus } = await rig(t, (request) => {
      if (request.address !== 0) return undefined;
      setTimeout(() => request.socket.write(rightAnswer(request)), 40);
      return null;
    });
    const caller = new AbortController();
    const first = assert.rejects(send(bus, read(0), { signal: caller.signal }), failsWith("timeout", /given up/));
    setTimeout(() => caller.abort(), 15);
    const second = send(bus, read(10));
    await first;
    assert.deepEqual(await second, registers(10));
  });

  test("is bounded", async (t) => {
    const { bus } = await rig(t, () => null);
    const results = Promise.allSettled(Array.from({ length: 4_200 }, (_, at) => send(bus, read(at % 100), { priority: "slow" })));
    await assert.rejects(send(bus, read(0), { priority: "slow" }), failsWith("refused", /waiting already/));
    bus.close();
    const reasons = (await results).map((result) => (result.status === "rejected" && result.reason instanceof DeviceError ? result.reason.code : "resolved"));
    assert.equal(reasons.filter((code) => code === "refused").length, 104);
    assert.equal(reasons.filter((code) => code === "unreachable").length, 4_096);
  });

  test("closing rejects what waits and what is on the wire, at once", async (t) => {
    const { bus } = await rig(t, () => null);
    const waiting = [1, 2, 3].map((address) => assert.rejects(send(bus, read(address), { timeoutMs: 5_000, deadlineMs: 5_000 }), failsWith("unreachable")));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const from = now();
    bus.close();
    await Promise.all(waiting);
    await assert.rejects(send(bus, read(4)), failsWith("unreachable", /closed/));
    assert.ok(now() - from < 50);
  });

  test("the pause a device needs is kept", async (t) => {
    const times: number[] = [];
    const connection: Connection = { alive: true, exchange: async () => { times.push(now()); return [0, 0]; }, destroy: () => {} };
    const bus = new Bus({ name: "serial", pacing: NO_PACING, open: async () => connection }, { random: () => 0, now });
    t.after(() => bus.close());
    await Promise.all([1, 2, 3].map((address) => send(bus, read(address), { minGapMs: 25 })));
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    assert.ok(gaps.every((gap) => gap >= 25), gaps.join(" "));
  });
});
