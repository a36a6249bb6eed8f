/** A controller takes over from another: nothing old can be fed to it, and what it knows already is not set back. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { takeOver } from "../../agent/signal/handover.ts";
import { Bench, codes, names, own } from "./bench.ts";

/** A new controller of the same rack: an empty disk, or one that has heard something, and what was brought. */
function successor(of: Bench, here = new Map<string, string>()): Bench {
  const bench = of.restarted();
  bench.disk.clear();
  for (const [key, text] of here) bench.disk.set(key, text);
  for (const [key, text] of takeOver(here, new Map(of.disk))) if (text !== null) bench.disk.set(key, text);
  return bench.restarted();
}

describe("a controller that takes over", () => {
  test("holds what the other held: documents, keys, latches, marks and draws", () => {
    const first = new Bench({ signatures: "required" });
    first.hear(first.keySet());
    first.hear(first.allocation(9_000, { key: first.grid }));
    first.hear(first.document("EMERGENCY", { action: "STOP" }, { id: "stop", key: first.grid }));
    const second = successor(first);
    assert.equal(second.stated(), 9_000);
    assert.equal(second.signal.heard().latches.length, 1);
    assert.deepEqual(second.signal.summary(second.tick()).held, first.signal.summary(first.tick()).held);
    assert.equal(second.disk.get("signal/seed"), first.disk.get("signal/seed"));
  });

  test("refuses what the other had refused as old, and replays of what it had replaced", () => {
    const first = new Bench({ signatures: "required" });
    first.hear(first.keySet());
    const old = first.allocation(30_000, { key: first.grid });
    const limit = first.limit(2_000, { key: first.grid });
    for (const document of [old, limit, first.allocation(5_000, { key: first.grid }), first.limit(1_000, { key: first.grid, fields: { status: "CANCELLED", intervals: [] } })]) first.hear(document);
    const second = successor(first);
    assert.deepEqual(codes(second.hear(old)), ["REJECTED/REPLAY"]);
    assert.deepEqual(codes(second.hear(limit)), ["REJECTED/REPLAY"]);
    assert.equal(second.stated(), 5_000);
    const bare = first.restarted();
    bare.disk.clear();
    const empty = bare.restarted();
    empty.hear(first.keySet());
    assert.deepEqual(codes(empty.hear(old)), ["RECEIVED", "ACCEPTED"], "without the state it would have believed it");
  });

  test("what it has heard since by itself is not set back", () => {
    const first = new Bench({ signatures: "required" });
    const keys = first.keySet();
    first.hear(keys);
    const backup = new Map(first.disk);
    const exported = first.restarted();
    exported.hear(first.allocation(20_000, { key: first.grid }));
    const newer = exported.restarted();
    newer.hear(exported.allocation(4_000, { key: first.grid }));
    const changes = takeOver(new Map(newer.disk), new Map(exported.disk));
    assert.equal(changes.has(`signal/document/${own("allocation")}`), false);
    assert.ok(backup.size > 0);
  });

  test("an emergency that the newer side has seen released does not come back, one that it has not seen does", () => {
    const first = new Bench({ signatures: "required" });
    first.hear(first.keySet());
    first.hear(first.document("EMERGENCY", { action: "STOP" }, { id: "stop", key: first.grid }));
    const latched = new Map(first.disk);
    first.hear(first.document("RELEASE", { releases: "stop" }, { id: "release", key: first.grid }));
    const effects = first.hear(first.matching({ key: first.grid }));
    assert.ok(names(effects).includes("emergency.released"));
    assert.equal(takeOver(new Map(first.disk), latched).has(`signal/latch/${own("emergency")}`), false);
    assert.equal(takeOver(new Map(), latched).has(`signal/latch/${own("emergency")}`), true);
  });

  test("whatever both have heard: no mark ever falls, and a second import changes nothing", () => {
    const step = fc.record({ who: fc.constantFrom("here", "brought"), id: fc.constantFrom("e1", "e2"), seq: fc.integer({ min: 1, max: 9 }), limitW: fc.integer({ min: 0, max: 9_000 }) });
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const here = new Bench();
      const brought = new Bench();
      for (const { who, id, seq, limitW } of steps) {
        const bench = who === "here" ? here : brought;
        bench.hear(bench.limit(limitW, { id, seq }));
      }
      const after = new Map(here.disk);
      for (const [key, text] of takeOver(here.disk, brought.disk)) {
        if (text === null) after.delete(key);
        else after.set(key, text);
      }
      for (const id of ["e1", "e2"]) {
        const seq = (disk: ReadonlyMap<string, string>): number => (JSON.parse(disk.get(`signal/mark/${own(`event/${id}`)}#`) ?? '{"seq":-1}') as { seq: number }).seq;
        assert.equal(seq(after), Math.max(seq(here.disk), seq(brought.disk)));
      }
      assert.equal(takeOver(after, brought.disk).size, 0);
    }), { numRuns: 60 });
  });

  test("a record that cannot be read is named, and nothing is taken", () => {
    for (const [key, text] of [["signal/mark/t#", "{}"], ["signal/latch/t", "[]"], ["signal/document/t", "{}"], ["signal/seed", "short"], ["technician", "{"], ["signal/clock", "soon"]] as const) {
      assert.throws(() => takeOver(new Map(), new Map([[key, text]])), (error) => error instanceof TypeError && error.message.startsWith(`${key}:`), key);
    }
  });
});
