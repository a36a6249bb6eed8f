import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { isoTime } from "../../agent/signal/compose.ts";
import { Bench, at, codes, events, names, newKey, own } from "./bench.ts";

interface Message {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}
type Case = readonly [why: string, message: (bench: Bench) => Message, code: string, answered: "answered" | "silent"];

const changed = ({ topic, payload }: Message, change: (document: Record<string, unknown>) => void): Message => {
  const document = JSON.parse(String(payload)) as Record<string, unknown>;
  change(document);
  return { topic, payload: JSON.stringify(document) };
};
const without = (message: Message, field: string): Message => changed(message, (document) => delete document[field]);

/** In a rack that accepts unsigned documents: everything past the signature. */
const unsigned: readonly Case[] = [
  ["larger than 64 KiB", () => ({ topic: own("allocation"), payload: " ".repeat(65_537) }), "TOO_LARGE", "silent"],
  ["a topic that is not ours", (bench) => ({ topic: at("site/s1/rack/r2/allocation"), payload: bench.allocation(1).payload }), "AUDIENCE", "silent"],
  ["an event id that is no id", (bench) => ({ topic: own("event/a%2Fb"), payload: bench.limit(1).payload }), "AUDIENCE", "silent"],
  ["an event below an event", (bench) => ({ topic: own("event/a/b"), payload: bench.limit(1).payload }), "AUDIENCE", "silent"],
  ["not JSON", () => ({ topic: own("allocation"), payload: "4000{" }), "SCHEMA", "silent"],
  ["a bare number", () => ({ topic: own("allocation"), payload: "4000" }), "SCHEMA", "silent"],
  ["a list", () => ({ topic: own("allocation"), payload: "[]" }), "SCHEMA", "silent"],
  ["a key twice", () => ({ topic: own("allocation"), payload: '{"limitW":4000,"limitW":40000}' }), "SCHEMA", "silent"],
  ["a short form that is negative", () => ({ topic: own("allocation"), payload: '{"limitW":-1}' }), "NEGATIVE", "answered"],
  ["a short form in words", () => ({ topic: own("allocation"), payload: '{"limitW":"4000"}' }), "SCHEMA", "answered"],
  ["a short form for an event", () => ({ topic: own("event/e1"), payload: '{"limitW":4000}' }), "SCHEMA", "silent"],
  ["another version", (bench) => changed(bench.allocation(1), (document) => (document["v"] = 2)), "SCHEMA", "silent"],
  ["no id", (bench) => without(bench.allocation(1), "id"), "SCHEMA", "silent"],
  ["an id with a slash", (bench) => bench.allocation(1, { id: "a/b" }), "SCHEMA", "silent"],
  ["no seq", (bench) => without(bench.allocation(1), "seq"), "SCHEMA", "silent"],
  ["a seq that is not whole", (bench) => bench.allocation(1, { seq: 1.5 }), "SCHEMA", "silent"],
  ["a negative seq", (bench) => bench.allocation(1, { seq: -1 }), "NEGATIVE", "silent"],
  ["a seq beyond 2^53", (bench) => ({ topic: own("allocation"), payload: bench.allocation(1).payload.replace(/"seq":\d+/, '"seq":9007199254740993') }), "SCHEMA", "silent"],
  ["from another operator", (bench) => changed(bench.allocation(1), (document) => (document["iss"] = "other")), "AUDIENCE", "silent"],
  ["to another rack", (bench) => changed(bench.allocation(1), (document) => (document["aud"] = "site/s1/rack/r2")), "AUDIENCE", "silent"],
  ["to the site, on the rack's topic", (bench) => ({ topic: own("allocation"), payload: bench.allocation(1, { node: "site/s1" }).payload }), "AUDIENCE", "silent"],
  ["one event on another's topic", (bench) => ({ topic: own("event/e2"), payload: bench.limit(1).payload }), "AUDIENCE", "silent"],
  ["a limit on the allocation's topic", (bench) => ({ topic: own("allocation"), payload: bench.limit(1).payload }), "AUDIENCE", "silent"],
  ["an allocation on an event's topic", (bench) => ({ topic: own("event/e1"), payload: bench.allocation(1, { id: "e1" }).payload }), "AUDIENCE", "silent"],
  ["an unknown type", (bench) => changed(bench.allocation(1), (document) => (document["type"] = "GIFT")), "NOT_APPLICABLE", "answered"],
  ["a field to be understood that is not", (bench) => bench.allocation(1, { fields: { must: ["colour"], colour: "red" } }), "NOT_APPLICABLE", "answered"],
  ["a field to be understood named like a method", (bench) => bench.allocation(1, { fields: { must: ["toString"] } }), "NOT_APPLICABLE", "answered"],
  ["no maxW", (bench) => without(bench.allocation(1), "maxW"), "SCHEMA", "answered"],
  ["a negative maxW", (bench) => bench.allocation(-1), "NEGATIVE", "answered"],
  ["a negative schedule item", (bench) => bench.allocation(1, { fields: { schedule: [{ durationS: 3_610, limitW: -5 }] } }), "NEGATIVE", "answered"],
  ["a maxW in words", (bench) => bench.allocation(1, { fields: { maxW: "1" } }), "SCHEMA", "answered"],
  ["a maxW beyond all power", (bench) => bench.allocation(1e15), "SCHEMA", "answered"],
  ["no iat", (bench) => without(bench.allocation(1), "iat"), "SCHEMA", "answered"],
  ["a day that does not exist", (bench) => bench.allocation(1, { fields: { validFrom: "2026-02-30T00:00:00Z" } }), "SCHEMA", "answered"],
  ["a time without a zone", (bench) => bench.allocation(1, { fields: { validFrom: "2026-11-22T00:00:00" } }), "SCHEMA", "answered"],
  ["a time as a number", (bench) => bench.allocation(1, { fields: { validFrom: 1_790_000_000 } }), "SCHEMA", "answered"],
  ["valid until before it is valid", (bench) => bench.allocation(1, { fields: { validUntil: isoTime(bench.now() - 20_000) } }), "SCHEMA", "answered"],
  ["exp before validUntil", (bench) => bench.allocation(1, { fields: { validUntil: isoTime(bench.now() + 7_200_000) } }), "SCHEMA", "answered"],
  ["exp before iat", (bench) => bench.limit(1, { exp: bench.now() - 1 }), "SCHEMA", "answered"],
  ["a schedule that ends too early", (bench) => bench.allocation(1, { fields: { schedule: [{ durationS: 60, limitW: 5 }] } }), "SCHEMA", "answered"],
  ["a schedule with a gap", (bench) => bench.allocation(1, { fields: { schedule: [{ durationS: 610, limitW: 5 }, { start: isoTime(bench.now() + 660_000), durationS: 2_940, limitW: 5 }] } }), "SCHEMA", "answered"],
  ["a schedule that overlaps", (bench) => bench.allocation(1, { fields: { schedule: [{ durationS: 610, limitW: 5 }, { start: isoTime(bench.now() + 540_000), durationS: 3_060, limitW: 5 }] } }), "SCHEMA", "answered"],
  ["a schedule item of no length", (bench) => bench.allocation(1, { fields: { schedule: [{ durationS: 0, limitW: 5 }, { durationS: 3_610, limitW: 5 }] } }), "SCHEMA", "answered"],
  ["an unknown onLoss", (bench) => bench.allocation(1, { fields: { failsafe: { onLoss: "PANIC" } } }), "SCHEMA", "answered"],
  ["shares of more than the whole", (bench) => bench.allocation(1, { fields: { shares: { "rack/A": 0.7, "rack/B": 0.4 } } }), "SCHEMA", "answered"],
  ["an area that is no name", (bench) => bench.allocation(1, { fields: { areas: { "north/east": 0.5 } } }), "SCHEMA", "answered"],
  ["a limit without intervals", (bench) => bench.limit(1, { fields: { intervals: [] } }), "SCHEMA", "answered"],
  ["a limit whose watts are missing", (bench) => bench.limit(1, { fields: { intervals: [{ start: null, durationS: null }] } }), "SCHEMA", "answered"],
  ["a limit that outlives its exp", (bench) => bench.limit(1, { fields: { intervals: [{ start: null, durationS: 7_200, limitW: 1 }] } }), "SCHEMA", "answered"],
  ["levels of nothing", (bench) => bench.allocation(1, { fields: { levels: [1, 0.5, 0.25, 0] } }), "SCHEMA", "answered"],
  ["a slope of levels", (bench) => bench.document("LEVEL", { rampS: 60, intervals: [{ start: null, durationS: null, level: 1 }] }, { id: "e1" }), "NOT_APPLICABLE", "answered"],
  ["a random start below zero", (bench) => bench.limit(1, { fields: { randomizeS: -60 } }), "NEGATIVE", "answered"],
  ["a supersession of no name", (bench) => bench.limit(1, { fields: { supersedes: "e/0" } }), "SCHEMA", "answered"],
  ["a random cancellation over no time", (bench) => bench.limit(1, { fields: { status: "CANCELLED_RANDOM" } }), "SCHEMA", "answered"],
  ["a setpoint of nothing", (bench) => bench.document("SETPOINT", { intervals: [] }, { id: "e1" }), "SCHEMA", "answered"],
  ["a setpoint below zero", (bench) => bench.document("SETPOINT", { intervals: [{ start: null, durationS: null, setpointW: -1 }] }, { id: "e1" }), "NEGATIVE", "answered"],
  ["a level beyond 3", (bench) => bench.document("LEVEL", { intervals: [{ start: null, durationS: null, level: 4 }] }, { id: "e1" }), "SCHEMA", "answered"],
  ["ended", (bench) => bench.limit(1, { iat: bench.now() - 60_000, exp: bench.now() - 3_000 }), "EXPIRED", "answered"],
  ["from the future, by a clock that is right", (bench) => bench.limit(1, { iat: bench.now() + 6_000 }), "INVALID_TIME", "answered"],
  ["keys without the root's signature", (bench) => bench.keySet(undefined, { key: null }), "UNSIGNED", "silent"],
  ["a heartbeat for the site", (bench) => bench.heartbeat({}, { node: "site/s1" }), "AUDIENCE", "silent"],
  ["a heartbeat without last", (bench) => without(bench.heartbeat({}), "last"), "SCHEMA", "silent"],
  ["a heartbeat from the future", (bench) => bench.heartbeat({}, { iat: bench.now() + 6_000 }), "INVALID_TIME", "silent"],
  ["a heartbeat held back", (bench) => bench.heartbeat({}, { iat: bench.now() - 130_000, exp: bench.now() + 60_000 }), "EXPIRED", "silent"],
];

