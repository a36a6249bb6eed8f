import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { millis, seconds } from "../../agent/core/units.ts";
import { openOutbox, type Outbox, type OutboxOptions } from "../../agent/record/outbox.ts";
import { charging, Pace } from "../../agent/report/farm/pace.ts";
import type { Delivery, OutgoingMessage } from "../../agent/runtime/link.ts";
import { MemoryDrawer } from "../support/memory-drawer.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

interface Sent {
  readonly topic: string;
  readonly n: number;
  readonly recordId: string;
  readonly recordedAt: string;
  readonly historical?: true;
}

/** A link whose broker answers after a while, or not at all. */
class Wire {
  connected = true;
  readonly sent: Sent[] = [];
  most = 0;
  answer: (message: OutgoingMessage) => Delivery = () => ({ kind: "acknowledged" });
  #waiting: ((delivery: Delivery) => void)[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  deliver(message: OutgoingMessage): Promise<Delivery> {
    if (!this.connected) return Promise.resolve({ kind: "lost" });
    this.sent.push({ topic: message.topic, ...(JSON.parse(String(message.payload)) as Omit<Sent, "topic">) });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.most = Math.max(this.most, this.#waiting.length);
      this.#clock.after(millis(5), () => {
        if (!this.#waiting.includes(resolve)) return;
        this.#waiting = this.#waiting.filter((other) => other !== resolve);
        resolve(this.answer(message));
      });
    });
  }

  break(): void {
    this.connected = false;
    for (const resolve of this.#waiting.splice(0)) resolve({ kind: "lost" });
  }
}

class Bench {
  readonly clock = new VirtualClock();
  readonly drawer = new MemoryDrawer();
  readonly wire = new Wire(this.clock);
  readonly events: [string, Readonly<Record<string, unknown>>][] = [];
  #end = new AbortController();

