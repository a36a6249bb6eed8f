/** Boards off as entries of the curve: what they draw, where a machine stands, what a way there costs, and what they may not be used for. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allocate, FREE } from "../../agent/core/allocate.ts";
import { awake, boardsAt, curveOf, entryOf, onBase, startsBoards } from "../../agent/core/curve.ts";
import { decide } from "../../agent/core/decide.ts";
import type { Capability, Reading, Transition } from "../../agent/core/model.ts";
import { withProven } from "../../agent/core/proven.ts";
import { alikeUntil, assumedTime, routeTo, settlesBy, settleTime, wayOf } from "../../agent/core/settle.ts";
import { startDevice } from "../../agent/core/state.ts";
import { megahertz, millis, millivolts, seconds, watts } from "../../agent/core/units.ts";
import { reconcile } from "../../agent/core/reconcile.ts";
import { expectedAt, expectedNow, transitionEnds, type View } from "../../agent/core/view.ts";
import { climbing, device, input, inWords, metered, MINER, NOW, passing, POLICY, rackOf, says, sleeper, SLEEP_W, snapshot, STEP, tunable, viewOf, wanted } from "./rack.ts";
import { optimum } from "../support/exact.ts";

const OFF: Transition = { ...STEP, fixed: seconds(3), perMegahertz: millis(20) };
const ON: Transition = { ...STEP, fixed: seconds(30) };
const BOARDS: Capability = { kind: "boards", count: 3, base: watts(100), down: OFF, up: ON };
const SWITCHED: readonly Capability[] = [tunable(), BOARDS, sleeper()];
const CURVE = curveOf(SWITCHED, watts(SLEEP_W));

/** With so many of three boards on. */
function withOn(reading: Reading, on: number): Reading {
  if (reading.kind === "unknown") return reading;
  const boards = [0, 1, 2].map((index) => ({ index, enabled: index < on, frequency: megahertz(200), voltage: millivolts(13_000), hashrate: null, boardTemperature: null, chipTemperature: null }));
  return { ...reading, telemetry: { ...reading.telemetry, boards } };
}
const viewAt = (at: string, on: number, state = startDevice): View => viewOf(withOn(says(at, { own: at === "asleep" ? SLEEP_W : 100 + 300 * on, ...(at === "asleep" && { frequency: 200 }) }), on), state, { capabilities: SWITCHED });

describe("boards off as entries", () => {
  test("one and two of three at the lowest point stand between sleep and it: power and hashrate go with them, the base stays", () => {
    assert.deepEqual([...CURVE.power].slice(0, 5), [25, 400, 700, 1000, 1600]);
    assert.deepEqual([...CURVE.hashrate].slice(0, 4).map((ths) => Math.round(10 * ths) / 10), [0, 16.7, 33.3, 50]);
    assert.deepEqual([CURVE.frequency[1], CURVE.frequency[3], CURVE.first], [200, 200, 3]);
    assert.deepEqual([1, 2, 3].map((count) => entryOf(CURVE, { kind: "boards", count })), [1, 2, -1]);
    assert.equal(entryOf(CURVE, { kind: "boards", count: 0 }), -1);
  });
  test("where boards cannot be switched, where there is one only, and where the base is all there is, there are none", () => {
    assert.equal(curveOf(MINER, watts(SLEEP_W)).first, 1);
    for (const boards of [{ ...BOARDS, count: 1 }, { ...BOARDS, base: watts(1000) }]) assert.equal(curveOf([tunable(), boards, sleeper()], watts(SLEEP_W)).first, 1);
  });
  test("how many run at an entry, and which way starts some", () => {
    assert.deepEqual([0, 1, 2, 3, 7].map((entry) => boardsAt(CURVE, entry)), [0, 1, 2, 3, 3]);
    assert.deepEqual([[0, 1], [1, 2], [1, 3], [3, 4], [3, 1], [-1, 3]].map(([from = 0, to = 0]) => startsBoards(CURVE, from, to)), [true, true, true, false, false, false]);
  });
  test("a machine stands at the entry its reading shows: point and boards", () => {
    assert.deepEqual([viewAt("200", 1), viewAt("200", 2), viewAt("200", 3), viewAt("asleep", 1), viewAt("300", 3)].map(({ actual }) => actual), [1, 2, 3, 0, 4]);
    assert.equal(viewAt("300", 2).actual, -1, "fewer boards at another point than the lowest are none of its entries");
    assert.equal(viewOf(says("200"), startDevice, { capabilities: SWITCHED }).actual, 3, "what does not name its boards runs with all");
  });
  test("to be kept warm is to run with all boards", () => assert.equal(awake(CURVE).first, 3));
});

