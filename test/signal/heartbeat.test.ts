import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SignalEvent } from "../../agent/signal/effects.ts";
import { Bench, asksAgain, codes, events, names, own, at } from "./bench.ts";

const age = (bench: Bench): number | null => bench.signal.summary(bench.tick()).heartbeatAge;

describe("confirmation (LPC-913, 916, 918-920)", () => {
  test("a heartbeat that names exactly what is held confirms", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    assert.equal(bench.confirmed(), false);
    bench.hear(bench.matching());
    assert.equal(bench.confirmed(), true);
  });

  test("a document that follows a counting heartbeat confirms", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    bench.hear(bench.heartbeat({}));
    assert.equal(bench.confirmed(), false, "it does not name the allocation");
    bench.hear(bench.limit(5_000));
    assert.equal(bench.confirmed(), true);
  });

  test("a redelivery does not: it is no new word of the operator", () => {
    const bench = new Bench();
    const allocation = bench.allocation(9_000);
    bench.hear(allocation);
    bench.hear(bench.heartbeat({}));
    bench.hear(allocation, true);
    assert.equal(bench.confirmed(), false);
  });

  test("a document long after the heartbeat does not", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    bench.hear(bench.heartbeat({}));
    bench.wait(121_000);
    bench.hear(bench.limit(5_000));
    assert.equal(bench.confirmed(), false);
  });

  test("a refused document does not", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    bench.hear(bench.heartbeat({}));
    bench.hear(bench.limit(-5));
    assert.equal(bench.confirmed(), false);
  });

  const seqOf = (payload: string): number => (JSON.parse(payload) as { seq: number }).seq;
  const lasts: readonly (readonly [what: string, change: (last: Record<string, readonly [number, number]>) => void, confirms: boolean])[] = [
    ["names all", () => undefined, true],
    ["leaves the limit out", (last) => delete last[own("event/e1")], false],
    ["leaves the allocation out", (last) => delete last[own("allocation")], false],
    ["names an older allocation", (last) => (last[own("allocation")] = [0, 1]), false],
    ["names a topic of another rack", (last) => (last[at("site/s1/rack/r2/allocation")] = [0, 1]), false],
    ["names the heartbeat's own topic", (last) => (last[own("heartbeat")] = [0, 1]), false],
  ];
  for (const [what, change, confirms] of lasts) {
    test(`a heartbeat that ${what} ${confirms ? "confirms" : "does not"}`, () => {
      const bench = new Bench();
      bench.hear(bench.allocation(9_000));
      bench.hear(bench.limit(5_000));
      const last = { ...bench.signal.summary(bench.tick()).held };
      change(last);
      bench.hear(bench.heartbeat(last));
      assert.equal(bench.confirmed(), confirms);
      assert.equal(bench.signal.heard().heartbeat.gapSince, null);
    });
  }

  test("a cancelled limit need not be named, but may", () => {
    for (const named of [true, false]) {
      const bench = new Bench();
      bench.hear(bench.limit(5_000));
      bench.hear(bench.limit(0, { fields: { status: "CANCELLED", intervals: [] } }));
      const last = { ...bench.signal.summary(bench.tick()).held };
      if (!named) delete last[own("event/e1")];
      bench.hear(bench.heartbeat(last));
      assert.equal(bench.confirmed(), true);
    }
  });

  test("what was verified and refused is named with its own number", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    const refused = bench.allocation(-1);
    bench.hear(refused);
    bench.hear(bench.heartbeat({ [own("allocation")]: [0, seqOf(refused.payload)] }));
    assert.equal(bench.confirmed(), true);
    assert.equal(bench.stated(), 9_000);
  });

  test("LPC-921: heartbeats that confirm nothing for 120 s are an alarm that names the topics, once, until one confirms", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    bench.hear(bench.limit(5_000));
    const beat = (last: Parameters<Bench["heartbeat"]>[0], length: number): SignalEvent[] => {
      bench.hear(bench.heartbeat(last));
      return events(bench.wait(length)).filter(({ name }) => name.startsWith("signal."));
    };
    const held = bench.signal.summary(bench.tick()).held;
    const other = { [own("allocation")]: held[own("allocation")] ?? [0, 0], [own("event/e9")]: [0, 1] } as const;
    assert.deepEqual([...beat({}, 60_000), ...beat(other, 59_000)], []);
    assert.deepEqual(beat(other, 60_000).map(({ name, fields }) => [name, fields["topics"]]), [["signal.unconfirmed", `${own("event/e9")} ${own("event/e1")}`]]);
    assert.deepEqual([...beat(other, 60_000), ...beat({}, 130_000), ...beat({}, 60_000), ...beat({}, 70_000)], [], "also when it was lost meanwhile");
    assert.deepEqual(beat(held, 2_000).map(({ name }) => name), ["signal.confirmed"]);
    assert.deepEqual(beat(held, 60_000), []);
  });

  test("silence is no alarm of this kind: that the heartbeat is lost is said otherwise", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    assert.deepEqual(names(bench.wait(600_000)), []);
  });

  test("ends with the heartbeat (LPC-911)", () => {
    const bench = new Bench();
    bench.hear(bench.matching());
    bench.wait(119_000);
    assert.equal(bench.confirmed(), true);
    bench.wait(2_000);
    assert.equal(bench.confirmed(), false);
  });

  test("the allocation says how long a heartbeat counts", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000, { fields: { failsafe: { heartbeatTimeoutS: 15 } } }));
    bench.hear(bench.matching());
    bench.wait(14_000);
    assert.equal(bench.confirmed(), true);
    bench.wait(2_000);
    assert.equal(bench.confirmed(), false);
  });

  test("is not kept over a restart (LPC-TS-017)", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    bench.hear(bench.matching());
    assert.deepEqual(bench.restarted().signal.heard().heartbeat, { bornAt: null, confirmedAt: null, gapSince: null });
  });
});

