/** One cycle as a whole: pure, level, and nothing unknown taken for nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DecideInput, Decision } from "../../agent/core/decide.ts";
import { decide } from "../../agent/core/decide.ts";
import { entryOf } from "../../agent/core/curve.ts";
import { recall, remember } from "../../agent/core/memory.ts";
import type { Reading, UnknownReason } from "../../agent/core/model.ts";
import type { DeviceSnapshot } from "../../agent/core/snapshot.ts";
import type { DeviceState, Look, RackState } from "../../agent/core/state.ts";
import { startState } from "../../agent/core/state.ts";
import { millis, watts } from "../../agent/core/units.ts";
import { expectedAt } from "../../agent/core/view.ts";
import { fc } from "./properties.ts";
import { device, input, inWords, metered, NOW, POLICY, rackOf, says, silent, snapshot, told, wanted } from "./rack.ts";
import { allocation, event, heard, nothingHeard, stop } from "./signals.ts";

const IDS = ["a", "b", "c"] as const;
const three = (readings: readonly Reading[], over: Partial<DeviceSnapshot> = {}) => IDS.map((id, i) => device(id, readings[i] ?? silent(), over));
const all = (point: string, over: Partial<DeviceState> = {}) => Object.fromEntries(IDS.map((id) => [id, wanted(point, over)]));
const allSay = (point: string): Reading[] => IDS.map(() => says(point));
const limit = (power: number | null) => heard({ allocations: [allocation({ ceiling: power })] });
const once = (rack: RackState, given: DecideInput): Decision => decide(rack, given).decision;

/** Freezes everything below, so that a write throws. Maps are given another way to be caught: by comparing. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const inner of value instanceof Map ? value.values() : Object.values(value)) frozen(inner);
  }
  return value;
}

describe("pure", () => {
  const reading = fc.oneof(fc.constantFrom("asleep", "200", "300", "400", "500", "600").map((at) => says(at)), fc.constantFrom<UnknownReason>("timeout", "not-polled", "stale").map((reason) => silent(reason)));
  const machine = fc.record({ reading, target: fc.option(fc.constantFrom("asleep", "200", "400", "600")), percent: fc.integer({ min: 80, max: 125 }) });
  const given = fc.record({
    machines: fc.array(machine, { minLength: 1, maxLength: 8 }), rack: fc.option(fc.integer({ min: 0, max: 30_000 })),
    limit: fc.option(fc.integer({ min: 0, max: 30_000 })), latched: fc.boolean(), beats: fc.boolean(),
  });
  const build = (words: typeof given extends fc.Arbitrary<infer T> ? T : never) => {
    const ids = words.machines.map((_, i) => `m${i}`);
    const states = Object.fromEntries(words.machines.map(({ target, percent }, i) => [ids[i], wanted(target, { gain: percent / 100 })]));
    const said = { ...limit(words.limit), latches: words.latched ? [stop] : [], heartbeat: (words.beats ? heard() : nothingHeard).heartbeat };
    const shot = snapshot(words.machines.map((one, i) => device(ids[i] ?? "", one.reading)), words.rack === null ? null : metered(words.rack));
    return { rack: rackOf(states), given: input(shot, { heard: said }) };
  };

  test("the same input gives the same answer, and stays as it was", () => {
    fc.assert(fc.property(given, (words) => {
      const { rack, given: one } = build(words);
      const before = structuredClone({ rack, one });
      const first = decide(frozen(rack), frozen(one));
      assert.deepEqual(decide(rack, one), first);
      assert.deepEqual({ rack, one }, before);
      assert.deepEqual(decide(before.rack, before.one).decision.orders, first.decision.orders);
    }), { numRuns: 60 });
  });

  test("every number it gives is one", () => {
    fc.assert(fc.property(given, (words) => {
      const { rack, given: one } = build(words);
      const { rack: next, decision } = decide(rack, one);
      assert.deepEqual(structuredClone(decision.views.flatMap(({ draw, reserve }) => [draw.low, draw.high, reserve]).filter((value) => !Number.isFinite(value))), []);
      for (const value of [decision.draw.low, decision.draw.high, decision.floor, decision.tolerance, next.bias, next.nextOrder]) assert.ok(Number.isFinite(value));
    }), { numRuns: 60 });
  });

  test("when a raise leaves and no meter helps, the sum of everyone's larger end is within the budget", () => {
    const seen = { raises: 0 };
    fc.assert(fc.property(given, (words) => {
      const { rack, given: one } = build({ ...words, rack: null, latched: false, machines: words.machines.map((each) => ({ ...each, reading: each.reading.kind === "known" ? each.reading : says("200") })) });
      const { budget, orders, views } = once(rack, one);
      const raises = new Map(orders.filter(({ lowers }) => !lowers).map((order) => [order.device, order.setpoint]));
      if (budget.kind === "unlimited" || raises.size === 0) return;
      seen.raises += 1;
      const ends = views.reduce((sum, view) => sum + Math.max(view.reserve, expectedAt(view, entryOf(view.curve, raises.get(view.device.id) ?? null))), 0);
      assert.ok(ends <= budget.power + 1e-6, `${ends} W under ${budget.power} W`);
    }), { numRuns: 300 });
    assert.ok(seen.raises >= 20, `only ${seen.raises} cases raised anything`);
  });

  test("an emergency leaves no one with another word than sleep", () => {
    fc.assert(fc.property(given, (words) => {
      const { rack, given: one } = build({ ...words, latched: true });
      const { rack: next, decision } = decide(rack, one);
      assert.equal(decision.state, "emergency");
      assert.ok(decision.orders.every(({ setpoint, cause }) => setpoint.kind === "sleep" && cause === "emergency"));
      assert.ok([...next.devices.values()].every(({ target }) => target?.kind === "sleep"));
      // Whoever is not asleep in its own words is told so in this very cycle.
      const due = decision.views.filter(({ actual }) => actual !== 0).map(({ device: { id } }) => id);
      assert.deepEqual(decision.orders.map(({ device: id }) => id), due);
    }), { numRuns: 60 });
  });

  test("the order of the readings does not matter", () => {
    // No two alike: between equals the first one listed is taken.
    const distinct = fc.uniqueArray(fc.integer({ min: 800, max: 1250 }), { minLength: 2, maxLength: 7 });
    fc.assert(fc.property(distinct, fc.integer({ min: 0, max: 25_000 }), fc.integer(), (gains, power, turn) => {
      const machines = gains.map((gain, i) => ({ shown: device(`m${i}`, says(["200", "400", "600"][i % 3] ?? "")), state: wanted(["200", "400", "600"][i % 3] ?? "", { gain: gain / 1000 }) }));
      const order = (rotated: typeof machines) => told(rackOf(Object.fromEntries(rotated.map(({ shown, state }) => [shown.id, state]))), input(snapshot(rotated.map(({ shown }) => shown), metered(12_000)), { heard: limit(power) })).sort();
      const by = Math.abs(turn) % machines.length;
      assert.deepEqual(order([...machines.slice(by), ...machines.slice(0, by)]), order(machines));
    }));
  });
});

describe("not polled is not unreachable", () => {
  /** The first cycle after a restart, the recorded orders being 400 MHz for all. */
  const recorded = (devices: Record<string, DeviceState> = all("400")) => recall(remember(rackOf(devices)), { uptime: NOW, u: 0.5, restart: POLICY.restart });
  const unpolled = IDS.map(() => silent("not-polled"));
  const rows: [string, string[], string[]][] = [
    ["nothing polled, no meter: nothing is ordered", told(recorded(), input(snapshot(three(unpolled)), { heard: limit(1000) })), []],
    ["nothing polled, the meter under the limit", told(recorded(), input(snapshot(three(unpolled), metered(5000)))), []],
    ["nothing polled, the meter stale and over", told(recorded(), input(snapshot(three(unpolled), metered(9000, { age: POLICY.meterStale + 1 })))), []],
    ["nothing polled, a fresh meter over the limit: lowering is ordered", told(recorded(), input(snapshot(three(unpolled), metered(7000)))), ["b:300", "c:300"]],
    ["nothing polled and nothing recorded, a fresh meter over: all to sleep", told(startState(NOW), input(snapshot(three(unpolled), metered(7000)))), ["a:asleep", "b:asleep", "c:asleep"]],
    ["nothing polled, an emergency: all to sleep", told(recorded(), input(snapshot(three(unpolled)), { heard: { ...nothingHeard, latches: [stop] } })), ["a:asleep", "b:asleep", "c:asleep"]],
    ["some polled, one not yet: nothing is ordered", told(recorded(), input(snapshot(three([says("600"), says("600"), silent("not-polled")])))), []],
    ["all polled: what differs is ordered", told(recorded(), input(snapshot(three([says("600"), says("400"), says("300")], {}), metered(6500)))), ["a:400", "b:300"]],
    ["one polled and silent: told again, counted at what the meter leaves it, and the others use the rest", told(recorded(all("200")), input(snapshot(three([silent(), says("200"), says("200")]), metered(3000)))), ["a:200", "b:400", "c:400"]],
  ];
  for (const [name, actual, expected] of rows) test(name, () => assert.deepEqual(actual, expected));

  test("after 3 s what is not polled is unreachable like any other", () => {
    const later = (ago: number) => decide({ ...recorded(), startedAt: millis(NOW - ago) }, input(snapshot(three(unpolled)))).decision;
    assert.deepEqual([later(2999).awaitingPolls, later(2999).views.map(({ draw }) => draw.by)], [true, ["model", "model", "model"]]);
    assert.deepEqual([later(3000).awaitingPolls, later(3000).views.map(({ draw }) => draw.by)], [false, ["nameplate", "nameplate", "nameplate"]]);
  });
});