describe("what a way to or from boards off costs", () => {
  test("down it is as quick as the boards that stay are tuned, up a board starts", () => {
    assert.equal(wayOf(viewAt("300", 3), 1), "down");
    assert.equal(assumedTime(viewAt("300", 3), 1), 3_000 + 100 * 20);
    assert.equal(wayOf(viewAt("200", 1), 3), "boards");
    assert.equal(assumedTime(viewAt("200", 1), 3), 30_000);
    assert.equal(wayOf(viewAt("asleep", 3), 1), "wake");
    assert.equal(assumedTime(viewAt("asleep", 3), 1), 10_000 + 200 * 20 + 3_000);
  });
  test("entries that one route leads to take as long as each asked alone", () => {
    for (const [view, standing] of [["300", 3], ["200", 1], ["asleep", 2]].flatMap(([point, boards]) => [0, 2, 5].map((at) => [viewAt(String(point), Number(boards)), at] as const))) {
      const [ends, times] = [[] as number[], [] as number[]];
      for (let from = 0; from < CURVE.power.length; from = ends.at(-1) ?? Infinity) {
        ends.push(alikeUntil(view, from, standing));
        for (let to = from; to < (ends.at(-1) ?? 0); to++) times.push(settlesBy(routeTo(view, from), CURVE.frequency[to] ?? NaN));
      }
      assert.deepEqual(times, Array.from(CURVE.power, (_, to) => settleTime(view, to)));
      assert.ok(ends.includes(standing) || standing === 0, "what it stands at is apart");
    }
  });
  test("on its way from sleep to one board it passes through all that it fell asleep with", () => {
    assert.equal(Math.max(...transitionEnds(viewAt("asleep", 3), 1)), 1000);
    assert.equal(Math.max(...transitionEnds(viewAt("asleep", 1), 1)), 400);
    assert.equal(Math.max(...transitionEnds(viewAt("200", 1), 2)), 700);
  });
  test("measured by a proof test, a start of boards takes the place of what was assumed", () => {
    const [boards] = withProven([BOARDS], { factors: { boards: 0.5 }, sleepPower: null });
    assert.deepEqual(boards, { ...BOARDS, up: { ...ON, fixed: 15_000, perMegahertz: 0.5 * ON.perMegahertz } });
  });
  test("while it walks with boards off it reserves what those draw, not what all would", () => {
    const walking = viewOf(withOn(says("between", { frequency: 250, own: 500 }), 1), startDevice, { capabilities: SWITCHED });
    assert.equal(walking.actual, -1);
    assert.equal(walking.reserve, 100 + (1600 - 100) / 3);
  });
});

