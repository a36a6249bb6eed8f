import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Bench, at, codes, events, names, own, start } from "./bench.ts";

const span = (bench: Bench): readonly [earliest: number, latest: number | null] => {
  const { earliest, latest } = bench.signal.now(bench.tick());
  return [earliest - bench.now(), latest === null ? null : latest - bench.now()];
};
const noClock = { off: -50 * 365 * 86_400_000, error: null };

describe("now is an interval (principle 4)", () => {
  test("two seconds around a synchronised clock, or what the clock says of itself", () => {
    const bench = new Bench();
    assert.deepEqual(span(bench), [-2_000, 2_000]);
    bench.wall = { off: 0, error: 5_000 };
    assert.deepEqual(span(bench), [-5_000, 5_000]);
  });

  test("without a clock: from the greatest iat verified to infinity", () => {
    const cold = new Bench({}, { wall: noClock });
    assert.equal(cold.signal.now(cold.tick()).latest, null);
    cold.hear(cold.allocation(9_000, { iat: cold.now() - 60_000, exp: cold.now() + 3_600_000 }));
    assert.deepEqual(span(cold), [-60_000, null]);
    cold.wait(30_000);
    assert.deepEqual(span(cold), [-60_000, null]);
    cold.hear(cold.heartbeat({}));
    assert.deepEqual(span(cold), [0, null]);
  });

  test("what was known of time survives a restart without a clock", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    const asleep = bench.restarted(60_000);
    asleep.wall = noClock;
    const later = asleep.restarted(1_000);
    assert.equal(later.signal.now(later.tick()).latest, null);
    const [earliest] = span(later);
    assert.ok(earliest < 0 && earliest > -120_000, `${earliest}`);
  });

  test("clock: heartbeat bounds it from above while a heartbeat counts", () => {
    const bench = new Bench({ clock: "heartbeat" });
    bench.wall = noClock;
    bench.hear(bench.heartbeat({}));
    assert.deepEqual(span(bench), [0, 120_000]);
    assert.equal(bench.signal.summary(bench.tick()).clock, "heartbeat");
    bench.wait(100_000);
    assert.deepEqual(span(bench), [0, 20_000]);
    bench.wait(21_000);
    assert.equal(span(bench)[1], null);
  });

  test("clock: assumed takes the clock for right", () => {
    const bench = new Bench({ clock: "assumed" });
    bench.wall = { off: 0, error: null };
    assert.deepEqual(span(bench), [-2_000, 2_000]);
    assert.equal(bench.signal.summary(bench.tick()).clock, "synced");
  });

  test("a clock that was wrong and is set right is believed again", () => {
    const bench = new Bench();
    bench.wall = { off: 86_400_000 * 365, error: 0 };
    bench.wait(2_000);
    bench.wall = { off: 0, error: 0 };
    bench.wait(2_000);
    bench.wall = noClock;
    assert.deepEqual(span(bench), [-2_000, null]);
  });

  test("INVALID_TIME needs a clock that is right", () => {
    const bench = new Bench();
    bench.wall = noClock;
    bench.hear(bench.allocation(9_000, { iat: start + 3_600_000, exp: start + 7_200_000 }));
    assert.deepEqual(bench.signal.summary(bench.tick()).refused, {});
    assert.equal(bench.stated(), 9_000);
  });

  test("an uncertain clock lowers: a limit that may bind, binds", () => {
    const bench = new Bench();
    bench.wall = noClock;
    const later = new Date(start + 1_800_000).toISOString();
    bench.hear(bench.limit(5_000, { fields: { intervals: [{ start: later, durationS: 60, limitW: 5_000 }] } }));
    assert.equal(bench.stated(), 5_000);
  });

  test("a short form without a clock still lasts 24 hours of its own time", () => {
    const bench = new Bench();
    bench.wall = noClock;
    bench.hear(bench.heartbeat({}));
    bench.hear({ topic: own("allocation"), payload: '{"limitW":4000}' });
    bench.wait(23 * 3_600_000, 600_000);
    assert.equal(bench.stated(), 4_000);
    bench.wait(3_700_000, 600_000);
    assert.equal(bench.stated(), null);
  });
});

