/** Messages behind their length, and what comes instead. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { exchangeFramed } from "../../drivers/whatsminer/frame.ts";
import { rawMiner } from "./raw-miner.ts";

const LIMITS = { deadlineMs: 150, maxBytes: 1_000 };
const never = new AbortController().signal;

const framed = (text: string, length = Buffer.byteLength(text)): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, Buffer.from(text)]);
};

describe("one exchange", () => {
  test("the request goes out behind its length; a reply is whole when its length is there, in whatever pieces", async () => {
    const reply = framed('{"code":0,"msg":"é"}');
    await using miner = await rawMiner((socket) => {
      socket.write(reply.subarray(0, 2));
      setTimeout(() => socket.write(reply.subarray(2, 7)), 5);
      // The connection stays open: only the length says that this is all.
      setTimeout(() => socket.write(reply.subarray(7)), 10);
    });
    assert.equal(await exchangeFramed(miner.address, '{"cmd":"get.device.info"}', LIMITS, never), '{"code":0,"msg":"é"}');
    assert.equal(miner.requests[0], framed('{"cmd":"get.device.info"}').toString());
  });

  const wrong: [string, (socket: Socket) => void, DeviceErrorCode, RegExp][] = [
    ["half a message", (socket) => socket.end(framed('{"code":0}').subarray(0, 9)), "malformed", /ended after 9 bytes/],
    ["half a head", (socket) => socket.end("ab"), "malformed", /ended after 2 bytes/],
    ["no word", (socket) => socket.end(), "unreachable", /hung up without a word/],
    ["the other API's answer", (socket) => socket.end('{"STATUS":"E"}\0'), "malformed", /is this the port of API V3/],
    ["more than is read", (socket) => socket.write(framed("x", 1_001)), "malformed", /too long/],
    ["a reset before a word", (socket) => socket.resetAndDestroy(), "unreachable", /cannot be reached \(ECONNRESET\)/],
    ["a promise that is not kept", (socket) => socket.write(framed("x", 900)), "timeout", /sent 5 bytes and no end within 150 ms/],
    ["silence", () => {}, "timeout", /did not answer within 150 ms/],
  ];
  for (const [name, answer, code, says] of wrong) {
    test(`${name}: ${code}`, async () => {
      await using miner = await rawMiner(answer);
      await assert.rejects(exchangeFramed(miner.address, '{"cmd":"x","token":"s3cret"}', LIMITS, never), (error) => {
        assert.ok(error instanceof DeviceError && error.code === code, String(error));
        assert.match(error.message, says);
        return !error.message.includes("s3cret");
      });
    });
  }

  test("an abort ends it with the signal's reason", async () => {
    await using miner = await rawMiner(() => {});
    const reason = new Error("enough");
    await assert.rejects(exchangeFramed(miner.address, "{}", LIMITS, AbortSignal.abort(reason)), (error) => error === reason);
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 20);
    await assert.rejects(exchangeFramed(miner.address, "{}", LIMITS, stop.signal), (error) => error === reason);
  });
});