describe("the age of a heartbeat", () => {
  test("counts from when it was issued", () => {
    const bench = new Bench();
    bench.hear(bench.heartbeat({}, { iat: bench.now() - 50_000 }));
    assert.equal(age(bench), 50_000);
    bench.wait(60_000);
    bench.hear(bench.heartbeat({}, { iat: bench.now() - 115_000 }));
    assert.equal(age(bench), 110_000, "a younger one has been heard");
  });

  test("without a synchronised clock counts against the quickest one heard", () => {
    const bench = new Bench();
    bench.wall = { off: -50 * 365 * 86_400_000, error: null };
    const quick = bench.now();
    bench.hear(bench.heartbeat({}, { iat: quick }));
    assert.equal(age(bench), 0);
    bench.wait(60_000);
    bench.hear(bench.heartbeat({}, { iat: quick + 10_000 }));
    assert.equal(age(bench), 50_000, "fifty seconds on the way");
    bench.wait(90_000);
    const late = bench.hear(bench.heartbeat({}, { iat: quick + 20_000, exp: quick + 3_600_000 }));
    assert.deepEqual(events(late).map(({ fields }) => fields["code"]), ["EXPIRED"]);
  });

  test("a heartbeat whose seq has not risen is none", () => {
    const bench = new Bench();
    const first = bench.heartbeat({});
    const second = bench.heartbeat({});
    bench.hear(second);
    bench.wait(100_000);
    assert.deepEqual(bench.hear(second), []);
    assert.deepEqual(events(bench.hear(first)).map(({ fields }) => fields["code"]), ["REPLAY"]);
    assert.equal(age(bench), 100_000);
  });

  test("nor after a restart, even without a clock", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    const heartbeat = bench.matching();
    bench.hear(heartbeat);
    bench.wait(61_000);
    bench.wall = { off: -50 * 365 * 86_400_000, error: null };
    const later = bench.restarted();
    later.hear(heartbeat);
    assert.equal(age(later), null);
    assert.equal(later.confirmed(), false);
  });

  test("acknowledges nothing", () => {
    const bench = new Bench();
    assert.deepEqual(codes(bench.hear(bench.heartbeat({}))), []);
  });
});