/** In a rack that requires signatures, with grid-1 in force for site s1. */
const signed: readonly Case[] = [
  ["a bare document", (bench) => bench.allocation(1), "UNSIGNED", "silent"],
  ["the short form", () => ({ topic: own("allocation"), payload: '{"limitW":4000}' }), "UNSIGNED", "silent"],
  ["a bare heartbeat", (bench) => bench.heartbeat({}), "UNSIGNED", "silent"],
  ["an unknown key", (bench) => bench.allocation(1, { key: newKey("grid-9") }), "BAD_SIGNATURE", "silent"],
  ["another key under a known name", (bench) => bench.allocation(1, { key: newKey("grid-1") }), "BAD_SIGNATURE", "silent"],
  ["the root key, which signs keys only", (bench) => bench.allocation(1, { key: bench.root }), "BAD_SIGNATURE", "silent"],
  ["keys signed by a working key", (bench) => bench.keySet(undefined, { key: bench.grid }), "BAD_SIGNATURE", "silent"],
  ["keys signed by the root under another name", (bench) => bench.keySet(undefined, { key: { ...bench.root, kid: "boss" } }), "BAD_SIGNATURE", "silent"],
  ["keys signed by another root", (bench) => bench.keySet(undefined, { key: newKey("root") }), "BAD_SIGNATURE", "silent"],
  ["keys with one named root", (bench) => bench.keySet([bench.keyRow({ ...bench.grid, kid: "root" })]), "SCHEMA", "answered"],
  ["keys with the root's own under another name", (bench) => bench.keySet([bench.keyRow(), bench.keyRow({ ...bench.root, kid: "grid-2" })]), "SCHEMA", "answered"],
  ["keys with one twice", (bench) => bench.keySet([bench.keyRow(), bench.keyRow()]), "SCHEMA", "answered"],
  ["keys with another algorithm than theirs", (bench) => bench.keySet([bench.keyRow(bench.grid, { alg: "ES256" })]), "SCHEMA", "answered"],
  ["keys that are none", (bench) => bench.keySet([bench.keyRow(bench.grid, { key: { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) }, alg: "ES256" })]), "SCHEMA", "answered"],
  ["keys for nobody yet", (bench) => bench.keySet([], { iat: bench.now() + 60_000 }), "INVALID_TIME", "answered"],
  ["a signed duplicate key", (bench) => ({ ...bench.allocation(1, { key: bench.grid }), payload: '{"payload":"","payload":"","protected":"","signature":""}' }), "SCHEMA", "silent"],
  ["a signed document for another rack", (bench) => ({ topic: own("allocation"), payload: bench.allocation(1, { node: "site/s1/rack/r2", key: bench.grid }).payload }), "AUDIENCE", "silent"],
];

