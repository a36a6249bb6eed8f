import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../../agent/core/units.ts";
import { Ledger, type Mark } from "../../agent/signal/ledger.ts";

const mark = (seq: number, more: Partial<Mark> = {}): Mark => ({ epoch: 0, seq, hash: `h${seq}`, taken: true, until: instant(1_000), ...more });

describe("marks", () => {
  const verdicts: readonly (readonly [epoch: number, seq: number, hash: string, verdict: string])[] = [
    [0, 5, "h5", "same"], [0, 5, "other", "altered"], [0, 4, "h4", "older"], [0, 6, "h6", "newer"], [1, 0, "h0", "newer"],
  ];
  for (const [epoch, seq, hash, verdict] of verdicts) {
    test(`(${epoch}, ${seq}) ${hash} after (0, 5): ${verdict}`, () => {
      const ledger = new Ledger();
      ledger.move("t", "k", mark(5));
      assert.equal(ledger.judge("t", "k", { epoch, seq }, hash), verdict);
      assert.equal(ledger.judge("t", null, { epoch, seq }, hash), "newer", "unsigned counts apart");
    });
  }

  test("are forgotten together, when the last of a topic has run out, and never those without an end", () => {
    const ledger = new Ledger();
    ledger.move("event", "a", mark(1, { until: instant(1_000) }));
    ledger.move("event", "b", mark(1, { until: instant(2_000) }));
    ledger.move("allocation", "a", mark(1, { until: null }));
    assert.deepEqual(ledger.prune(instant(1_500)), []);
    assert.deepEqual(ledger.prune(instant(2_000)), [{ topic: "event", signers: ["a", "b"] }]);
    assert.notEqual(ledger.latest("allocation"), null);
  });

  test("make room by forgetting what was only ever refused, and nothing else", () => {
    const ledger = new Ledger();
    ledger.move("acted on, then refused", "k", mark(1));
    ledger.move("acted on, then refused", "k", mark(2, { taken: false }));
    ledger.move("refused", "k", mark(1, { taken: false }));
    for (let count = 2; count < 4_096; count += 1) ledger.move(`t${count}`, "k", mark(1));
    assert.equal(ledger.hasRoom("t5"), true);
    assert.equal(ledger.hasRoom("new"), true);
    assert.equal(ledger.latest("refused"), null);
    ledger.move("new", "k", mark(1));
    assert.equal(ledger.hasRoom("newer"), false);
    assert.notEqual(ledger.latest("acted on, then refused"), null);
  });
});