describe("one cycle", () => {
  const stands: Look = { barred: null, verdict: { kind: "kept", because: "best", more: 0 }, at: NOW, budget: { kind: "unlimited" as const }, hurried: false, members: [...IDS] };
  const trusted = (point: string, over: Partial<RackState> = {}) => rackOf(all(point), { plan: stands, looked: stands, ...over });
  const from = (point: string, power: number | null, over: Partial<DecideInput> = {}, rack = 12_000) => told(trusted(point), input(snapshot(three(allSay(point)), metered(rack)), { heard: limit(power), ...over }));
  const rows: [string, string[], string[]][] = [
    ["no limit, all running: nothing", from("600", null), []],
    ["a limit: those that earn least a watt give way", from("600", 7500), ["a:400", "b:400", "c:400"]],
    ["0 W: all to sleep, in one cycle", from("600", 0), ["a:asleep", "b:asleep", "c:asleep"]],
    ["what the farm states binds like any other", from("600", null, { local: [{ source: "breaker", power: watts(0), ref: null, until: null }] }), ["a:asleep", "b:asleep", "c:asleep"]],
    ["an event beside the allocation", from("600", 7500, { heard: heard({ allocations: [allocation({ ceiling: 7500 })], limits: [event("stop", [[null, null, 0]])] }) }), ["a:asleep", "b:asleep", "c:asleep"]],
    ["no heartbeat: the failsafe limit, in this very cycle", from("600", null, { heard: { ...limit(null), heartbeat: { bornAt: millis(NOW - 120_001), confirmedAt: millis(0), gapSince: null } } }), ["a:500", "b:400", "c:asleep"]],
    ["nothing to decide about", told(rackOf({}), input(snapshot([], metered(100)), { heard: limit(0) })), []],
  ];
  for (const [name, actual, expected] of rows) test(name, () => assert.deepEqual(actual.toSorted(), expected.toSorted()));

  test("a stale meter allows no raise", () => {
    const raise = (age: number) => told(trusted("200", { plan: null, looked: null }), input(snapshot(three(allSay("200")), metered(3000, { age })), { heard: limit(9000) }));
    assert.deepEqual(raise(POLICY.meterStale).length, 3);
    assert.deepEqual(raise(POLICY.meterStale + 1), []);
  });
  test("orders name their cause: the document, the source, or what they answer", () => {
    const cause = (heardNow: DecideInput["heard"], rack: RackState, readings = allSay("600")) => once(rack, input(snapshot(three(readings), metered(12_000)), { heard: heardNow })).orders.map((order) => order.cause);
    assert.deepEqual(cause(limit(0), trusted("600")), ["allocation", "allocation", "allocation"]);
    assert.deepEqual(cause({ ...limit(0), allocations: [] }, trusted("600"))[0], "failsafe");
    assert.deepEqual(cause({ ...limit(null), latches: [stop] }, trusted("600"))[0], "emergency");
    assert.deepEqual(cause(limit(null), trusted("400", { plan: stands, looked: stands })), ["reconcile", "reconcile", "reconcile"]);
  });
  test("order numbers go on from cycle to cycle", () => {
    const { rack, decision } = decide(trusted("600", { nextOrder: 41 }), input(snapshot(three(allSay("600")), metered(12_000)), { heard: limit(0) }));
    assert.deepEqual([decision.orders.map(({ id }) => id), rack.nextOrder], [[41, 42, 43], 44]);
  });
  test("what was wanted is kept for the next cycle", () => {
    const { rack } = decide(trusted("600"), input(snapshot(three(allSay("600")), metered(12_000)), { heard: limit(0) }));
    assert.deepEqual([...rack.devices.values()].map(({ target }) => inWords(target)), ["asleep", "asleep", "asleep"]);
  });
});

