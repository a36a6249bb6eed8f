import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askRelease, clear, keepRelease, mayClear, set, unlatched, type LatchState } from "../../agent/signal/latch.ts";
import type { EmergencyDocument, ReleaseDocument } from "../../agent/signal/documents.ts";
import { instant } from "../../agent/core/units.ts";
import { Bench, codes, events, names, own } from "./bench.ts";

const ref = (id: string, seq: number): EmergencyDocument["ref"] => ({ id, topic: "t", epoch: 0, seq });
const emergency = (id: string, seq: number): EmergencyDocument => ({ type: "EMERGENCY", ref: ref(id, seq), action: "STOP" });
const release = (id: string, seq: number, releases: string): ReleaseDocument => ({ type: "RELEASE", ref: ref(id, seq), releases, issued: instant(0), expires: instant(1) });
const asked = (state: LatchState, document: ReleaseDocument): LatchState => {
  const next = askRelease(state, document);
  assert.ok(next.ok);
  return next.value;
};

describe("one latch", () => {
  const latched = set(emergency("e", 1));
  const waiting = asked(latched, release("r", 2, "e"));
  const kept = keepRelease(waiting, ref("r", 2));

  test("is set by an EMERGENCY", () => assert.deepEqual(latched.latch, { ref: ref("e", 1), action: "STOP" }));
  test("refuses a RELEASE of nothing", () => assert.equal(askRelease(unlatched, release("r", 2, "e")).ok, false));
  test("refuses a RELEASE of another", () => assert.equal(askRelease(latched, release("r", 2, "x")).ok, false));
  test("stays while the RELEASE waits", () => assert.deepEqual(waiting.latch, latched.latch));

  const clears: readonly (readonly [when: string, state: LatchState, named: { epoch: number; seq: number } | null, clears: boolean])[] = [
    ["nothing is latched", unlatched, { epoch: 0, seq: 2 }, false],
    ["no RELEASE came", latched, { epoch: 0, seq: 1 }, false],
    ["the RELEASE is not on disk", waiting, { epoch: 0, seq: 2 }, false],
    ["the heartbeat names the EMERGENCY", kept, { epoch: 0, seq: 1 }, false],
    ["the heartbeat names something newer", kept, { epoch: 0, seq: 3 }, false],
    ["the heartbeat names another epoch", kept, { epoch: 1, seq: 2 }, false],
    ["the heartbeat names the RELEASE on disk", kept, { epoch: 0, seq: 2 }, true],
    ["a live session stands for the heartbeat", kept, null, true],
  ];
  for (const [when, state, named, expected] of clears) test(`${expected ? "clears" : "stays"} when ${when}`, () => assert.equal(mayClear(state, named), expected));

  test("a newer EMERGENCY takes back a waiting RELEASE", () => {
    const again = set(emergency("f", 3));
    assert.equal(again.release, null);
    assert.deepEqual(keepRelease(again, ref("r", 2)), again);
    assert.deepEqual(clear(again, ref("r", 2)), again);
  });
  test("is cleared by the RELEASE whose clearing is on disk", () => assert.deepEqual(clear(kept, ref("r", 2)), unlatched));
});

