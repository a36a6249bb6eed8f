/** What a VTN's answers come to, as the core hears it; and that nothing broken, old or unkept ever raises a limit. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { effectiveLimit, gridStatements, setpointInForce } from "../../agent/core/limit.ts";
import { instant, millis, watts } from "../../agent/core/units.ts";
import { Book, type Concern, type KeptBook } from "../../agent/signal/openadr/book.ts";
import { readAnswer } from "../../agent/signal/openadr/reading.ts";
import type { Terms } from "../../agent/signal/openadr/stated.ts";
import { after, certain, event, iso, limitOf, NOON, program, terms } from "./events.ts";

type Fields = Readonly<Record<string, unknown>>;

const all: Concern = { programs: [], targets: [] };
let clock = 1_000_000;

/** An answer that is whole, and on disk. */
function answered(book: Book, events: readonly unknown[], { at = NOON, keeps = true, date = null }: { readonly at?: number; readonly keeps?: boolean; readonly date?: number | null } = {}) {
  const taken = book.answered({ programs: [program], events, askedAt: millis((clock += 1_000)), date: date === null ? null : instant(date) }, certain(at));
  const due = book.due();
  if (taken.ok && keeps && due !== null) book.kept(due, millis(clock));
  return taken;
}

const bookOf = (events: readonly unknown[], over: Partial<Terms> = {}, concern = all): Book => {
  const book = new Book({ ...terms, ...over }, concern);
  const taken = answered(book, events);
  assert.ok(taken.ok, taken.ok ? "" : taken.reason);
  return book;
};

/** The least that is allowed at `at`, in watts; the failsafe limit does not join. null: no limit. */
function allowed(book: Book, at: number): number | null {
  const heard = book.heard(certain(at));
  const { limit } = effectiveLimit(gridStatements({ ...heard, allocations: [...heard.allocations, open] }, certain(at), { power: terms.failsafe, joins: false }));
  return heard.latches.length > 0 ? 0 : limit.kind === "limited" ? limit.power : null;
}
const open = { ref: { id: "other", topic: "", epoch: 0, seq: 0 }, valid: { start: null, end: null }, ceiling: null, firm: null, levels: null, schedule: [], failsafe: null, restart: null, report: null };