describe("what is kept", () => {
  test("a record that cannot be read costs itself and an alarm", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    bench.hear(bench.limit(5_000));
    bench.disk.set(`signal/document/${own("allocation")}`, '[{"payload":"{"}]');
    const later = bench.restarted();
    assert.deepEqual(events(later.effects).map(({ name }) => name), ["storage.failed"]);
    assert.equal(later.signal.summary(later.tick()).storage, "failed");
    assert.equal(later.stated(), 5_000);
    assert.deepEqual(later.signal.heard().allocations, []);
  });

  test("what could not be read is missing until the operator's word comes again, and an old one does not do", () => {
    const bench = new Bench({ signatures: "required" });
    const by = { key: bench.grid };
    bench.hear(bench.keySet());
    bench.hear(bench.allocation(20_000, by));
    const [old, limit] = [bench.limit(9_000, by), bench.limit(2_000, by)];
    for (const said of [old, limit]) bench.hear(said);
    const held = bench.signal.summary(bench.tick()).held;
    bench.disk.set(`signal/document/${own("event/e1")}`, "[{]");
    const later = bench.restarted();
    assert.equal(later.stated(), 20_000);
    assert.ok(names(later.hear(later.heartbeat(held, by))).includes("gap.opened"), "named and not held: 10 s, then the failsafe limit");
    assert.ok(!later.confirmed());
    assert.deepEqual(codes(later.hear(old, true)), []);
    assert.deepEqual(codes(later.hear(limit, true)), ["RECEIVED", "ACCEPTED"]);
    assert.equal(later.stated(), 2_000);
    later.hear(later.heartbeat(held, by));
    assert.ok(later.confirmed());
    assert.equal(later.restarted().stated(), 2_000);
  });

  test("keys that could not be read come back with the same key set", () => {
    const bench = new Bench({ signatures: "required" });
    const keys = bench.keySet();
    bench.hear(keys);
    bench.disk.set(`signal/document/${at("keys")}`, "");
    const later = bench.restarted();
    assert.deepEqual(later.signal.summary(later.tick()).keys, []);
    later.hear(keys, true);
    assert.deepEqual(later.signal.summary(later.tick()).keys, ["grid-1"]);
  });

  test("a short form that could not be read is taken when the broker sends it again, and one that has ended is not", () => {
    const short = { topic: own("allocation"), payload: '{"limitW":3000}' };
    const bench = new Bench();
    bench.hear(short);
    bench.disk.set(`signal/document/${own("allocation")}`, "{}");
    const later = bench.restarted();
    assert.equal(later.stated(), null);
    later.hear(short, true);
    assert.equal(later.stated(), 3_000);
    later.wait(86_500_000, 60_000);
    const last = later.restarted();
    last.hear(short, true);
    assert.equal(last.stated(), null);
  });

  test("keys of other rooms are left alone", () => {
    const bench = new Bench();
    bench.disk.set("core/memory", "{}");
    bench.disk.set("signal/unknown", "x");
    assert.deepEqual(bench.restarted().effects, []);
  });

  test("time is written down rarely: a quiet day costs about a hundred writes", () => {
    const bench = new Bench();
    const written = bench.wait(86_400_000, 10_000).filter(({ kind }) => kind === "commit").length;
    assert.ok(written <= 97, `${written}`);
  });
});

test("a document that verified and is refused all the same tells how late it is", () => {
  const bench = new Bench({}, { wall: { off: -start, error: null } });
  const before = bench.signal.now(bench.tick()).earliest;
  assert.ok(before < start);
  assert.deepEqual(codes(bench.hear(bench.limit(1_000, { node: "site/s1" }))), ["REJECTED/NOT_APPLICABLE"]);
  assert.equal(bench.signal.now(bench.tick()).earliest, bench.now());
});
