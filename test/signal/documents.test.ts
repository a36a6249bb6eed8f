import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isoTime } from "../../agent/signal/compose.ts";
import { Bench, acks, at, codes, names, own } from "./bench.ts";

describe("what is heard", () => {
  test("an allocation binds, is kept and is acknowledged", () => {
    const bench = new Bench();
    const effects = bench.hear(bench.allocation(20_000));
    assert.deepEqual(codes(effects), ["RECEIVED", "ACCEPTED"]);
    assert.deepEqual(names(effects), ["signal.accepted"]);
    assert.equal(bench.stated(), 20_000);
    assert.equal(bench.restarted().stated(), 20_000);
  });

  test("the short form is an allocation of 24 hours", () => {
    const bench = new Bench();
    const effects = bench.hear({ topic: own("allocation"), payload: '{"limitW": 4000}' });
    assert.match(acks(effects)[0]?.ref.id ?? "", /^short-[0-9a-f]{16}$/);
    assert.equal(bench.stated(), 4_000);
    bench.wait(24 * 3_600_000 + 3_000, 600_000);
    assert.equal(bench.stated(), null);
  });

  test("the same short form is one document when resent, a new one when said again", () => {
    const bench = new Bench();
    const short = { topic: own("allocation"), payload: '{"limitW": 4000}' };
    bench.hear(short);
    bench.wait(3_600_000, 60_000);
    assert.deepEqual(bench.hear(short, true), []);
    const held = bench.signal.summary(bench.tick()).held[own("allocation")];
    assert.deepEqual(codes(bench.hear(short)), ["RECEIVED", "ACCEPTED"]);
    assert.notDeepEqual(bench.signal.summary(bench.tick()).held[own("allocation")], held);
    bench.wait(24 * 3_600_000 + 3_000, 600_000);
    assert.deepEqual(bench.hear(short, true), [], "ended: resent, not renewed");
    assert.equal(bench.stated(), null);
  });

  test("limits bind beside the allocation, the smallest holds, and cancelling returns to it", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    bench.hear(bench.limit(9_000));
    bench.hear(bench.limit(12_000, { id: "e2" }));
    assert.equal(bench.stated(), 9_000);
    const effects = bench.hear(bench.limit(0, { fields: { status: "CANCELLED", intervals: [] } }));
    assert.deepEqual(codes(effects), ["RECEIVED", "CANCELLED"]);
    assert.deepEqual(names(effects), ["signal.cancelled"]);
    assert.equal(bench.stated(), 12_000);
  });

  test("0 W is a limit, null is no statement", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(null));
    assert.equal(bench.stated(), null);
    assert.equal(bench.signal.heard().allocations.length, 1);
    bench.hear(bench.limit(0));
    assert.equal(bench.stated(), 0);
  });

  test("a schedule is stated item by item", () => {
    const bench = new Bench();
    const schedule = [{ durationS: 1_810, limitW: 10_000 }, { durationS: 1_800, limitW: 5_000 }];
    bench.hear(bench.allocation(20_000, { fields: { schedule } }));
    assert.equal(bench.stated(), 10_000);
    bench.wait(1_810_000, 10_000);
    assert.equal(bench.stated(), 5_000);
  });

  test("an allocation that begins later waits as next, then takes the place of the running one", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    const from = bench.now() + 600_000;
    bench.hear(bench.document("ALLOCATION", { validFrom: new Date(from).toISOString(), validUntil: new Date(from + 3_000_000).toISOString(), maxW: 30_000 }));
    assert.equal(bench.stated(), 20_000);
    assert.equal(bench.signal.summary(bench.tick()).next?.from, from);
    const later = bench.restarted();
    assert.equal(later.stated(), 20_000);
    for (const running of [bench, later]) {
      running.wait(605_000);
      assert.equal(running.stated(), 30_000);
      assert.equal(running.signal.heard().allocations.length, 1);
      assert.equal(running.signal.summary(running.tick()).next, null);
    }
  });

  test("at exp nothing in a document binds any more", () => {
    const bench = new Bench();
    bench.hear(bench.limit(5_000, { exp: bench.now() + 60_000 }));
    bench.wait(58_000);
    assert.equal(bench.stated(), 5_000);
    assert.ok(names(bench.wait(5_000)).includes("signal.ended"));
    assert.equal(bench.stated(), null);
  });

  test("signed documents need a key that the root key granted", () => {
    const bench = new Bench({ signatures: "required" });
    const allocation = bench.allocation(20_000, { key: bench.grid });
    bench.hear(allocation);
    assert.equal(bench.stated(), null, "before the keys are known");
    assert.ok(bench.hear(bench.keySet()).some(({ kind }) => kind === "resubscribe"));
    bench.hear(allocation, true);
    assert.equal(bench.stated(), 20_000);
    assert.deepEqual(bench.restarted().signal.summary(bench.tick()).keys, ["grid-1"]);
  });
});