describe("what is said of the rack", () => {
  const say = (readings: Reading[], rack: ReturnType<typeof metered> | null, over: { heard?: DecideInput["heard"]; outlet?: ReturnType<typeof metered> } = {}) =>
    once(rackOf(all("200")), input(snapshot(three(readings, over.outlet === undefined ? {} : { outlet: over.outlet }), rack), { heard: over.heard ?? limit(8000) }));
  const rows: [string, Decision, Partial<Record<"quality" | "by" | "compliance" | "state", string>>][] = [
    ["a fresh meter", say(allSay("200"), metered(3000)), { quality: "measured", by: "inlet", compliance: "compliant", state: "limited" }],
    ["a stale one: the machines' own words, still counting", say(allSay("200"), metered(3000, { age: POLICY.meterStale + 1 })), { quality: "estimated", by: "asic", compliance: "compliant" }],
    ["a lost one: unverified", say(allSay("200"), metered(3000, { age: POLICY.meterLost + 1 })), { quality: "estimated", by: "asic", compliance: "unverified" }],
    ["no meter at all: unverified", say(allSay("200"), null), { quality: "estimated", by: "asic", compliance: "unverified" }],
    ["no meter and no word: unknown, never 0 W", say([silent(), silent(), silent()], null), { quality: "unknown", compliance: "unverified" }],
    ["outlets for all", say([silent(), silent(), silent()], null, { outlet: metered(1000) }), { quality: "estimated", by: "outlet" }],
    ["no limit", say(allSay("200"), metered(3000), { heard: limit(null) }), { compliance: "not-limited", state: "controlled" }],
    ["a limit above nominal binds nobody", say(allSay("200"), metered(3000), { heard: limit(16_000) }), { compliance: "compliant", state: "controlled" }],
  ];
  for (const [name, { quality, draw, compliance, state }, expected] of rows) {
    test(name, () => assert.deepEqual({ ...expected, ...Object.fromEntries(Object.entries({ quality, by: draw.by, compliance: compliance.kind, state }).filter(([key]) => key in expected)) }, expected));
  }

  test("an excess settles once: going on does not extend its deadline, a further drop does", () => {
    const cycle = (rack: RackState, second: number, power: number) => decide(rack, input(snapshot(three(allSay("600")), metered(12_000), NOW + second * 1000), { heard: limit(power) }));
    const first = cycle(rackOf(all("600")), 0, 8000);
    const second = cycle(first.rack, 5, 8000);
    const third = cycle(second.rack, 10, 5000);
    const [a, b, c] = [first, second, third].map(({ rack }) => rack.excess?.deadline ?? NaN);
    assert.deepEqual([b, c], [a, (a ?? NaN) + 10_000]);
    assert.equal(cycle(third.rack, 40, 5000).decision.compliance.kind, "violating");
  });
});