describe("emergency", () => {
  const stop = (bench: Bench, said: Parameters<Bench["document"]>[2] = {}): ReturnType<Bench["document"]> => bench.document("EMERGENCY", { action: "STOP" }, { id: "stop-1", ...said });
  const latches = (bench: Bench): string[] => bench.signal.heard().latches.map(({ ref: { id } }) => id);

  for (const [where, node] of [["the rack", "site/s1/rack/r1"], ["the site", "site/s1"], ["all", "all"]] as const) {
    test(`latches on the topic of ${where}, whatever the clock, and survives restarts`, () => {
      const bench = new Bench();
      const effects = bench.hear(stop(bench, { node, iat: Date.parse("2001-01-01T00:00:00Z"), exp: Date.parse("2001-01-01T00:00:01Z") }));
      assert.deepEqual(latches(bench), ["stop-1"]);
      assert.ok(names(effects).includes("emergency.latched"));
      bench.wait(48 * 3_600_000, 3_600_000);
      assert.deepEqual(latches(bench), ["stop-1"]);
      assert.deepEqual(latches(bench.restarted()), ["stop-1"]);
    });
  }

  test("needs no times at all", () => {
    const bench = new Bench();
    const { iat: _iat, exp: _exp, ...timeless } = JSON.parse(stop(bench).payload) as Record<string, unknown>;
    bench.hear({ topic: own("emergency"), payload: JSON.stringify(timeless) });
    assert.deepEqual(latches(bench), ["stop-1"]);
  });

  test("acts before it is on disk, and when it never gets there", () => {
    const bench = new Bench();
    bench.keeps = "never";
    const document = stop(bench);
    assert.deepEqual(codes(bench.hear(document)), ["RECEIVED", "REJECTED/STORAGE"]);
    assert.deepEqual(latches(bench), ["stop-1"]);
    bench.keeps = "at once";
    bench.hear(document, true);
    assert.deepEqual(latches(bench.restarted()), ["stop-1"]);
  });

  test("is released by the RELEASE that names it, once on disk and confirmed, and stays released", () => {
    const bench = new Bench();
    bench.hear(stop(bench));
    const document = bench.document("RELEASE", { releases: "stop-1" });
    assert.deepEqual(codes(bench.hear(document)), ["RECEIVED", "ACCEPTED"]);
    assert.deepEqual(latches(bench), ["stop-1"], "not confirmed yet");
    const unconfirmed = bench.restarted();
    assert.deepEqual(latches(unconfirmed), ["stop-1"], "not after a restart either");
    const effects = unconfirmed.hear(unconfirmed.matching());
    assert.ok(names(effects).includes("emergency.released"));
    assert.deepEqual(latches(unconfirmed), []);
    assert.deepEqual(latches(unconfirmed.restarted()), []);
    assert.deepEqual(unconfirmed.hear(document, true), [], "the broker still retains it");
  });

  test("a heartbeat that came before the RELEASE confirms it as well", () => {
    const bench = new Bench();
    bench.hear(stop(bench));
    const document = bench.document("RELEASE", { releases: "stop-1" });
    const { seq } = JSON.parse(document.payload) as { seq: number };
    bench.hear(bench.heartbeat({ [own("emergency")]: [0, seq] }));
    assert.deepEqual(latches(bench), ["stop-1"]);
    bench.hear(document);
    assert.deepEqual(latches(bench), []);
  });

  test("a release whose clearing cannot be written waits, and comes when it can", () => {
    const bench = new Bench();
    bench.hear(stop(bench));
    bench.hear(bench.document("RELEASE", { releases: "stop-1" }));
    bench.keeps = "never";
    bench.hear(bench.matching());
    assert.deepEqual(latches(bench), ["stop-1"]);
    bench.keeps = "at once";
    bench.wait(2_000);
    assert.deepEqual(latches(bench), []);
  });

  test("the release of one topic leaves the others latched", () => {
    const bench = new Bench();
    bench.hear(stop(bench));
    bench.hear(stop(bench, { node: "all", id: "stop-all" }));
    bench.hear(bench.document("RELEASE", { releases: "stop-1" }));
    bench.hear(bench.matching());
    assert.deepEqual(latches(bench), ["stop-all"]);
  });

  test("an old EMERGENCY resent after its release stays old", () => {
    const bench = new Bench();
    const document = stop(bench);
    bench.hear(document);
    bench.hear(bench.document("RELEASE", { releases: "stop-1" }));
    bench.hear(bench.matching());
    assert.deepEqual(bench.hear(document, true), []);
    assert.deepEqual(codes(bench.hear(document)), ["REJECTED/REPLAY"]);
    assert.deepEqual(latches(bench), []);
    assert.deepEqual(latches(bench.restarted()), []);
  });

  test("a record of a latch that cannot be read is a latch", () => {
    const bench = new Bench();
    const said = stop(bench);
    bench.hear(said);
    for (const key of bench.disk.keys()) if (key.includes("latch")) bench.disk.set(key, "{");
    const later = bench.restarted();
    assert.deepEqual(latches(later), ["unreadable"]);
    assert.ok(names(later.effects).includes("storage.failed"));
    const other = later.restarted();
    other.hear(stop(other, { id: "stop-2" }));
    assert.deepEqual(latches(other), ["stop-2"], "any EMERGENCY takes its place, and can be released");
    later.hear(said, true);
    assert.deepEqual(latches(later), ["stop-1"], "the same again as well");
  });

  const nothing: readonly (readonly [what: string, payload: (bench: Bench) => string, code: string])[] = [
    ["an empty message", () => "", "SCHEMA"],
    ["an unknown action", (bench) => bench.document("EMERGENCY", { action: "GO" }).payload, "SCHEMA"],
    ["an unknown type", (bench) => bench.document("EMERGENCY", { type: "HALT" }).payload, "NOT_APPLICABLE"],
    ["an allocation", (bench) => bench.allocation(null).payload, "AUDIENCE"],
    ["garbage", () => "release!", "SCHEMA"],
    ["a RELEASE of another", (bench) => bench.document("RELEASE", { releases: "stop-0" }).payload, "NOT_APPLICABLE"],
    ["a RELEASE that has ended", (bench) => bench.document("RELEASE", { releases: "stop-1" }, { iat: bench.now() - 9_000, exp: bench.now() - 5_000 }).payload, "EXPIRED"],
    ["a RELEASE from the future", (bench) => bench.document("RELEASE", { releases: "stop-1" }, { iat: bench.now() + 60_000 }).payload, "INVALID_TIME"],
    ["a RELEASE for the site", (bench) => bench.document("RELEASE", { releases: "stop-1" }, { node: "site/s1" }).payload, "AUDIENCE"],
    ["a RELEASE with a field to be understood", (bench) => bench.document("RELEASE", { releases: "stop-1", must: ["gently"] }).payload, "NOT_APPLICABLE"],
  ];
  for (const [what, payload, code] of nothing) {
    test(`${what} changes nothing and is an alarm`, () => {
      const bench = new Bench();
      bench.hear(stop(bench));
      const effects = bench.hear({ topic: own("emergency"), payload: payload(bench) });
      assert.deepEqual(events(effects).map(({ name, fields }) => [name, fields["code"], fields["alarm"]]), [["signal.refused", code, true]]);
      bench.hear(bench.matching());
      assert.deepEqual(latches(bench), ["stop-1"]);
    });
  }
});
