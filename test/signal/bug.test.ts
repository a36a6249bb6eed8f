/** A bug of ours in handling a document costs that document, and nothing else: thrown in on purpose, wherever a document passes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SignalOptions } from "../../agent/signal/options.ts";
import { acks, at, Bench, codes, events, names, newKey, own } from "./bench.ts";

/** A bench whose room throws where it reads `option`, while `armed`. */
function faulty(option: "nominal" | "optOut" | "signatures" | "heartbeat", made: Partial<SignalOptions> = {}): { readonly bench: Bench; armed: boolean } {
  const bench = new Bench(made);
  const value = bench.options[option];
  const fault = { bench, armed: false };
  Object.defineProperty(bench.options, option, {
    get() {
      if (fault.armed) throw new RangeError("thrown in on purpose");
      return value;
    },
  });
  return fault;
}

const bugs = (effects: ReturnType<Bench["hear"]>): string[] => effects.flatMap((effect) => (effect.kind === "bug" ? [effect.topic] : []));
const state = (bench: Bench): unknown => ({ heard: bench.signal.heard(), held: bench.signal.summary(bench.tick()).held, stated: bench.stated(), disk: Object.fromEntries(bench.disk) });

describe("a throw while a document is handled", () => {
  for (const option of ["nominal", "optOut"] as const) {
    test(`is a refusal of that document, and nothing has changed (${option === "optOut" ? "while it is taken" : "while it is worked out what it says"})`, () => {
      const fault = faulty(option);
      const { bench } = fault;
      bench.hear(bench.allocation(20_000));
      bench.hear(bench.matching());
      const before = state(bench);
      const limit = bench.limit(5_000);
      fault.armed = true;
      const effects = bench.hear(limit);
      fault.armed = false;
      assert.deepEqual(codes(effects), ["REJECTED/INTERNAL"]);
      assert.deepEqual(acks(effects).map(({ reason }) => reason), ["thrown in on purpose"]);
      assert.deepEqual(events(effects).map(({ name, fields }) => [name, fields["code"], fields["alarm"]]), [["signal.refused", "INTERNAL", true]]);
      assert.deepEqual(bugs(effects), [limit.topic]);
      assert.equal(bench.signal.summary(bench.tick()).refused.INTERNAL?.count, 1);
      assert.deepEqual(state(bench), before, "no mark, no shelf, no latch, no write");
      assert.ok(bench.confirmed());
      assert.deepEqual(codes(bench.hear(limit)), ["RECEIVED", "ACCEPTED"], "and the same document is taken once the bug is gone");
      assert.equal(bench.stated(), 5_000);
    });
  }

  test("is a gap once a heartbeat names it: the failsafe limit after ten seconds, until the operator says it otherwise", () => {
    const fault = faulty("optOut");
    const { bench } = fault;
    bench.hear(bench.allocation(20_000));
    const limit = bench.limit(5_000);
    fault.armed = true;
    bench.hear(limit);
    fault.armed = false;
    const { epoch, seq } = JSON.parse(limit.payload) as { epoch: number; seq: number };
    const held = bench.signal.summary(bench.tick()).held;
    assert.ok(names(bench.hear(bench.heartbeat({ ...held, [limit.topic]: [epoch, seq] }))).includes("gap.opened"));
    assert.ok(!bench.confirmed());
    assert.deepEqual(codes(bench.hear(limit)), ["RECEIVED", "ACCEPTED"]);
    bench.hear(bench.matching());
    assert.ok(bench.confirmed());
  });

  test("is logged with its place in the code once a minute, however often it comes, and answered as often", () => {
    const fault = faulty("optOut");
    const { bench } = fault;
    fault.armed = true;
    const limit = bench.limit(5_000);
    const effects = Array.from({ length: 40 }, () => bench.hear(limit, true)).flat();
    assert.deepEqual([bugs(effects).length, codes(effects).length, names(effects).length], [1, 1, 1]);
    assert.equal(bench.signal.summary(bench.tick()).refused.INTERNAL?.count, 40);
    assert.ok(bench.effects.some((effect) => effect.kind === "bug" && effect.error instanceof RangeError && /bug\.test/.test(effect.error.stack ?? "")));
  });

  for (const signed of [true, false]) {
    test(`stops the rack if it was an EMERGENCY of a known sender (${signed ? "signed" : "unsigned, where that is taken"}); a RELEASE ends it as ever`, () => {
      const fault = faulty("nominal");
      const { bench } = fault;
      bench.hear(bench.keySet());
      bench.hear(bench.allocation(20_000));
      const stop = bench.document("EMERGENCY", { action: "STOP" }, { id: "stop-1", key: signed ? bench.grid : null });
      fault.armed = true;
      const effects = bench.hear(stop, true);
      assert.deepEqual(names(bench.hear(stop, true)).filter((name) => name === "emergency.latched"), [], "once");
      fault.armed = false;
      assert.deepEqual(codes(effects), ["REJECTED/INTERNAL"]);
      assert.ok(names(effects).includes("emergency.latched"));
      assert.deepEqual(bench.signal.heard().latches.map(({ ref, action }) => [ref.id, action]), [["stop-1", "STOP"]]);
      assert.equal(bench.signal.summary(bench.tick()).held[stop.topic], undefined, "its mark has not moved");
      bench.hear(bench.document("RELEASE", { releases: "stop-1" }, { id: "release-1", key: signed ? bench.grid : null }));
      bench.hear(bench.matching());
      assert.deepEqual(bench.signal.heard().latches, []);
    });
  }

  test("of an old EMERGENCY that is played again stops nothing", () => {
    const fault = faulty("nominal");
    const { bench } = fault;
    const stop = bench.document("EMERGENCY", { action: "STOP" }, { id: "stop-1" });
    bench.hear(stop);
    bench.hear(bench.document("RELEASE", { releases: "stop-1" }, { id: "release-1" }));
    bench.hear(bench.matching());
    fault.armed = true;
    bench.hear(stop);
    fault.armed = false;
    assert.deepEqual(bench.signal.heard().latches, []);
  });

  test("of a stranger's message is counted, told to nobody and stops nothing", () => {
    const fault = faulty("signatures", { signatures: "required" });
    const { bench } = fault;
    fault.armed = true;
    const effects = bench.hear(bench.document("EMERGENCY", { action: "STOP" }, { id: "stop-1", key: newKey("grid-1") }));
    fault.armed = false;
    assert.deepEqual([codes(effects), names(effects), bugs(effects)], [[], ["signal.refused"], [own("emergency")]]);
    assert.equal(bench.signal.summary(bench.tick()).refused.INTERNAL?.count, 1);
    assert.deepEqual(bench.signal.heard().latches, []);
  });

  test("leaves other topics alone", () => {
    const fault = faulty("optOut");
    const { bench } = fault;
    fault.armed = true;
    bench.hear(bench.limit(5_000));
    fault.armed = false;
    assert.deepEqual(codes(bench.hear(bench.document("LEVEL", { intervals: [{ start: null, durationS: 1_800, level: 1 }] }, { node: "site/s1", id: "amber" }))), ["RECEIVED", "ACCEPTED"]);
    assert.ok(bench.signal.summary(bench.tick()).held[at("site/s1/event/amber")] !== undefined);
  });

  test("in a heartbeat leaves the link as old as it was, and its number unused", () => {
    const fault = faulty("heartbeat");
    const { bench } = fault;
    bench.hear(bench.allocation(20_000));
    bench.hear(bench.matching());
    const before = bench.signal.heard().heartbeat;
    bench.wait(5_000);
    const beat = bench.matching();
    fault.armed = true;
    const effects = bench.hear(beat);
    fault.armed = false;
    assert.deepEqual([codes(effects), bugs(effects)], [[], [beat.topic]]);
    assert.deepEqual(bench.signal.heard().heartbeat, before);
    bench.hear(beat);
    assert.notDeepEqual(bench.signal.heard().heartbeat, before);
  });
});