for (const [title, options, cases] of [["unsigned accepted", { signatures: "optional" }, unsigned], ["signatures required", { signatures: "required" }, signed]] as const) {
  describe(`refused, ${title}`, () => {
    for (const [why, message, code, answered] of cases) {
      test(`${why}: ${code}`, () => {
        const bench = new Bench(options);
        const key = options.signatures === "required" ? bench.grid : null;
        bench.hear(bench.keySet());
        bench.hear(bench.allocation(20_000, { key }));
        bench.hear(bench.limit(15_000, { key, id: "held" }));
        const [before, kept] = [bench.signal.heard(), new Map(bench.disk)];
        const { held } = bench.signal.summary(bench.tick());
        const effects = bench.hear(message(bench));
        assert.deepEqual(events(effects).map(({ name, fields }) => [name, fields["code"]]), [["signal.refused", code]]);
        assert.deepEqual(codes(effects), answered === "answered" ? [`REJECTED/${code}`] : []);
        assert.equal(bench.signal.summary(bench.tick()).refused[code as "SCHEMA"]?.count, 1);
        const after = bench.signal.heard();
        assert.deepEqual([after.allocations, after.limits, after.latches], [before.allocations, before.limits, before.latches]);
        assert.equal(after.heartbeat.bornAt, null);
        assert.deepEqual(bench.disk, kept, "nothing written");
        if (answered === "silent") assert.deepEqual(bench.signal.summary(bench.tick()).held, held, "no mark moved");
        assert.equal(bench.restarted().stated(), 15_000);
        bench.hear(bench.allocation(10_000, { key }));
        assert.equal(bench.stated(), 10_000, "the next good one is heard");
      });
    }
  });
}

