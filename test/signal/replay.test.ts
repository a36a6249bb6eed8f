import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Bench, codes, events, newKey, own } from "./bench.ts";

type Offer = "the same" | "the same number, another text" | "older" | "newer";
const offers: readonly (readonly [offer: Offer, retain: boolean, outcome: string, stated: number])[] = [
  ["the same", false, "nothing", 9_000],
  ["the same", true, "nothing", 9_000],
  ["the same number, another text", false, "REPLAY alarm", 9_000],
  ["the same number, another text", true, "REPLAY alarm", 9_000],
  ["older", false, "REPLAY alarm", 9_000],
  ["older", true, "nothing", 9_000],
  ["newer", false, "ACCEPTED", 12_000],
  ["newer", true, "ACCEPTED", 12_000],
];
const situations = ["at once", "after a restart", "after a day"] as const;

describe("replay", () => {
  for (const how of ["signed", "unsigned"] as const) {
    for (const situation of situations) {
      for (const [offer, retain, outcome, stated] of offers) {
        test(`${how}, ${situation}: ${offer}${retain ? ", retained" : ""}: ${outcome}`, () => {
          const first = new Bench({ signatures: how === "signed" ? "required" : "optional" });
          const key = how === "signed" ? first.grid : null;
          const exp = first.now() + 3 * 86_400_000;
          first.hear(first.keySet(undefined, { exp }));
          const older = first.allocation(30_000, { key, exp });
          const { seq } = JSON.parse(first.document("ALLOCATION", {}, {}).payload) as { seq: number };
          const held = first.allocation(9_000, { key, exp, seq });
          const altered = first.allocation(30_000, { key, exp, seq });
          first.hear(held);
          if (situation === "after a day") first.wait(86_400_000, 3_600_000);
          const bench = situation === "at once" ? first : first.restarted();
          const newer = bench.allocation(12_000, { key, exp, seq: seq + 1 });
          const message = { "the same": held, "the same number, another text": altered, older, newer }[offer];
          const effects = bench.hear(message, retain);
          if (outcome === "nothing") assert.deepEqual(effects, []);
          if (outcome === "ACCEPTED") assert.deepEqual(codes(effects), ["RECEIVED", "ACCEPTED"]);
          if (outcome === "REPLAY alarm") {
            assert.deepEqual(codes(effects), ["REJECTED/REPLAY"]);
            assert.deepEqual(events(effects).map(({ fields }) => [fields["code"], fields["alarm"]]), [["REPLAY", true]]);
          }
          assert.equal(bench.stated(), stated);
        });
      }
    }
  }

  test("a later epoch comes after any seq of an earlier one", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000, { epoch: 1, seq: 5 }));
    bench.hear(bench.allocation(8_000, { epoch: 0, seq: 10 }), true);
    assert.equal(bench.stated(), 9_000);
    bench.hear(bench.allocation(7_000, { epoch: 2, seq: 0 }));
    assert.equal(bench.stated(), 7_000);
  });

  test("a short form comes after an unsigned document of a later epoch", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000, { epoch: 3, seq: 9_000_000_000_000 }));
    bench.hear({ topic: own("allocation"), payload: '{"limitW":4000}' });
    assert.equal(bench.stated(), 4_000);
    bench.hear(bench.allocation(9_000, { epoch: 3, seq: Number.MAX_SAFE_INTEGER }));
    const effects = bench.hear({ topic: own("allocation"), payload: '{"limitW":30000}' });
    assert.deepEqual(events(effects).map(({ fields }) => fields["code"]), ["REPLAY"]);
    assert.equal(bench.stated(), 9_000);
  });

  test("each signer counts for itself, the last to arrive stands", () => {
    const bench = new Bench({ signatures: "required" });
    const other = newKey("grid-2");
    bench.hear(bench.keySet([bench.keyRow(), bench.keyRow(other)]));
    const first = bench.allocation(9_000, { key: bench.grid, seq: 100 });
    bench.hear(first);
    bench.hear(bench.allocation(12_000, { key: other, seq: 5 }));
    assert.equal(bench.stated(), 12_000);
    assert.deepEqual(bench.hear(first), [], "known, and done");
    assert.equal(bench.stated(), 12_000);
    assert.deepEqual(bench.restarted().signal.summary(bench.tick()).held[own("allocation")], [0, 5]);
  });

  test("the mark of an event outlives it by a day, and then it has ended anyway", () => {
    const bench = new Bench();
    const event = bench.limit(5_000, { exp: bench.now() + 60_000 });
    bench.hear(event);
    bench.wait(3_600_000, 60_000);
    assert.ok([...bench.disk.keys()].some((key) => key.includes("mark/") && key.includes("event/e1")));
    assert.deepEqual(bench.hear(event), []);
    bench.wait(86_400_000, 3_600_000);
    assert.ok(![...bench.disk.keys()].some((key) => key.includes("event/e1")), "nothing of it is kept");
    assert.deepEqual(codes(bench.hear(event)), ["REJECTED/EXPIRED"]);
  });

  test("a refused document does not shorten the memory of the one that stands", () => {
    const bench = new Bench();
    const exp = bench.now() + 10 * 86_400_000;
    const older = bench.limit(20_000, { exp });
    bench.hear(bench.limit(5_000, { exp }));
    bench.hear(bench.document("SETPOINT", {}, { id: "e1", exp }));
    bench.wait(3 * 86_400_000, 3_600_000);
    for (const agent of [bench, bench.restarted()]) {
      assert.deepEqual(codes(agent.hear(older)), ["REJECTED/REPLAY"]);
      assert.equal(agent.stated(), 5_000);
    }
  });

  test("an event that takes the topic of one just ended is kept, though the old one is still being cleared away", () => {
    const bench = new Bench();
    bench.hear(bench.limit(5_000, { exp: bench.now() + 30_000 }));
    bench.wait(35_000);
    bench.hear(bench.limit(6_000));
    bench.wait(180_000);
    assert.equal(bench.stated(), 6_000);
    assert.equal(bench.restarted().stated(), 6_000);
  });

  test("a document that was refused for its time is judged anew when it comes again", () => {
    const bench = new Bench();
    const early = bench.limit(5_000, { iat: bench.now() + 20_000 });
    assert.deepEqual(codes(bench.hear(early)), ["REJECTED/INVALID_TIME"]);
    bench.wait(20_000);
    assert.deepEqual(codes(bench.hear(early, true)), ["RECEIVED", "ACCEPTED"]);
  });
});