describe("a setpoint", () => {
  const sp = (power: number, priority = 0) => ({ ...event("sp", [[null, null, power]]), priority });
  const aimed = (ceiling: number | null, ...setpoints: ReturnType<typeof sp>[]) =>
    once(rackOf(all("600")), input(snapshot(three(allSay("600")), metered(12_000)), { heard: heard({ allocations: [allocation({ ceiling })], setpoints }) }));

  test("is aimed at below the limit, and judged by nobody but the limit", () => {
    const { effective, budget, setpoint, orders, compliance } = aimed(15_000, sp(7_500));
    assert.deepEqual(effective.limit, { kind: "limited", power: 15_000 });
    assert.deepEqual(budget, { kind: "limited", power: 7_500 });
    assert.equal(setpoint?.ref?.id, "sp");
    assert.ok(orders.length > 0 && orders.every(({ cause, lowers }) => cause === "sp" && lowers));
    assert.equal(compliance.kind, "compliant");
  });

  test("above the limit raises nothing", () => {
    assert.deepEqual(aimed(7_500, sp(15_000)).budget, { kind: "limited", power: 7_500 });
    assert.equal(aimed(7_500, sp(15_000)).compliance.kind, "settling");
  });

  test("without a limit it is the only aim", () => assert.deepEqual(aimed(null, sp(7_500)).budget, { kind: "limited", power: 7_500 }));
  test("the smaller priority goes first", () => assert.deepEqual(aimed(null, sp(7_500, 2), sp(9_000, 1)).budget, { kind: "limited", power: 9_000 }));
});