describe("keys", () => {
  const allowed: readonly (readonly [what: string, row: Readonly<Record<string, unknown>>, node: string, heard: boolean])[] = [
    ["a key for the site signs for its racks", { nodes: ["site/s1"] }, "site/s1/rack/r1", true],
    ["a key for the rack signs for it", { nodes: ["site/s1/rack/r1"] }, "site/s1/rack/r1", true],
    ["a key for another site does not", { nodes: ["site/s"] }, "site/s1/rack/r1", false],
    ["a key for the rack does not sign for the site", { nodes: ["site/s1/rack/r1"] }, "site/s1", false],
    ["a key for no emergencies signs none", { types: ["ALLOCATION", "LIMIT"] }, "site/s1/rack/r1", false],
    ["a key that has ended signs nothing", { notAfter: "2026-11-22T17:00:00Z" }, "site/s1/rack/r1", false],
    ["a key that has not ended does", { notAfter: "2026-11-22T19:00:00Z" }, "site/s1/rack/r1", true],
  ];
  for (const [what, row, node, heard] of allowed) {
    test(what, () => {
      const bench = new Bench({ signatures: "required" });
      bench.hear(bench.keySet([bench.keyRow(bench.grid, row)]));
      const effects = bench.hear(bench.document("EMERGENCY", { action: "STOP" }, { node, key: bench.grid }));
      assert.equal(bench.signal.heard().latches.length, heard ? 1 : 0);
      if (!heard) assert.deepEqual(events(effects).map(({ fields }) => fields["code"]), ["BAD_SIGNATURE"]);
    });
  }

  test("a P-256 key signs as well (ES256), and no key signs under another's name", () => {
    const bench = new Bench({ signatures: "required" });
    const other = { kid: "grid-2", ...generateKeyPairSync("ec", { namedCurve: "P-256" }) };
    const es256 = { kid: other.kid, key: other.privateKey };
    bench.hear(bench.keySet([bench.keyRow(), bench.keyRow(other, { alg: "ES256" })]));
    assert.deepEqual(bench.signal.summary(bench.tick()).keys, ["grid-1", "grid-2"]);
    bench.hear(bench.limit(7_000, { key: es256 }));
    assert.equal(bench.stated(), 7_000);
    for (const forged of [{ ...es256, kid: "grid-1" }, { ...bench.grid, kid: "grid-2" }]) {
      const [refused] = events(bench.hear(bench.limit(1, { key: forged, id: "e2" })));
      assert.match(String(refused?.fields["reason"] ?? ""), /does not sign with|^$/);
    }
    assert.equal(bench.stated(), 7_000);
    assert.equal(bench.signal.summary(bench.tick()).refused.BAD_SIGNATURE?.count, 2);
    assert.equal(bench.restarted().stated(), 7_000);
  });

  test("at the end of the set no key signs any more", () => {
    const bench = new Bench({ signatures: "required" });
    bench.hear(bench.keySet([bench.keyRow()], { exp: bench.now() + 60_000 }));
    bench.wait(65_000);
    assert.deepEqual(bench.signal.summary(bench.tick()).keys, []);
    bench.hear(bench.allocation(1, { key: bench.grid }));
    assert.equal(bench.stated(), null);
  });

  test("a name given to another key is nobody's until the new set is on disk", () => {
    const bench = new Bench({ signatures: "required" });
    const successor = newKey("grid-1");
    bench.hear(bench.keySet());
    bench.keeps = "later";
    bench.hear(bench.keySet([bench.keyRow(successor)]));
    for (const key of [bench.grid, successor]) bench.hear(bench.limit(5_000, { key }));
    assert.equal(bench.stated(), null);
    bench.answer();
    bench.hear(bench.limit(5_000, { key: successor }));
    assert.equal(bench.stated(), 5_000);
  });

  test("what a revoked key has said stays, and it says nothing more", () => {
    const bench = new Bench({ signatures: "required" });
    bench.hear(bench.keySet());
    bench.hear(bench.limit(5_000, { key: bench.grid }));
    const other = newKey("grid-2");
    bench.hear(bench.keySet([bench.keyRow(other)]));
    bench.hear(bench.limit(9_000, { key: bench.grid }));
    assert.equal(bench.stated(), 5_000);
    bench.hear(bench.limit(7_000, { key: other }));
    assert.equal(bench.stated(), 7_000);
  });
});