describe("stands beside until on disk", () => {
  test("a drop acts at once, a raise waits", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    bench.keeps = "later";
    bench.hear(bench.allocation(8_000));
    assert.equal(bench.stated(), 8_000);
    bench.hear(bench.allocation(30_000));
    assert.equal(bench.stated(), 8_000);
    bench.answer();
    assert.equal(bench.stated(), 30_000);
  });

  test("the first allocation is none in force before it is on disk", () => {
    const bench = new Bench();
    bench.keeps = "later";
    bench.hear(bench.allocation(20_000));
    const inForce = (): number => bench.signal.heard().allocations.filter(({ valid }) => (valid.end ?? Infinity) > bench.now()).length;
    assert.equal(inForce(), 0);
    assert.equal(bench.stated(), 20_000, "its watts narrow already");
    bench.answer();
    assert.equal(inForce(), 1);
  });

  test("a failed write refuses the raise and leaves the drop", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    bench.keeps = "never";
    const raise = bench.allocation(30_000);
    const effects = bench.hear(raise);
    assert.deepEqual(codes(effects), ["RECEIVED", "REJECTED/STORAGE"]);
    assert.ok(names(effects).includes("storage.failed"));
    assert.equal(bench.stated(), 20_000);
    bench.hear(bench.allocation(8_000));
    assert.equal(bench.stated(), 8_000);
    assert.equal(bench.signal.summary(bench.tick()).storage, "failed");
    bench.keeps = "at once";
    assert.deepEqual(bench.hear(raise, true), [], "older by now");
    bench.hear(bench.allocation(25_000));
    assert.equal(bench.stated(), 25_000);
    assert.equal(bench.signal.summary(bench.tick()).storage, "ok");
  });

  test("an allocation that ends before it is kept brings back none that it replaced, nor does a restart", () => {
    const bench = new Bench();
    const inForce = (): number => bench.signal.heard().allocations.filter(({ valid }) => (valid.end ?? Infinity) > bench.now()).length;
    const before = bench.allocation(20_000);
    bench.hear(before);
    bench.keeps = "never";
    const over = bench.now() + 100_000;
    bench.hear(bench.allocation(8_000, { fields: { validUntil: isoTime(over) }, exp: over + 100_000 }));
    assert.equal(inForce(), 1);
    bench.wait(105_000);
    assert.deepEqual([inForce(), bench.stated()], [0, 20_000], "what was replaced narrows still");
    bench.keeps = "at once";
    bench.wait(200_000);
    assert.deepEqual([inForce(), bench.stated()], [0, null]);
    const restarted = bench.restarted();
    assert.equal(restarted.stated(), null);
    assert.deepEqual(codes(restarted.hear(before)), ["REJECTED/REPLAY"]);
  });

  test("nor does a later one that waits for the disk meanwhile", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    bench.keeps = "never";
    bench.hear(bench.allocation(8_000, { exp: bench.now() + 60_000 }));
    bench.keeps = "later";
    bench.hear(bench.allocation(9_000, { fields: { validFrom: isoTime(bench.now() + 600_000) } }));
    bench.wait(70_000);
    bench.answer();
    assert.deepEqual(bench.signal.heard().allocations.map(({ ceiling }) => ceiling), [9_000]);
  });

  test("one that could not be kept narrows until the next has begun, not until that is kept", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    bench.keeps = "never";
    bench.hear(bench.allocation(8_000));
    bench.keeps = "at once";
    bench.hear(bench.allocation(9_000, { fields: { validFrom: isoTime(bench.now() + 60_000) } }));
    assert.equal(bench.stated(), 8_000);
    bench.wait(50_000);
    assert.equal(bench.stated(), 8_000);
    bench.wait(15_000);
    assert.equal(bench.stated(), 9_000);
  });

  test("and what comes after it outlives its end", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    bench.keeps = "never";
    bench.hear(bench.allocation(8_000, { exp: bench.now() + 30_000 }));
    bench.keeps = "at once";
    bench.hear(bench.allocation(9_000, { fields: { validFrom: isoTime(bench.now() + 60_000) } }));
    bench.wait(40_000);
    assert.equal(bench.stated(), null);
    bench.wait(25_000);
    assert.equal(bench.stated(), 9_000);
  });

  test("a key set that ends before it is kept brings back no key it had taken away", () => {
    const bench = new Bench({ signatures: "required" });
    bench.hear(bench.keySet());
    bench.keeps = "never";
    bench.hear(bench.keySet([], { exp: bench.now() + 60_000 }));
    bench.wait(70_000);
    assert.deepEqual(bench.signal.summary(bench.tick()).keys, []);
  });

  test("a document whose write failed is tried again when it comes again", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(8_000));
    bench.keeps = "never";
    const raise = bench.allocation(30_000);
    bench.hear(raise);
    bench.keeps = "at once";
    assert.deepEqual(codes(bench.hear(raise, true)), ["RECEIVED", "ACCEPTED"]);
    assert.equal(bench.stated(), 30_000);
  });

  test("a cancellation waits for the disk as well", () => {
    const bench = new Bench();
    bench.hear(bench.limit(5_000));
    bench.keeps = "later";
    bench.hear(bench.limit(0, { fields: { status: "CANCELLED", intervals: [] } }));
    assert.equal(bench.stated(), 5_000);
    bench.answer();
    assert.equal(bench.stated(), null);
  });

  test("a key set takes keys away at once and brings them when kept", () => {
    const bench = new Bench({ signatures: "required" });
    bench.keeps = "later";
    bench.hear(bench.keySet());
    assert.deepEqual(bench.signal.summary(bench.tick()).keys, []);
    bench.answer();
    assert.deepEqual(bench.signal.summary(bench.tick()).keys, ["grid-1"]);
    bench.hear(bench.keySet([]));
    assert.deepEqual(bench.signal.summary(bench.tick()).keys, []);
  });
});

describe("topics", () => {
  test("are those of the rack, its site and all", () => {
    const bench = new Bench();
    const topics = bench.signal.subscriptions().map(({ topic }) => topic);
    for (const topic of [own("allocation"), own("event/+"), own("emergency"), own("heartbeat"), at("site/s1/emergency"), at("all/emergency"), at("keys"), at("site/s1/event/+")]) {
      assert.ok(topics.includes(topic), topic);
    }
  });

  test("an ancestor's watts without a share say nothing about this rack", () => {
    const bench = new Bench();
    for (const document of [bench.allocation(20_000, { node: "site/s1" }), bench.limit(5_000, { node: "site/s1" })]) {
      assert.deepEqual(codes(bench.hear(document)), ["REJECTED/NOT_APPLICABLE"]);
    }
    assert.equal(bench.stated(), null);
  });
});
