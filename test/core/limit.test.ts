import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Allocation, Heard } from "../../agent/core/grid.ts";
import { bindingWord, covered, effectiveLimit, failsafePower, gridStatements, overlaps } from "../../agent/core/limit.ts";
import type { Now } from "../../agent/core/time.ts";
import { watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import { allocation, event, heard, now, ref, span } from "./signals.ts";

const FAILSAFE = watts(3000);
const statements = (said: Heard, when: Now, joins = false) => gridStatements(said, when, { power: FAILSAFE, joins });
const inForce = (said: Heard, when: Now, joins = false): string => {
  const { limit, binding } = effectiveLimit(statements(said, when, joins));
  return limit.kind === "unlimited" ? "unlimited" : `${limit.power} by ${binding?.source} ${binding?.ref?.id ?? ""}`.trim();
};

describe("overlaps: does any moment of now lie in the span?", () => {
  const cases: [string, [number | null, number | null], Now, boolean][] = [
    ["open on both sides", [null, null], now(5), true],
    ["before it starts", [10, 20], now(9), false],
    ["at its start", [10, 20], now(10), true],
    ["its last moment", [10, 20], now(19.999), true],
    ["ends are exclusive", [10, 20], now(20), false],
    ["latest touches the start", [10, 20], now(6, 10), true],
    ["latest just misses the start", [10, 20], now(6, 9.999), false],
    ["earliest just before the end", [10, 20], now(19.999, 24), true],
    ["earliest at the end", [10, 20], now(20, 24), false],
    ["now wider than the span", [10, 20], now(5, 30), true],
    ["open start, earliest before the end", [null, 20], now(5), true],
    ["open start, past the end", [null, 20], now(20), false],
    ["open end, not begun", [10, null], now(9), false],
    ["open end, begun", [10, null], now(11), true],
    ["no upper bound: whatever is still to come", [10, 20], now(5, null), true],
    ["no upper bound, but certainly over", [10, 20], now(20, null), false],
  ];
  for (const [name, [start, end], when, expected] of cases) test(name, () => assert.equal(overlaps(span(start, end), when), expected));
});

describe("covered: does every moment of now lie in one span or another?", () => {
  const cases: [string, [number | null, number | null][], Now, boolean][] = [
    ["nothing covers nothing", [], now(5), false],
    ["inside one", [[0, 10]], now(5, 8), true],
    ["at its start", [[5, 10]], now(5), true],
    ["ends are exclusive", [[0, 10]], now(10), false],
    ["latest at the end", [[0, 10]], now(8, 10), false],
    ["earliest before the start", [[5, 10]], now(4, 6), false],
    ["two that touch", [[0, 5], [5, 10]], now(4, 6), true],
    ["two that touch, in the other order", [[5, 10], [0, 5]], now(4, 6), true],
    ["a gap inside now", [[0, 4], [5, 10]], now(3, 6), false],
    ["a gap outside now", [[0, 4], [5, 10]], now(6, 8), true],
    ["a long one behind a short one", [[0, 100], [1, 2]], now(50), true],
    ["one long past", [[0, 1], [2, 100]], now(50), true],
    ["no upper bound needs an open end", [[0, 1e6]], now(5, null), false],
    ["no upper bound, open end", [[0, null]], now(5, null), true],
    ["no upper bound, in two parts", [[0, 10], [8, null]], now(5, null), true],
    ["open on both sides", [[null, null]], now(5), true],
  ];
  for (const [name, spans, when, expected] of cases) test(name, () => assert.equal(covered(spans.map(([start, end]) => span(start, end)), when), expected));

  test("covered by some implies overlapping one", () => {
    const second = fc.integer({ min: 0, max: 20 });
    const stretch = fc.tuple(fc.option(second), fc.option(second));
    fc.assert(fc.property(fc.array(stretch, { maxLength: 4 }), second, second, (stretches, a, b) => {
      const [spans, when] = [stretches.map(([start, end]) => span(start, end)), now(Math.min(a, b), Math.max(a, b))];
      // Moment by moment, half seconds between the ends included.
      const every = Array.from({ length: 2 * Math.abs(a - b) + 1 }, (_, k) => now(Math.min(a, b) + k / 2)).every((moment) => spans.some((one) => overlaps(one, moment)));
      assert.equal(covered(spans, when), every);
    }));
  });
});

describe("the limit is the minimum of everything that states one", () => {
  const daily = allocation({ ceiling: 9000, schedule: [[0, 100, 8000], [100, 200, 5000], [200, null, null]] });
  const cases: [string, Heard, Now, string][] = [
    ["nothing heard: the failsafe limit", heard(), now(5), "3000 by failsafe"],
    ["the item in force", heard({ allocations: [daily] }), now(50), "8000 by allocation allocation"],
    ["the next item from its start", heard({ allocations: [daily] }), now(100), "5000 by allocation allocation"],
    ["the smaller of two neighbours while now spans both", heard({ allocations: [daily] }), now(98, 102), "5000 by allocation allocation"],
    ["after its end an item is silent", heard({ allocations: [daily] }), now(200), "9000 by allocation allocation"],
    ["an uncertain clock takes the smallest still to come", heard({ allocations: [daily] }), now(50, null), "5000 by allocation allocation"],
    ["an uncertain clock past the small item", heard({ allocations: [daily] }), now(201, null), "9000 by allocation allocation"],
    ["null is no statement", heard({ allocations: [allocation()] }), now(5), "unlimited"],
    ["0 W is a statement", heard({ allocations: [allocation({ ceiling: 0 })] }), now(5), "0 by allocation allocation"],
    ["an item of 0 W", heard({ allocations: [allocation({ schedule: [[0, 10, 0]] })] }), now(5), "0 by allocation allocation"],
    ["not yet valid: failsafe", heard({ allocations: [allocation({ ceiling: 9000, valid: span(10, 20) })] }), now(5), "3000 by failsafe"],
    ["over: failsafe", heard({ allocations: [allocation({ ceiling: 9000, valid: span(10, 20) })] }), now(20), "3000 by failsafe"],
    ["over for some moment of now: failsafe joins, it too still binds", heard({ allocations: [allocation({ ceiling: 2000, valid: span(10, 20) })] }), now(19, 21), "2000 by allocation allocation"],
    ["perhaps over: failsafe", heard({ allocations: [allocation({ ceiling: 9000, valid: span(10, 20) })] }), now(15, null), "3000 by failsafe"],
    ["the waiting one beside the one in force", heard({ allocations: [allocation({ ceiling: 9000 }), allocation({ id: "new", ceiling: 7000 })] }), now(5), "7000 by allocation new"],
    ["a raise waits beside the one it replaces", heard({ allocations: [allocation({ ceiling: 7000 }), allocation({ id: "new", ceiling: 9000 })] }), now(5), "7000 by allocation allocation"],
    ["a seamless handover needs no failsafe", heard({ allocations: [allocation({ ceiling: 9000, valid: span(0, 10) }), allocation({ id: "next", ceiling: 8000, valid: span(10, 20) })] }), now(9, 11), "8000 by allocation next"],
    ["an event below the allocation", heard({ allocations: [daily], limits: [event("dip", [[40, 60, 4000]])] }), now(50), "4000 by event dip"],
    ["an event above the allocation changes nothing", heard({ allocations: [daily], limits: [event("dip", [[40, 60, 8500]])] }), now(50), "8000 by allocation allocation"],
    ["an event over: back to the allocation", heard({ allocations: [daily], limits: [event("dip", [[40, 60, 4000]])] }), now(60), "8000 by allocation allocation"],
    ["an open event ends with its expiry", heard({ allocations: [daily], limits: [event("dip", [[null, null, 4000]], 55)] }), now(55), "8000 by allocation allocation"],
    ["an open event before its expiry", heard({ allocations: [daily], limits: [event("dip", [[null, null, 4000]], 55)] }), now(54.9, null), "4000 by event dip"],
    ["two events: the smaller", heard({ allocations: [daily], limits: [event("one", [[0, 90, 4500]]), event("two", [[0, 90, 4000]])] }), now(50), "4000 by event two"],
    ["an event without an allocation: failsafe and event", heard({ limits: [event("dip", [[0, 90, 4000]])] }), now(50), "3000 by failsafe"],
    ["an event of 0 W", heard({ limits: [event("dip", [[0, 90, 0]])] }), now(50), "0 by event dip"],
  ];
  for (const [name, said, when, expected] of cases) test(name, () => assert.equal(inForce(said, when), expected));

  test("in failsafe what is still valid stays in the minimum", () => {
    assert.equal(inForce(heard({ allocations: [daily] }), now(50), true), "3000 by failsafe");
    assert.equal(inForce(heard({ allocations: [daily], limits: [event("dip", [[40, 60, 1000]])] }), now(50), true), "1000 by event dip");
    assert.equal(inForce(heard({ allocations: [daily], limits: [event("dip", [[40, 60, 1000]])] }), now(60), true), "3000 by failsafe");
  });

  test("a wider now can lower, never raise", () => {
    const second = fc.integer({ min: 0, max: 250 });
    const said = heard({ allocations: [daily, allocation({ id: "next", ceiling: 6000, valid: span(90, 150) })], limits: [event("dip", [[40, 60, 4000], [120, null, 2000]], 140)] });
    const power = (when: Now): number => {
      const { limit } = effectiveLimit(statements(said, when));
      return limit.kind === "unlimited" ? Infinity : limit.power;
    };
    fc.assert(fc.property(second, second, second, (a, b, c) => {
      const [low = 0, middle = 0, high = 0] = [a, b, c].sort((x, y) => x - y);
      assert.ok(power(now(low, high)) <= power(now(middle)));
      assert.ok(power(now(low, null)) <= power(now(low, high)));
    }));
  });

  test("an event that runs until its expiry says so", () => {
    const [statement] = statements(heard({ limits: [event("dip", [[0, null, 4000]], 55)] }), now(5));
    assert.deepEqual(statement, { source: "event", power: 4000, ref: ref("dip"), until: now(55).earliest });
  });

  test("among equals the first binds", () => assert.equal(inForce(heard({ allocations: [allocation({ id: "a", ceiling: 5 }), allocation({ id: "b", ceiling: 5 })] }), now(5)), "5 by allocation a"));
  test("no statement at all is unlimited", () => assert.deepEqual(effectiveLimit([]), { limit: { kind: "unlimited" }, binding: null }));
});

describe("the failsafe limit: a document may only lower it", () => {
  const cases: [string, Allocation[], number][] = [
    ["config's own", [], 3000],
    ["a document without one", [allocation()], 3000],
    ["a document that says nothing of the limit", [allocation({ failsafe: {} })], 3000],
    ["lower", [allocation({ failsafe: { limit: watts(2000) } })], 2000],
    ["higher", [allocation({ failsafe: { limit: watts(4000) } })], 3000],
    ["0 W", [allocation({ failsafe: { limit: watts(0) } })], 0],
    ["the smallest of two", [allocation({ failsafe: { limit: watts(2000) } }), allocation({ failsafe: { limit: watts(1000) } })], 1000],
  ];
  for (const [name, allocations, expected] of cases) test(name, () => assert.equal(failsafePower(FAILSAFE, allocations), expected));
});

describe("what binds, as one word: a cycle follows at once when it is another", () => {
  const [low, high] = [allocation({ id: "low", ceiling: 5000 }), allocation({ id: "high", ceiling: 9000 })];
  const word = (said: Partial<Heard>): string => bindingWord(heard(said), now(5), FAILSAFE);
  const cases: [string, Partial<Heard>, Partial<Heard>, boolean][] = [
    ["a drop that is not on disk binds beside what it replaces", { allocations: [high] }, { allocations: [high, low] }, true],
    ["nothing new binds when it gets there", { allocations: [high, low] }, { allocations: [low] }, false],
    ["a raise that is not on disk changes nothing", { allocations: [low] }, { allocations: [low, high] }, false],
    ["when it is, it does", { allocations: [low, high] }, { allocations: [high] }, true],
    ["the last allocation is taken back: the failsafe limit stands in for it", { allocations: [low] }, {}, true],
    ["a limit below it", { allocations: [low] }, { allocations: [low], limits: [event("narrow", [[0, 100, 4000]])] }, true],
    ["a limit above it", { allocations: [low] }, { allocations: [low], limits: [event("wide", [[0, 100, 6000]])] }, false],
    ["a limit of tomorrow", { allocations: [low] }, { allocations: [low], limits: [event("later", [[50, 100, 4000]])] }, false],
    ["an emergency", { allocations: [low] }, { allocations: [low], latches: [{ ref: ref("stop"), action: "STOP" }] }, true],
    ["a wanted draw", { allocations: [low] }, { allocations: [low], setpoints: [{ ...event("wanted", [[0, 100, 4000]]), priority: 1 }] }, true],
  ];
  for (const [name, before, after, another] of cases) test(name, () => assert.equal(word(before) !== word(after), another));
});