describe("what events state", () => {
  const says = (type: string, value: unknown, over: Fields = {}) => event({ intervals: [{ id: 0, payloads: [{ type, values: [value] }] }], ...over });
  const cases: [string, readonly unknown[], Partial<Terms>, number | null][] = [
    ["IMPORT_CAPACITY_LIMIT is a limit in kW", [event()], {}, 8_000],
    ["0 kW is zero watts", [event({ intervals: [{ id: 0, payloads: [limitOf(0)] }] })], {}, 0],
    ["of several the smallest, whatever their priorities", [event({ priority: 0 }), event({ id: "e2", priority: 9, intervals: [{ id: 0, payloads: [limitOf(5)] }] })], {}, 5_000],
    ["of several values the smallest", [event({ intervals: [{ id: 0, payloads: [{ type: "IMPORT_CAPACITY_LIMIT", values: [9, 7, 8] }] }] })], {}, 7_000],
    ["IMPORT_CAPACITY_SUBSCRIPTION is a ceiling too", [says("IMPORT_CAPACITY_SUBSCRIPTION", 20)], {}, 20_000],
    ["SIMPLE by the ladder of the configuration", [says("SIMPLE", 2)], { levels: [1, 0.75, 0.5, 0] }, 15_000],
    ["SIMPLE of what is subscribed", [says("SIMPLE", 2), says("IMPORT_CAPACITY_SUBSCRIPTION", 20, { id: "e2" })], { levels: [1, 0.75, 0.5, 0] }, 10_000],
    ["SIMPLE without a ladder is the failsafe limit", [says("SIMPLE", 1)], {}, 10_000],
    ["SIMPLE 0 is normal operation", [says("SIMPLE", 0)], { levels: [1, 0.75, 0.5, 0] }, null],
    ["ALERT_GRID_EMERGENCY stops", [says("ALERT_GRID_EMERGENCY", "storm")], {}, 0],
    ["other alerts are for people", [says("ALERT_FLEX_ALERT", "please")], {}, null],
    ["prices say nothing to this rack", [says("PRICE", 0.17)], {}, null],
    ["a limit in a unit nobody knows is the failsafe limit", [event({ payloadDescriptors: [{ payloadType: "IMPORT_CAPACITY_LIMIT", units: "KVA" }] })], {}, 10_000],
    ["the contract", [], { contract: watts(25_000) }, 25_000],
  ];
  for (const [name, events, over, power] of cases) test(name, () => assert.equal(allowed(bookOf(events, over), NOON + 1_000), power));

  test("DISPATCH_SETPOINT is a wanted draw; the smaller priority number goes first", () => {
    const book = bookOf([says("DISPATCH_SETPOINT", 12, { priority: 5 }), says("DISPATCH_SETPOINT", 18, { id: "e2", priority: 1 }), says("DISPATCH_SETPOINT", 3, { id: "e3" })]);
    const setpoint = setpointInForce(book.heard(certain(NOON)).setpoints, certain(NOON));
    assert.deepEqual([setpoint?.power, setpoint?.ref?.by], [18_000, "OpenADR"]);
  });

  test("programs and targets that are not ours are not obeyed", () => {
    const addressed = event({ targets: ["feeder-2"] });
    assert.equal(allowed(bookOf([addressed], {}, { programs: [], targets: ["feeder-1"] }), NOON), null);
    assert.equal(allowed(bookOf([addressed], {}, { programs: [], targets: ["feeder-2"] }), NOON), 8_000);
    assert.equal(allowed(bookOf([event()], {}, { programs: ["other"], targets: [] }), NOON), null);
  });

  test("without subscription or contract nothing is allocated: the failsafe limit holds", () => {
    const { allocations, ...rest } = bookOf([event()]).heard(certain(NOON));
    const statements = gridStatements({ ...rest, allocations }, certain(after(90)), { power: terms.failsafe, joins: false });
    assert.deepEqual(effectiveLimit(statements).limit, { kind: "limited", power: 10_000 });
  });
});

describe("an alert", () => {
  const alert = event({ intervals: [{ id: 0, payloads: [{ type: "ALERT_BLACK_START", values: ["restoring"] }] }] });

  test("holds beyond its end until the VTN has been heard without it", () => {
    const book = bookOf([alert]);
    assert.equal(allowed(book, after(30)), 0);
    assert.equal(allowed(book, after(90)), 0, "its time is over, and nobody has said so");
    answered(book, [], { at: after(91), keeps: false });
    assert.equal(allowed(book, after(91)), 0, "said, and not yet on disk");
    const due = book.due();
    assert.ok(due);
    book.kept(due, millis(clock));
    assert.equal(allowed(book, after(91)), null);
  });

  test("survives a restart, and its kind with it", () => {
    const book = bookOf([alert]);
    allowed(book, NOON);
    const kept = book.due();
    assert.ok(kept, "a latch is to be written down");
    const next = new Book(terms, all);
    assert.ok(next.restore(JSON.parse(JSON.stringify(kept)), certain(after(300))).ok);
    assert.deepEqual(next.heard(certain(after(300))).latches.map(({ action }) => action), ["BLACK_START_HOLD"]);
  });
});

