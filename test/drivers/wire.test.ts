import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Address } from "../../drivers/cgminer/ask-once.ts";
import { exchange } from "../../drivers/cgminer/wire.ts";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { rawMiner, respond } from "./raw-miner.ts";

const LIMITS = { deadlineMs: 150, maxBytes: 4096 };
const REQUEST = '{"command":"summary"}';
const REPLY = '{"STATUS":[{"STATUS":"S"}],"SUMMARY":[{"Elapsed":61}],"id":1}';
const never = new AbortController().signal;

interface Case {
  readonly name: string;
  readonly answer: (socket: Socket) => void;
  /** The text, or the code and words of the error. */
  readonly expect: string | readonly [DeviceErrorCode, RegExp];
}

const cases: readonly Case[] = [
  { name: "ends at NUL though the connection stays open", answer: (socket) => socket.write(`${REPLY}\0`), expect: REPLY },
  { name: "ends at FIN without NUL", answer: (socket) => socket.end(REPLY), expect: REPLY },
  { name: "ends where the JSON closes, without NUL or FIN", answer: (socket) => socket.write(REPLY), expect: REPLY },
  { name: "ends where malformed JSON closes, without NUL or FIN", answer: (socket) => socket.write('{"a":[{"b":nan}{"b":1},]}'), expect: '{"a":[{"b":nan}{"b":1},]}' },
  { name: "ends with a line feed and NUL", answer: (socket) => socket.write(`${REPLY}\n\0`), expect: REPLY },
  { name: "comes in pieces", answer: (socket) => pieces(socket, [REPLY.slice(0, 7), REPLY.slice(7, 40), REPLY.slice(40), "\0"]), expect: REPLY },
  { name: "pieces that end in brackets are no end", answer: (socket) => pieces(socket, [REPLY.slice(0, 26), `${REPLY.slice(26)}\0`]), expect: REPLY },
  { name: "a NUL inside is no end", answer: (socket) => pieces(socket, ['{"ID":"BTM\0', '_SOC"}\0']), expect: '{"ID":"BTM\0_SOC"}' },
  { name: "is whole and then reset", answer: (socket) => socket.write(REPLY, () => setTimeout(() => socket.resetAndDestroy(), 5)), expect: REPLY },
  { name: "is cut by FIN: for the parser to refuse", answer: (socket) => socket.end(REPLY.slice(0, 30)), expect: REPLY.slice(0, 30) },
  { name: "is cut by a reset", answer: (socket) => socket.write(REPLY.slice(0, 30), () => setTimeout(() => socket.resetAndDestroy(), 5)), expect: ["malformed", /broke off after 30 bytes/] },
  { name: "reset before a byte", answer: (socket) => socket.resetAndDestroy(), expect: ["unreachable", /reset.*api-allow/] },
  { name: "FIN before a byte", answer: (socket) => socket.end(), expect: ["unreachable", /without a word/] },
  { name: "silent", answer: () => {}, expect: ["timeout", /did not answer within 150 ms/] },
  { name: "never ends", answer: (socket) => socket.write(REPLY.slice(0, 30)), expect: ["timeout", /sent 30 bytes and no end/] },
  { name: "drips", answer: drip, expect: ["timeout", /no end within 150 ms/] },
  { name: "endless", answer: flood, expect: ["malformed", /more than 4096 bytes/] },
];

describe("an exchange whose reply", () => {
  for (const { name, answer, expect } of cases) {
    test(name, async () => {
      await using miner = await rawMiner(answer);
      const began = performance.now();
      const outcome = exchange(miner.address, REQUEST, LIMITS, never);
      if (typeof expect === "string") assert.equal(await outcome, expect);
      else await assert.rejects(outcome, deviceError(...expect));
      assert.ok(performance.now() - began < LIMITS.deadlineMs + 100);
      assert.deepEqual(miner.requests, [REQUEST]);
      await drained(miner);
    });
  }
});

describe("an exchange", () => {
  test("with nobody there is unreachable", async () => {
    await assert.rejects(exchange(await freeAddress(), REQUEST, LIMITS, never), deviceError("unreachable", /refused the connection/));
  });

  test("with a name that does not resolve is unreachable", async () => {
    await assert.rejects(exchange({ host: "no-such-miner.invalid", port: 4028 }, REQUEST, { ...LIMITS, deadlineMs: 2000 }, never), (error) => error instanceof DeviceError);
  });

  test("ends with the signal's reason, and the connection with it", async () => {
    await using miner = await rawMiner(() => {});
    const stop = new AbortController();
    const outcome = assert.rejects(exchange(miner.address, REQUEST, LIMITS, stop.signal), /enough/);
    while (miner.open === 0) await pause(1);
    stop.abort(new Error("enough"));
    await outcome;
    await drained(miner);
    await assert.rejects(exchange(miner.address, REQUEST, LIMITS, stop.signal), /enough/);
    assert.equal(miner.mostWaiting, 1);
  });

  test("leaves the signal as it was, a hundred at once", async () => {
    await using miner = await rawMiner((socket) => respond(socket, REPLY));
    const warnings: Error[] = [];
    const warned = (warning: Error): number => warnings.push(warning);
    process.on("warning", warned);
    const stop = new AbortController();
    await Promise.all(Array.from({ length: 100 }, () => exchange(miner.address, REQUEST, { ...LIMITS, deadlineMs: 2000 }, stop.signal)));
    await pause(1);
    process.off("warning", warned);
    stop.abort();
    assert.deepEqual(warnings, []);
  });

  test("holds no more than the limit of an endless reply in single bytes", async () => {
    await using miner = await rawMiner((socket) => pieces(socket, Array.from({ length: 300 }, () => "x")));
    await assert.rejects(exchange(miner.address, REQUEST, { deadlineMs: 1000, maxBytes: 100 }, never), deviceError("malformed", /more than 100 bytes/));
  });
});

function deviceError(code: DeviceErrorCode, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DeviceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  };
}

/** One piece a millisecond, so that they arrive apart. */
function pieces(socket: Socket, parts: readonly string[]): void {
  socket.setNoDelay();
  const [part, ...rest] = parts;
  if (part === undefined || socket.destroyed) return;
  socket.write(part, () => setTimeout(pieces, 2, socket, rest));
}

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write("x"), 10);
  socket.once("close", () => clearInterval(timer));
}

function flood(socket: Socket): void {
  while (!socket.destroyed && socket.write("x".repeat(1000)));
  socket.once("drain", () => flood(socket));
}

async function drained(miner: { readonly open: number }): Promise<void> {
  for (let tries = 0; miner.open > 0 && tries < 100; tries++) await pause(5);
  assert.equal(miner.open, 0, "connections left open");
}

async function freeAddress(): Promise<Address> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return { host: "127.0.0.1", port };
}
