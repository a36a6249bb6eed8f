/** Phases and breakers bind like the limit: plans stay under them, raises wait for room on them, wakes are staggered. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Circuit, Phases } from "../../agent/core/circuits.ts";
import { loadOf } from "../../agent/core/circuits.ts";
import type { Policy } from "../../agent/core/policy.ts";
import { seconds } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import { device, says, snapshot, viewsOf, wanted } from "./rack.ts";
import { Timeline } from "./timeline.ts";

const VOLTS = 230;
const on = (phase: 0 | 1 | 2): Phases => [0, 1, 2].map((one) => (one === phase ? 1 / VOLTS : 0)) as unknown as Phases;
/** Six machines, two on each phase. */
const circuit = (over: Partial<Circuit> = {}): Circuit => ({
  name: "feed", amps: 20, imbalance: null, members: new Map([0, 1, 2, 3, 4, 5].map((i) => [`asic-${i + 1}`, on((i % 3) as 0 | 1 | 2)])), ...over,
});
const six = (policy: Partial<Policy>) => new Timeline({ factors: [1, 1, 1, 1, 1, 1], policy });
const wattsOf = (rack: Timeline): number[] => [0, 1, 2].map((phase) => [phase, phase + 3].reduce((sum, i) => sum + (rack.drawn[i] ?? 0), 0));

describe("a breaker on every phase", () => {
  test("is kept though the limit allows more: 20 A at 230 V are 4,600 W a phase", () => {
    const rack = six({ circuits: [circuit()] }).signal(null).at(200);
    assert.ok(Math.max(...wattsOf(rack)) <= 20 * VOLTS, wattsOf(rack).join(" "));
    assert.ok(Math.min(...wattsOf(rack)) >= 0.8 * 20 * VOLTS, wattsOf(rack).join(" "));
  });
  test("a full phase leaves its watts to the others", () => {
    const narrow = circuit({ members: new Map([["asic-1", on(0)], ["asic-4", on(0)]]), amps: 10 });
    const rack = six({ circuits: [narrow] }).signal(14_000).at(300);
    assert.ok((rack.drawn[0] ?? 0) + (rack.drawn[3] ?? 0) <= 10 * VOLTS);
    rack.expectDraw("<=", 14_000).expectDraw(">=", 13_000);
  });
  test("raises pass it at no moment", () => {
    const rack = six({ circuits: [circuit()] }).signal(2000).at(60).signal(null);
    for (let second = 61; second < 200; second++) assert.ok(Math.max(...wattsOf(rack.at(second))) <= 20 * VOLTS * 1.001, `${second} s: ${wattsOf(rack).join(" ")}`);
  });
});

test("no phase carries a third more than the mean when that is the rule", () => {
  const uneven = circuit({ amps: 60, imbalance: 0.15, members: new Map([["asic-1", on(0)], ["asic-2", on(0)], ["asic-3", on(0)], ["asic-4", on(1)], ["asic-5", on(1)], ["asic-6", on(2)]]) });
  const rack = six({ circuits: [uneven] }).signal(null).at(300);
  const shot = snapshot(rack.drawn.map((_, i) => device(`asic-${i + 1}`, says("600"))));
  const load = loadOf(uneven, viewsOf(shot, Object.fromEntries(rack.drawn.map((_, i) => [`asic-${i + 1}`, wanted("600")]))), (_, i) => rack.drawn[i] ?? 0);
  // Up to a quarter of the breaker, 15 A, unevenness harms nobody.
  assert.ok(Math.max(...load) <= Math.max(15, 1.15 * ((load[0] + load[1] + load[2]) / 3)) * 1.1, load.join(" "));
});

describe("wakes", () => {
  test("are staggered", () => {
    const rack = six({ wakes: { atOnce: 2, spacing: seconds(5) } }).signal(0).at(60).signal(null, { minOff: seconds(0), random: seconds(0), rampPercentPerMinute: 10_000 }).at(63);
    assert.equal(rack.awake, 2);
    assert.equal(rack.at(67).awake, 4);
    assert.equal(rack.at(100).awake, 6);
  });
  test("wait until the machine has slept for its minimum, and the limit does not wait", () => {
    const rack = six({ turns: { minOff: seconds(60), minOn: seconds(60) } }).signal(null).at(30).signal(0).at(45);
    assert.equal(rack.awake, 0);
    assert.equal(rack.signal(null).at(85).awake, 0);
    assert.equal(rack.at(120).awake, 6);
    assert.equal(rack.signal(0).at(135).awake, 0);
  });
});

test("whatever the phases and breakers: no plan over them, and none above the limit", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(0, 1, 2), { minLength: 6, maxLength: 6 }), fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1000, max: 26_000 }), (phases, amps, limit) => {
    const feed = circuit({ amps, members: new Map(phases.map((phase, i) => [`asic-${i + 1}`, on(phase)])) });
    const rack = six({ circuits: [feed] }).signal(limit).at(90);
    for (const phase of [0, 1, 2]) assert.ok(rack.drawn.reduce((sum, power, i) => sum + (phases[i] === phase ? power : 0), 0) <= Math.max(amps * VOLTS, 6 * 25) * 1.001);
    rack.expectDraw("<=", limit * 1.01 + 10);
  }), { numRuns: 25 });
});