describe("how refusals are told", () => {
  test("one event a minute and code, with the count", () => {
    const bench = new Bench();
    for (let count = 0; count < 40; count += 1) bench.hear({ topic: own("allocation"), payload: "{" });
    assert.equal(events(bench.effects).length, 1);
    const later = events(bench.wait(61_000));
    assert.deepEqual(later.map(({ name, fields }) => [name, fields["count"], fields["total"]]), [["signal.refused", 39, 40]]);
    assert.deepEqual(events(bench.wait(120_000)), []);
  });

  test("fifty verifications a second and subscription, then FLOOD; other topics are heard", () => {
    const bench = new Bench();
    for (let count = 0; count < 1_000; count += 1) bench.hear({ topic: own(`event/e${count}`), payload: "{" });
    const { refused } = bench.signal.summary(bench.tick());
    assert.equal(refused.SCHEMA?.count, 50);
    assert.equal(refused.FLOOD?.count, 950);
    bench.hear(bench.allocation(9_000));
    assert.equal(bench.stated(), 9_000);
    bench.wait(1_000);
    bench.hear(bench.limit(5_000));
    assert.equal(bench.stated(), 5_000);
  });

  test("a refusal is answered once a minute, and no more than 120 in one; all are counted", () => {
    const bench = new Bench();
    const wrong = bench.allocation(-1);
    const answered = (): number => codes(bench.hear(wrong)).length;
    assert.deepEqual([answered(), answered(), answered()], [1, 0, 0]);
    bench.wait(61_000);
    assert.equal(answered(), 1);
    let said = 0;
    for (let second = 0; second < 10; second += 1) {
      for (let count = 0; count < 40; count += 1) said += codes(bench.hear(bench.allocation(-1))).length;
      bench.wait(1_000);
    }
    assert.equal(said, 119);
    assert.equal(bench.signal.summary(bench.tick()).refused.NEGATIVE?.count, 404);
  });

  test("what is held is known again without verifying: a flood does not hide it", () => {
    const bench = new Bench();
    const allocation = bench.allocation(9_000);
    bench.hear(allocation);
    for (let count = 0; count < 100; count += 1) assert.deepEqual(bench.hear(allocation, true), []);
    assert.equal(bench.signal.summary(bench.tick()).refused.FLOOD, undefined);
  });

  test("bad documents cost no disk", () => {
    const bench = new Bench();
    const before = bench.effects.filter(({ kind }) => kind === "commit").length;
    for (let second = 0; second < 60; second += 1) {
      for (let count = 0; count < 100; count += 1) bench.hear(bench.allocation(-1));
      bench.wait(1_000);
    }
    assert.ok(bench.effects.filter(({ kind }) => kind === "commit").length - before <= 1);
  });

  test("an empty retained payload clears the broker, not the agent", () => {
    const bench = new Bench();
    bench.hear(bench.allocation(9_000));
    assert.deepEqual(bench.hear({ topic: own("allocation"), payload: "" }), []);
    assert.equal(bench.stated(), 9_000);
    assert.deepEqual(names(bench.hear({ topic: own("event/e1"), payload: "" }, true)), []);
  });
});