  async outbox(options: Partial<OutboxOptions> = {}): Promise<Outbox> {
    this.#end = new AbortController();
    const opening = openOutbox({
      drawer: this.drawer.open(this.clock), link: this.wire, room: () => Promise.resolve(), clock: this.clock, seal: (_topic, payload) => payload, topicRoot: "root", draw: () => "tag",
      summaries: { most: 10, mostBytes: 100_000 }, event: (name, fields) => this.events.push([name, fields]), ...options,
    });
    await this.clock.advance(millis(10));
    const outbox = await opening;
    void outbox.run(this.#end.signal);
    return outbox;
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.clock.advance(seconds(1));
  }

  get numbers(): number[] {
    return this.wire.sent.map(({ n }) => n);
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe("the outbox", () => {
  test("sends at once what can be sent at once, with an id and the time it was taken", async () => {
    const bench = new Bench();
    const outbox = await bench.outbox();
    outbox.put("ack/x", { n: 1 });
    await bench.clock.advance(millis(50));
    assert.deepEqual(bench.wire.sent, [{ topic: "root/ack/x", n: 1, recordId: "tag-e000000000000001", recordedAt: "2026-01-01T00:00:00.010Z" }]);
    assert.deepEqual([...bench.drawer.records.keys()], ["index"]);
    await bench.end();
  });

  test("keeps what cannot be sent, and sends it later in order, as history, twenty at a time", async () => {
    const bench = new Bench();
    bench.wire.connected = false;
    const outbox = await bench.outbox();
    for (const n of range(0, 500)) outbox.put("interval", { n });
    await bench.clock.advance(seconds(3_600));
    assert.deepEqual(outbox.waiting, { evidence: 500, summaries: 0 });
    bench.wire.connected = true;
    outbox.connected();
    await bench.clock.advance(seconds(5));
    assert.deepEqual(bench.numbers, range(0, 500));
    assert.equal(bench.wire.most, 20);
    assert.ok(bench.wire.sent.every(({ historical }) => historical === true));
    assert.equal(new Set(bench.wire.sent.map(({ recordId }) => recordId)).size, 500);
    assert.deepEqual(outbox.waiting, { evidence: 0, summaries: 0 });
    await bench.end();
  });

  test("a broken connection loses nothing and doubles no more than what was on its way", async () => {
    const bench = new Bench();
    const outbox = await bench.outbox();
    for (const n of range(0, 100)) outbox.put("interval", { n });
    await bench.clock.advance(millis(16));
    bench.wire.break();
    await bench.clock.advance(seconds(10));
    bench.wire.connected = true;
    outbox.connected();
    await bench.clock.advance(seconds(5));
    assert.deepEqual([...new Set(bench.numbers)].sort((a, b) => a - b), range(0, 100));
    assert.ok(bench.wire.sent.length <= 120, `${bench.wire.sent.length}`);
    await bench.end();
  });

  test("a killed process loses nothing taken and doubles a window at the most", async () => {
    for (const moment of range(1, 60)) {
      const bench = new Bench();
      const outbox = await bench.outbox();
      for (const n of range(0, 100)) outbox.put("interval", { n });
      await bench.clock.advance(millis(2));
      assert.equal(outbox.waiting.evidence, 100);
      await bench.clock.advance(millis(moment));
      // What it was doing goes on in nobody's memory: a new process opens what the disk has now.
      const kept = new Map(bench.drawer.records);
      const before = [...bench.wire.sent];
      const next = new Bench();
      for (const [key, value] of kept) next.drawer.records.set(key, value);
      await next.outbox();
      await next.clock.advance(seconds(5));
      const numbers = [...before.map(({ n }) => n), ...next.numbers];
      assert.equal(new Set(numbers).size, 100, `killed after ${moment} ms`);
      assert.ok(numbers.length <= 120, `${numbers.length} sent when killed after ${moment} ms`);
      await Promise.all([bench.end(), next.end()]);
    }
  });

  test("summaries give way, the oldest first, and evidence never does", async () => {
    const bench = new Bench();
    bench.wire.connected = false;
    const outbox = await bench.outbox();
    for (const n of range(0, 30)) {
      outbox.put("summary", { n }, "summary");
      outbox.put("interval", { n: 100 + n });
      await bench.clock.advance(millis(10));
    }
    bench.wire.connected = true;
    outbox.connected();
    await bench.clock.advance(seconds(5));
    assert.deepEqual(bench.numbers.filter((n) => n >= 100), range(100, 130));
    const summaries = bench.numbers.filter((n) => n < 100);
    assert.ok(summaries.length >= 9 && summaries.length <= 10, `${summaries.length}`);
    assert.equal(summaries.at(-1), 29);
    assert.equal(bench.events.at(-1)?.[0], "summaries.dropped");
    await bench.end();
  });

  test("summaries that may wait go when there is room, not as history; evidence does not wait for them", async () => {
    const bench = new Bench();
    const pace = new Pace({ bytesPerSecond: 10, burst: 10 });
    const outbox = await bench.outbox({ link: charging({ connected: true, deliver: (message) => bench.wire.deliver(message), publish: () => undefined, run: () => Promise.resolve(), next: () => undefined, resubscribe: () => undefined }, pace), room: (signal) => pace.room(bench.clock, signal) });
    for (const n of range(0, 4)) outbox.put("summary", { n }, "summary");
    await bench.clock.advance(millis(100));
    assert.deepEqual(bench.numbers, [0], "the first takes the room of ten seconds and more");
    await bench.clock.advance(seconds(10.2));
    assert.deepEqual(bench.numbers, [0, 1]);
    await bench.clock.advance(seconds(30));
    assert.deepEqual(bench.numbers, range(0, 4));
    assert.ok(bench.wire.sent.every(({ historical }) => historical === undefined));
    outbox.put("interval", { n: 9 });
    await bench.clock.advance(millis(50));
    assert.deepEqual(bench.numbers, [...range(0, 4), 9]);
    await bench.end();
  });

  test("what waits for room when the connection is lost is kept, and is history", async () => {
    const bench = new Bench();
    let open = (): void => undefined;
    const outbox = await bench.outbox({ room: () => new Promise((resolve) => (open = resolve)) });
    for (const n of range(0, 2)) outbox.put("summary", { n }, "summary");
    await bench.clock.advance(millis(100));
    open();
    await bench.clock.advance(millis(2));
    bench.wire.break();
    await bench.clock.advance(millis(2));
    open();
    await bench.clock.advance(millis(100));
    assert.deepEqual([bench.numbers, outbox.waiting.summaries], [[0], 2]);
    bench.wire.connected = true;
    outbox.connected();
    for (let turn = 0; turn < 2; turn += 1) {
      await bench.clock.advance(millis(100));
      open();
    }
    await bench.clock.advance(millis(100));
    assert.deepEqual(bench.wire.sent.map(({ n, historical = false }) => [n, historical]), [[0, false], [0, true], [1, true]]);
    await bench.end();
  });

  test("what the broker does not take is set aside with an event, and offered again after a restart", async () => {
    const bench = new Bench();
    bench.wire.answer = ({ topic }) => (topic.endsWith("bad") ? { kind: "refused", reason: "not authorized" } : { kind: "acknowledged" });
    const outbox = await bench.outbox();
    outbox.put("bad", { n: 1 });
    outbox.put("good", { n: 2 });
    await bench.clock.advance(seconds(60));
    assert.deepEqual(bench.numbers, [1, 2]);
    assert.deepEqual(bench.events, [["outbox.refused", { topic: "bad", reason: "not authorized", record: "tag-e000000000000001" }]]);
    await bench.end();
    bench.wire.answer = () => ({ kind: "acknowledged" });
    await bench.outbox();
    await bench.clock.advance(seconds(10));
    assert.deepEqual(bench.numbers, [1, 2, 1]);
    await bench.end();
  });

  test("an id is never given twice: not after a kill, for what went out from memory while the disk was full", async () => {
    let drawn = 0;
    const draw = (): string => `draw${(drawn += 1)}`;
    const bench = new Bench();
    const outbox = await bench.outbox({ draw });
    outbox.put("interval", { n: 0 });
    await bench.clock.advance(seconds(1));
    bench.drawer.full = true;
    for (const n of [1, 2]) outbox.put("interval", { n });
    await bench.clock.advance(seconds(20));
    assert.deepEqual(bench.numbers, [0, 1, 2]);
    const next = new Bench();
    for (const [key, value] of bench.drawer.records) next.drawer.records.set(key, value);
    const after = await next.outbox({ draw });
    for (const n of [3, 4]) after.put("interval", { n });
    await next.clock.advance(seconds(5));
    assert.deepEqual(next.numbers, [3, 4]);
    const ids = [...bench.wire.sent, ...next.wire.sent].map(({ recordId }) => recordId);
    assert.equal(new Set(ids).size, 5, ids.join(" "));
    for (const one of [bench, next]) await one.end();
  });

  test("a full disk stops summaries with an alarm; evidence goes out from memory and reaches the disk later", async () => {
    const bench = new Bench();
    const outbox = await bench.outbox();
    bench.drawer.full = true;
    outbox.put("summary", { n: 1 }, "summary");
    outbox.put("interval", { n: 2 });
    await bench.clock.advance(seconds(2));
    assert.deepEqual(bench.events.map(([name]) => name), ["summaries.stopped"]);
    assert.deepEqual(bench.numbers, [2]);
    bench.wire.connected = false;
    outbox.put("interval", { n: 3 });
    bench.drawer.full = false;
    await bench.clock.advance(seconds(10));
    assert.equal(outbox.waiting.evidence, 1);
    assert.deepEqual(bench.events.map(([name]) => name), ["summaries.stopped", "summaries.resumed"]);
    await bench.end();
  });
});