describe("plans with boards off", () => {
  const limited = (limit: number): Parameters<typeof input>[1] => ({ local: [{ source: "technician", power: watts(limit), ref: null, until: null }] });
  const decided = (limit: number, on: number, at = "200") =>
    decide(rackOf({ a: wanted(at) }), input(snapshot([device("a", withOn(says(at, { own: at === "200" ? 100 + 300 * on : 1600 }), on), { capabilities: SWITCHED })], metered(100 + 300 * on)), limited(limit))).decision;
  const told = (limit: number, on: number): string[] => decided(limit, on).orders.map(({ setpoint, lowers }) => `${lowers ? "down" : "up"} to ${inWords(setpoint)}${setpoint.kind === "boards" ? ` ${setpoint.count}` : ""}`);

  test("what fits between sleep and the lowest point is taken", () => {
    assert.deepEqual([1_010, 800, 450, 300].map((limit) => told(limit, 3)[0]), [undefined, "down to boards 2", "down to boards 1", "down to asleep"]);
  });
  test("the allocation is exact with them as without", () => {
    for (const budget of [90, 430, 790, 1_450, 2_110, 3_333, 5_000]) {
      const candidates = Array.from({ length: 3 }, () => ({ curve: CURVE, gain: 1, ...FREE }));
      const { hashrate, power } = allocate(candidates, budget);
      assert.ok(power <= budget);
      assert.ok(hashrate >= 0.9999 * (optimum(candidates, budget)?.earns ?? 0), `${hashrate} at ${budget} W`);
    }
  });
  /** What it has learnt, and the rack's bias, which begins at nothing, after so many cycles on one board that draws so much by its outlet. */
  const learnt = (outlet: number, { cycles = 1, from = startDevice } = {}): { gain: number; base: number | null; bias: number; at: (count: number) => number } => {
    const view = device("a", withOn(says("200", { own: outlet }), 1), { capabilities: SWITCHED, outlet: metered(outlet, { uncertainty: 5 }) });
    let rack = rackOf({ a: { ...from, target: { kind: "boards", count: 1 } } });
    for (let cycle = 0; cycle < cycles; cycle++) rack = decide(rack, input(snapshot([view], metered(outlet, { uncertainty: 5 })), limited(500))).rack;
    const state = rack.devices.get("a") ?? startDevice;
    return { gain: state.gain, base: state.base, bias: rack.bias, at: (count) => state.gain * (onBase(CURVE, state.base).power[count] ?? NaN) };
  };
  test("what a few boards draw less than planned for them is the base, and no promise of all", () => {
    const { gain, base, at } = learnt(360, { cycles: 8 });
    assert.equal(gain, 1);
    // 360 W = base + 1/3 of (1000 W - base), give or take what its outlet may be off.
    assert.ok(base !== null && Math.abs(base - 40) <= 5 * 1.5, String(base));
    assert.ok(Math.abs(at(1) - 360) <= 5);
    assert.ok(Math.abs(at(2) - 680) <= 5, "two boards share what one has taught");
    assert.equal(at(3), 1000);
    assert.ok((learnt(320, { cycles: 12 }).base ?? NaN) <= 1, "no base is less than nothing");
  });
  test("none of it is ever free for others: it is the machine's, whether learnt or not yet", () => {
    const cold = { ...startDevice, turnedAt: millis(NOW - 60_000) };
    for (const cycles of [1, 2, 8]) assert.deepEqual([learnt(360, { cycles }).bias, learnt(360, { cycles, from: cold }).bias], [0, 0], `${cycles} cycles`);
    assert.equal(learnt(360, { cycles: 8, from: cold }).base, null, "boards that were off are cold, and draw less than they will");
  });
  test("what they come to draw more is the base again, up to what is planned for it, and then a promise of all", () => {
    const from = { ...startDevice, base: watts(40) };
    for (const cycles of [1, 2, 8]) {
      const { bias, at } = learnt(395, { cycles, from });
      assert.ok(Math.abs(at(1) + bias - 395) <= 5, `the meter vouches for their sum: ${at(1)} W and ${bias} W after ${cycles} cycles`);
    }
    const { gain, base } = learnt(395, { cycles: 8, from });
    assert.equal(gain, 1);
    assert.ok(base !== null && Math.abs(base - 92.5) <= 5 * 1.5 + 1, String(base));
    assert.deepEqual(learnt(400, { cycles: 12, from: { ...startDevice, base: watts(99) } }).gain, 1);
    assert.equal(learnt(460, { cycles: 12, from }).base, null);
    assert.ok(learnt(460).gain > 1.03);
  });
  test("noise of its outlet is no base", () => assert.equal(learnt(396, { cycles: 8 }).base, null));
  test("a board is not started again before its rest is over", () => {
    const policy = { ...input(snapshot([])).policy, turns: { minOff: seconds(20), minOn: seconds(60) } };
    const at = (ago: number): number => {
      const rack = rackOf({ a: { ...startDevice, target: { kind: "boards", count: 1 }, turnedAt: millis(NOW - ago) } });
      return decide(rack, input(snapshot([device("a", withOn(says("200", { own: 400 }), 1), { capabilities: SWITCHED })], metered(400)), { policy, ...limited(2_000) })).decision.orders.length;
    };
    assert.deepEqual([at(5_000), at(25_000)], [0, 1]);
  });
  test("nor while the others are still on their way to its point", () => {
    const target = { kind: "boards", count: 2 } as const;
    const at = (on: number, ago: number): number => {
      const view = viewOf(withOn(climbing(passing(250, 500)), on), { ...startDevice, target, turnedAt: millis(NOW - ago) }, { capabilities: SWITCHED });
      return reconcile([view], {
        targets: new Map([["a", target]]), headroom: null, countedOf: ({ reserve }) => reserve, mayRaise: true, mayLower: true, cause: () => "test", uptime: NOW, seen: seconds(3),
        policy: { ...POLICY, turns: { minOff: seconds(20), minOn: seconds(60) } }, nextOrder: 1, woken: { at: millis(0), count: 0 },
      }).orders.length;
    };
    assert.deepEqual([at(1, 5_000), at(1, 25_000), at(2, 5_000)], [0, 1, 1]);
  });
  test("what it should draw between points goes by its boards, as far as its own word bears that out", () => {
    const between = (on: number, own: number): number => Math.round(expectedNow(viewOf(withOn(passing(200, own), on), startDevice, { capabilities: SWITCHED })));
    assert.deepEqual([between(1, 420), between(1, 350), between(2, 640)], [400, 385, 700]);
  });
  test("its expected power at an entry moves with its gain", () => assert.equal(expectedAt(viewAt("200", 2, { ...startDevice, gain: 1.1 }), 2), 1.1 * 700));
});
