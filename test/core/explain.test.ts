/** The reasons are the decision's own: what they add up to, and what they say of one machine. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide } from "../../agent/core/decide.ts";
import { explain } from "../../agent/core/explain.ts";
import { outlook } from "../../agent/core/outlook.ts";
import { startMode } from "../../agent/core/mode.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { Statement } from "../../agent/core/limit.ts";
import { fc } from "./properties.ts";
import { device, input, metered, NOW, POLICY, rackOf, says, silent, snapshot, to, wanted } from "./rack.ts";
import { allocation, at, event, heard, span, stop } from "./signals.ts";

const technician = (power: number): Statement => ({ source: "technician", power: watts(power), ref: null, until: null });
const limited = (power: number | null) => heard({ allocations: [allocation({ ceiling: power })] });

describe("the budget is the sum of its parts", () => {
  const machine = fc.record({ at: fc.constantFrom("asleep", "200", "400", "600"), silent: fc.boolean(), percent: fc.integer({ min: 80, max: 125 }) });
  test("whatever is silent, drawn besides or on its way", () => {
    fc.assert(fc.property(fc.array(machine, { minLength: 1, maxLength: 6 }), fc.integer({ min: 500, max: 20_000 }), fc.integer({ min: -400, max: 2_000 }), (machines, limit, bias) => {
      const ids = machines.map((_, i) => `m${i}`);
      const shot = snapshot(machines.map((one, i) => device(ids[i] ?? "", one.silent ? silent() : says(one.at))), metered(12_000));
      const rack = rackOf(Object.fromEntries(machines.map((one, i) => [ids[i], wanted(one.at, { gain: one.percent / 100 })])), { bias: watts(bias) });
      const { decision } = decide(rack, input(shot, { heard: limited(limit) }));
      const { split } = decision.reasons.plan;
      assert.ok(split !== null && decision.budget.kind === "limited");
      const parts = split.margin + split.bias + split.climb + split.available + split.beside.reduce((sum, { power }) => sum + power, 0);
      assert.ok(Math.abs(parts - decision.budget.power) < 1e-6, `${parts} is not ${decision.budget.power}`);
      const why = explain(decision);
      const planned = why.machines.reduce((sum, { by, power }) => sum + (by === "plan" ? (power ?? 0) : 0), 0);
      if (split.beside.length + planned > 0 && why.machines.every(({ by }) => by === "plan" || by === "silence")) assert.ok(Math.abs(planned - split.planned) < 1e-6, `${planned} is not ${split.planned}`);
    }), { numRuns: 200 });
  });
});

describe("what is said of it", () => {
  const run = (readings: Parameters<typeof device>[1][], limit: number | null, more: Parameters<typeof input>[1] = {}) => {
    const ids = ["a", "b", "c"];
    const power = readings.reduce((sum, reading) => sum + (reading.kind === "known" ? (reading.telemetry.power ?? 0) : 0), 0);
    const rack = rackOf(Object.fromEntries(readings.map((reading, i) => [ids[i], wanted(reading.kind === "known" ? (reading.telemetry.point ?? "asleep") : "200")])));
    return explain(decide(rack, input(snapshot(readings.map((reading, i) => device(ids[i] ?? "", reading)), metered(power)), { heard: limited(limit), ...more })).decision);
  };

  test("the binding limit, and all that stand beside it by size", () => {
    const { binding, beside } = run([says("400")], 3_000, { local: [technician(5_000), { ...technician(4_000), source: "breaker" }] });
    assert.equal(binding?.source, "allocation");
    assert.deepEqual(beside.map(({ source, power }) => [source, power]), [["breaker", 4_000], ["technician", 5_000]]);
  });

  test("the next point, and that there is no room for it", () => {
    const { machines: [a, b], marginal } = run([says("400"), says("400")], 4_700);
    assert.deepEqual([a?.next?.to, a?.next?.power, a?.next?.because], [to("500"), 800, "no-room"]);
    assert.deepEqual([b?.last?.to, b?.last?.power, b?.last?.hashrate], [to("300"), 700, 23]);
    assert.deepEqual(marginal, a?.last);
  });

  test("at its highest there is no next, asleep there is no last", () => {
    assert.equal(run([says("600")], null).machines[0]?.next, null);
    assert.equal(run([says("asleep")], 100).machines[0]?.last, null);
  });

  test("who is silent is not planned with, and is counted", () => {
    const { machines } = run([says("400"), silent()], 6_000);
    assert.deepEqual(machines.map(({ by }) => by), ["plan", "silence"]);
  });

  test("a machine that rests waits, and it is said how long", () => {
    const policy = { ...POLICY, turns: { minOff: seconds(30), minOn: seconds(0) } };
    const rack = rackOf({ a: wanted("asleep", { turnedAt: millis(NOW - 10_000) }) });
    const why = explain(decide(rack, input(snapshot([device("a", says("asleep"))], metered(25)), { heard: limited(5_000), policy })).decision);
    assert.deepEqual(why.machines[0]?.wait, { because: "rests", until: NOW + 20_000, needs: null });
    assert.deepEqual(why.comings.find(({ what }) => what === "wakes"), { what: "wakes", in: 20_000, device: "a" });
  });

  test("in an emergency nobody asks for a plan", () => {
    const { decision } = decide(rackOf({ a: wanted("400") }), input(snapshot([device("a", says("400"))], metered(2_300)), { heard: { ...limited(5_000), latches: [stop] } }));
    assert.equal(decision.reasons.plan.verdict.kind, "emergency");
    assert.deepEqual(explain(decision).machines.map(({ by, target }) => [by, target]), [["emergency", { kind: "sleep" }]]);
  });

  test("a budget under way says when it arrives", () => {
    const rack = rackOf({ a: wanted("200") }, { ramp: { budget: { kind: "limited", power: watts(1_200) }, at: NOW } });
    const { decision } = decide(rack, input(snapshot([device("a", says("200"))], metered(1_000)), { heard: limited(4_000) }));
    // 2,800 W at 20 % of 16,000 W a minute.
    assert.ok(Math.abs((decision.reasons.rampLasts ?? NaN) - 52_500) < 1, String(decision.reasons.rampLasts));
    assert.equal(explain(decision).comings.find(({ what }) => what === "budget")?.in, decision.reasons.rampLasts);
  });
});

describe("what is ahead", () => {
  const context = { mode: { ...startMode(millis(0)), trust: "trusted" as const, confirmed: true }, synchronised: true, uptime: NOW, failsafe: watts(2_000), local: () => [], moments: [] };

  test("each change of the limit once, with what it falls back to", () => {
    const said = heard({
      allocations: [allocation({ ceiling: 10_000, valid: span(null, 7_200) })],
      limits: [event("cut", [[600, 1_200, 4_000]])],
    });
    const ahead = outlook({ ...context, heard: said }, at(0), at(86_400));
    assert.deepEqual(ahead.map(({ at: when, effective: { binding } }) => [(when - at(0)) / 1000, binding?.source, binding?.power]), [[600, "event", 4_000], [1_200, "allocation", 10_000], [7_200, "failsafe", 2_000]]);
  });

  test("the rack's own windows stand among them", () => {
    const window = (now: { readonly earliest: number }): Statement[] => (now.earliest >= at(60) && now.earliest < at(120) ? [{ ...technician(3_000), source: "schedule" }] : []);
    const ahead = outlook({ ...context, heard: limited(8_000), local: window, moments: [at(60), at(120), at(999_999)] }, at(0), at(86_400));
    assert.deepEqual(ahead.map(({ effective: { binding } }) => binding?.source), ["schedule", "allocation"]);
  });
});