describe("old and new", () => {
  const tight = event();
  const loose = event({ modificationDateTime: iso(after(-30)), intervals: [{ id: 0, payloads: [limitOf(20)] }] });

  test("a drop acts at once, a raise waits for the disk", () => {
    const book = bookOf([loose]);
    answered(book, [event({ modificationDateTime: iso(after(-20)) })], { keeps: false });
    assert.equal(allowed(book, NOON), 8_000);
    const again = bookOf([tight]);
    answered(again, [loose], { keeps: false });
    assert.equal(allowed(again, NOON), 8_000);
    const due = again.due();
    assert.ok(due);
    again.kept(due, millis(clock));
    assert.equal(allowed(again, NOON), 20_000);
  });

  test("what was written while something newer came does not confirm the newer", () => {
    const book = bookOf([tight]);
    answered(book, [event({ modificationDateTime: iso(after(-40)), intervals: [{ id: 0, payloads: [limitOf(9)] }] })], { keeps: false });
    const first = book.due();
    answered(book, [loose], { keeps: false });
    assert.ok(first);
    book.kept(first, millis(clock));
    assert.equal(allowed(book, NOON), 8_000);
  });

  test("a deleted event goes, when that is on disk", () => {
    const book = bookOf([tight]);
    answered(book, [], { keeps: false });
    assert.equal(allowed(book, NOON), 8_000);
    answered(book, []);
    assert.equal(allowed(book, NOON), null);
  });

  test("an older version of an event is refused, and so is an older answer", () => {
    const book = bookOf([loose]);
    const older = answered(book, [tight]);
    assert.deepEqual([older.ok, !older.ok && older.code], [false, "REPLAY"]);
    const dated = bookOf([]);
    assert.ok(answered(dated, [tight], { date: NOON }).ok);
    const stale = answered(dated, [], { date: NOON - 120_000, at: NOON });
    assert.deepEqual([stale.ok, !stale.ok && stale.code], [false, "REPLAY"]);
    assert.equal(allowed(dated, NOON), 8_000);
  });

  test("a subscription that is taken back allocates nothing from the moment it is said", () => {
    const subscription = event({ intervals: [{ id: 0, payloads: [{ type: "IMPORT_CAPACITY_SUBSCRIPTION", values: [20] }] }] });
    const book = bookOf([subscription]);
    const statements = () => effectiveLimit(gridStatements(book.heard(certain(NOON)), certain(NOON), { power: terms.failsafe, joins: false })).limit;
    assert.deepEqual(statements(), { kind: "limited", power: 20_000 });
    answered(book, [], { keeps: false });
    assert.deepEqual(statements(), { kind: "limited", power: 10_000 });
  });

  test("what was kept is in force after a restart; what cannot be read any more is said", () => {
    const kept = bookOf([tight]).snapshot();
    const next = new Book(terms, all);
    assert.ok(next.restore(JSON.parse(JSON.stringify(kept)), certain(NOON)).ok);
    assert.equal(allowed(next, NOON), 8_000);
    assert.equal(next.heard(certain(NOON)).heartbeat.confirmedAt, null);
    assert.equal(new Book(terms, all).restore({ ...kept, events: [{ id: 7 }] } satisfies KeptBook, certain(NOON)).ok, false);
  });
});

describe("answers that are not right", () => {
  const cases: [string, Fields][] = [
    ["a negative limit", { intervals: [{ id: 0, payloads: [limitOf(-1)] }] }],
    ["a limit in words", { intervals: [{ id: 0, payloads: [limitOf("8")] }] }],
    ["a limit of nothing", { intervals: [{ id: 0, payloads: [limitOf(null)] }] }],
    ["no value", { intervals: [{ id: 0, payloads: [{ type: "IMPORT_CAPACITY_LIMIT", values: [] }] }] }],
    ["no payloads", { intervals: [{ id: 0 }] }],
    ["a level of 4", { intervals: [{ id: 0, payloads: [{ type: "SIMPLE", values: [4] }] }] }],
    ["half a level", { intervals: [{ id: 0, payloads: [{ type: "SIMPLE", values: [0.5] }] }] }],
    ["a start without its offset", { intervalPeriod: { start: "2026-06-01T12:00:00", duration: "PT1H" } }],
    ["a length that is none", { intervalPeriod: { start: iso(NOON), duration: "1 hour" } }],
    ["a priority below zero", { priority: -1 }],
    ["no id", { id: null }],
    ["an id with a slash", { id: "a/b" }],
    ["another kind of object", { objectType: "PROGRAM" }],
    ["more intervals than anybody needs", { intervals: Array.from({ length: 2_001 }, (_, id) => ({ id, payloads: [limitOf(8)] })) }],
  ];
  for (const [name, over] of cases) {
    test(`${name}: nothing of the answer is believed`, () => {
      const book = bookOf([event({ id: "other" })]);
      const born = book.bornAt;
      const taken = answered(book, [event({ id: "free", intervals: [] }), event(over)]);
      assert.equal(taken.ok, false);
      assert.equal(allowed(book, NOON), 8_000);
      assert.equal(book.bornAt, born, "it counts as no answer");
    });
  }

  test("an event twice", () => assert.equal(answered(bookOf([]), [event(), event()]).ok, false));

  test("bytes that are no JSON, too deep, too long or with a key twice", () => {
    const bad = ["", "{", "[1,]", `${"[".repeat(40)}${"]".repeat(40)}`, '[{"id":"a","id":"b"}]', "x".repeat(1_048_577)];
    for (const text of bad) assert.equal(readAnswer(Buffer.from(text)).ok, false, text.slice(0, 20));
  });
});

