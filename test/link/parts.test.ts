/** The parts of the link that are plain computing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { millis } from "../../agent/core/units.ts";
import { backOff } from "../../agent/link/back-off.ts";
import { frameClip } from "../../agent/link/frame-clip.ts";
import { OutboundQueue } from "../../agent/link/outbound-queue.ts";
import { Suspects } from "../../agent/link/suspects.ts";
import { say } from "./link-rig.ts";
import { frame } from "./raw-broker.ts";

describe("frame clip", () => {
  const limit = 300;
  const packets = fc.array(fc.record({ head: fc.integer({ min: 0x10, max: 0xff }), body: fc.uint8Array({ maxLength: 700 }) }), { maxLength: 12 });

  test("however the stream is cut into chunks, each packet comes out whole or cut to the limit", () => {
    fc.assert(
      fc.property(packets, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(({ head, body }) => frame(head, Buffer.from(body))));
        const clip = frameClip(limit);
        const out: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const length = cuts[turn % cuts.length] ?? 1;
          out.push(...clip(stream.subarray(at, at + length)));
          at += length;
        }
        const expected = Buffer.concat(sent.map(({ head, body }) => frame(head, Buffer.from(body.subarray(0, limit)))));
        assert.deepEqual(Buffer.concat(out), expected);
      }),
      { numRuns: 300 },
    );
  });

  test("a length of five bytes is no MQTT", () => assert.throws(() => frameClip(limit)(Buffer.from([0x30, 255, 255, 255, 255])), /no MQTT/));
});

describe("outbound queue", () => {
  const taken = (queue: OutboundQueue): string[] => {
    const all: string[] = [];
    for (let next = queue.take(() => true); next !== null; next = queue.take(() => true)) all.push(`${next.message.topic}=${String(next.message.payload)}`);
    return all;
  };

  test("keeps order; the newest of a retained topic takes the waiting one's place", () => {
    const queue = new OutboundQueue({ messages: 10, bytes: 10_000 });
    for (const message of [say("s", "1", true), say("a", "1"), say("a", "2"), say("s", "2", true)]) queue.push(message, millis(0));
    assert.deepEqual(taken(queue), ["s=2", "a=1", "a=2"]);
  });

  test("what was not acknowledged goes in front, but never over something newer of its topic", () => {
    const queue = new OutboundQueue({ messages: 10, bytes: 10_000 });
    for (const message of [say("s", "old", true), say("a", "1")]) queue.push(message, millis(0));
    const onTheirWay = [queue.take(() => true), queue.take(() => true)].filter((waiting) => waiting !== null);
    for (const message of [say("b", "1"), say("s", "new", true)]) queue.push(message, millis(0));
    queue.putBack(onTheirWay);
    assert.deepEqual(taken(queue), ["s=new", "a=1", "b=1"]);
  });

  test("is bounded in messages and in bytes: passing messages go before retained ones", () => {
    const few = new OutboundQueue({ messages: 2, bytes: 10_000 });
    assert.deepEqual([say("s", "1", true), say("a", "1"), say("b", "1"), say("c", "1")].map((message) => few.push(message, millis(0))), [0, 0, 1, 1]);
    assert.deepEqual(taken(few), ["s=1", "c=1"]);
    const small = new OutboundQueue({ messages: 1_000, bytes: 10_000 });
    for (let index = 0; index < 100; index += 1) small.push(say("a", "x".repeat(900)), millis(0));
    assert.equal(small.size, 10);
    assert.equal(taken(small).length, 10);
    small.push(say("s", "x".repeat(20_000), true), millis(0));
    assert.equal(small.size, 0);
  });
});

describe("suspects", () => {
  const sent = (topic: string, sentAt: number) => [{ topic, sentAt: millis(sentAt) }];

  test("two closes set a topic aside for a minute, the third for two, never more than ten; an acknowledgement clears it", () => {
    const suspects = new Suspects();
    assert.deepEqual(suspects.closed(sent("a", 0), millis(100)), []);
    assert.equal(suspects.isSuspect("a"), true);
    assert.equal(suspects.isAside("a", millis(100)), false);
    assert.deepEqual(suspects.closed(sent("a", 200), millis(300)), ["a"]);
    assert.equal(suspects.isAside("a", millis(60_000)), true);
    assert.equal(suspects.isAside("a", millis(60_300)), false);
    suspects.closed(sent("a", 60_400), millis(60_400));
    assert.equal(suspects.isAside("a", millis(180_000)), true);
    assert.equal(suspects.isAside("a", millis(180_500)), false);
    for (let close = 0; close < 20; close += 1) suspects.closed(sent("a", 200_000), millis(200_000));
    assert.equal(suspects.isAside("a", millis(800_000)), false);
    suspects.clear("a");
    assert.equal(suspects.isSuspect("a"), false);
  });

  test("a close long after the send suspects nobody", () => {
    const suspects = new Suspects();
    suspects.closed(sent("a", 0), millis(6_000));
    assert.equal(suspects.isSuspect("a"), false);
  });

  test("remembers a bounded number", () => {
    const suspects = new Suspects();
    for (let index = 0; index < 1_000; index += 1) suspects.closed(sent(`t${index}`, 0), millis(1));
    assert.equal(Array.from({ length: 1_000 }, (_, index) => suspects.isSuspect(`t${index}`)).filter(Boolean).length, 256);
  });
});

test("back-off doubles from half a second to half a minute, shortened by up to half, and begins again after a reset", () => {
  const longest = backOff(() => 0);
  assert.deepEqual(Array.from({ length: 8 }, () => longest.next()), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  longest.reset();
  assert.equal(longest.next(), 500);
  assert.equal(backOff(() => 1).next(), 250);
});