describe("a gap", () => {
  const newer = { [own("allocation")]: [0, Number.MAX_SAFE_INTEGER] } as const;

  test("asks the broker again at once and every few seconds, and says so once", () => {
    const bench = new Bench();
    const effects = bench.hear(bench.heartbeat(newer));
    assert.equal(asksAgain(effects), 1);
    assert.deepEqual(names(effects), ["gap.opened"]);
    assert.notEqual(bench.signal.heard().heartbeat.gapSince, null);
    const later = bench.wait(9_000);
    assert.equal(asksAgain(later), 3);
    assert.deepEqual(names(later), []);
  });

  test("is healed by the document, which may be newer than one that is held", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(20_000));
    const allocation = bench.allocation(9_000);
    const { seq } = JSON.parse(allocation.payload) as { seq: number };
    assert.equal(asksAgain(bench.hear(bench.heartbeat({ [own("allocation")]: [0, seq] }))), 1);
    const effects = bench.hear(allocation, true);
    assert.ok(names(effects).includes("gap.healed"));
    assert.equal(bench.signal.heard().heartbeat.gapSince, null);
    assert.equal(bench.confirmed(), true);
    assert.equal(asksAgain(bench.wait(20_000)), 0);
  });

  test("is healed by a document that verified, even if it was refused", () => {
    const bench = new Bench();
    const event = bench.document("SETPOINT", { intervals: [] }, { id: "e1" });
    const { seq } = JSON.parse(event.payload) as { seq: number };
    bench.hear(bench.heartbeat({ [own("event/e1")]: [0, seq] }));
    assert.ok(names(bench.hear(event, true)).includes("gap.healed"));
  });

  test("is not healed by one that did not verify", () => {
    const bench = new Bench({ signatures: "required" });
    bench.hear(bench.keySet());
    const allocation = bench.allocation(9_000);
    const { seq } = JSON.parse(allocation.payload) as { seq: number };
    bench.hear(bench.heartbeat({ [at("keys")]: bench.signal.summary(bench.tick()).held[at("keys")] ?? [0, 0], [own("allocation")]: [0, seq] }, { key: bench.grid }));
    assert.deepEqual(names(bench.hear(allocation, true)), ["signal.refused"]);
    assert.notEqual(bench.signal.heard().heartbeat.gapSince, null);
  });

  test("keeps a document from confirming, and ends a confirmation after 10 s", () => {
    const bench = new Bench();
    bench.hear(bench.matching());
    bench.hear(bench.heartbeat({ [own("event/e9")]: [0, 1] }));
    bench.hear(bench.allocation(9_000));
    bench.wait(9_000);
    assert.equal(bench.confirmed(), true);
    bench.wait(2_000);
    assert.equal(bench.confirmed(), false);
    bench.hear(bench.limit(5_000));
    assert.equal(bench.confirmed(), false);
  });

  test("a topic that is not ours opens none", () => {
    const bench = new Bench();
    assert.equal(asksAgain(bench.hear(bench.heartbeat({ [at("site/s2/allocation")]: [0, 5] }))), 0);
  });
});

describe("heartbeat: optional takes a live session for it", () => {
  test("which counts at once, confirms when it has settled, and is lost like a heartbeat", () => {
    const bench = new Bench({ heartbeat: "optional" });
    bench.hear({ topic: own("allocation"), payload: '{"limitW":4000}' });
    bench.wait(10_000);
    assert.equal(bench.confirmed(), false, "no session yet");
    bench.signal.session(true, bench.tick());
    bench.wait(2_000);
    assert.equal(age(bench), 0);
    assert.equal(bench.confirmed(), false);
    bench.wait(2_000);
    assert.equal(bench.confirmed(), true);
    bench.signal.session(false, bench.tick());
    bench.wait(119_000);
    assert.equal(bench.confirmed(), true);
    bench.wait(2_000);
    assert.equal(bench.confirmed(), false);
  });

  test("and confirms a release", () => {
    const bench = new Bench({ heartbeat: "optional" });
    bench.signal.session(true, bench.tick());
    bench.hear(bench.document("EMERGENCY", { action: "STOP" }, { id: "stop-1" }));
    bench.hear(bench.document("RELEASE", { releases: "stop-1" }));
    bench.wait(5_000);
    assert.deepEqual(bench.signal.heard().latches, []);
  });
});