describe("properties", () => {
  const whole = [event(), event({ id: "e2", intervalPeriod: { start: iso(after(-5)), duration: "PT20M", randomizeStart: "PT1M" }, intervals: [{ id: 0, payloads: [limitOf(5)] }, { id: 1, payloads: [limitOf(7)] }] })];
  const text = JSON.stringify(whole);
  const moments = [after(-3), NOON, after(10), after(30), after(59)];

  /** As an attacker in the middle without the key, or a bad disk, would have it. */
  test("a damaged answer is refused, or allows no more than the whole one at any time", () => {
    let refused = 0;
    const damage = fc.record({ at: fc.nat(text.length - 1), length: fc.integer({ min: 1, max: 40 }), by: fc.constantFrom("", "\u0000", "-", "null", '"', "}", "]", "[", ",", "e", "NaN") });
    fc.assert(fc.property(damage, ({ at, length, by }) => {
      const read = readAnswer(Buffer.from(text.slice(0, at) + by + text.slice(at + length)));
      const book = bookOf(whole);
      const before = moments.map((moment) => allowed(book, moment) ?? Infinity);
      const taken = read.ok && Array.isArray(read.value) ? answered(book, read.value as unknown[]) : null;
      if (taken?.ok === true) {
        // What is left is a whole answer of fewer words: it may not say more watts than anybody wrote, nor confirm what it does not hold.
        for (const moment of moments) for (const { intervals } of book.heard(certain(moment)).limits) for (const { limit } of intervals) assert.ok(limit <= 8_000, `${limit}`);
        return;
      }
      refused += 1;
      assert.deepEqual(moments.map((moment) => allowed(book, moment) ?? Infinity), before);
    }), { numRuns: 3_000 });
    assert.ok(refused > 1_500, `${refused}`);
  });

  test("any value of a member that is not of its kind is refused, or allows no more", () => {
    const strange = fc.oneof(fc.constant(null), fc.boolean(), fc.string(), fc.constant([]), fc.constant({}), fc.constant(-1), fc.constant("P-1D"));
    const members = ["id", "programID", "intervalPeriod", "intervals", "priority", "duration", "targets", "payloadDescriptors", "modificationDateTime"] as const;
    fc.assert(fc.property(fc.constantFrom(...members), strange, (member, value) => {
      const book = bookOf([event()]);
      const taken = answered(book, [event({ [member]: value })]);
      // Another id is another event, no intervals say nothing, other targets address others: an authorised owner may write that.
      const lawful = ["id", "programID", "intervals", "targets"].includes(member);
      if (taken.ok && lawful) return;
      for (const moment of moments.filter((at) => at >= NOON)) assert.ok((allowed(book, moment) ?? Infinity) <= 8_000, `${member} ${JSON.stringify(value)}`);
    }), { numRuns: 1_000 });
  });
});
