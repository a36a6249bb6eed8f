/** What may be drawn now: unknown is a wide interval, not a number. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Reading } from "../../agent/core/model.ts";
import type { DeviceSnapshot, Metered } from "../../agent/core/snapshot.ts";
import type { DeviceState } from "../../agent/core/state.ts";
import { millis, watts } from "../../agent/core/units.ts";
import { entryAbove, expectedNow, transitionEnds } from "../../agent/core/view.ts";
import { fc } from "./properties.ts";
import { climbing, device, metered, MINER, NAMEPLATE_W, NOW, ordered, passing, POLICY, says, silent, sleeper, snapshot, status, STEP, tunable, viewOf, viewsOf, wanted } from "./rack.ts";

const around = (power: number, half: number): [number, number] => [power - half, power + half];

const LIES = { quarantine: { until: millis(NOW + 1000), reason: "3 orders to lower it had no effect", held: { kind: "sleep" as const } } };

describe("draw", () => {
  const stale = POLICY.meterStale + 1;
  const rows: [string, Reading, DeviceState, Partial<DeviceSnapshot>, [number, number], string][] = [
    ["its outlet", says("600"), wanted("600"), { outlet: metered(3900, { uncertainty: 15 }) }, around(3900, 15), "outlet"],
    ["its outlet, though it is silent", silent(), wanted("600"), { outlet: metered(3900) }, around(3900, 10), "outlet"],
    ["an outlet at 0 W is a reading, not the lack of one", says("600"), wanted("600"), { outlet: metered(0) }, [0, 10], "outlet"],
    ["an outlet as old as it may be", says("600"), wanted("600"), { outlet: metered(3900, { age: stale - 1 }) }, around(3900, 10), "outlet"],
    ["an outlet too old: its own word", says("600", { own: 3800 }), wanted("600"), { outlet: metered(3900, { age: stale }) }, around(3800, 380), "asic"],
    ["an outlet that never spoke: its own word", says("600", { own: 3800 }), wanted("600"), { outlet: metered(null) }, around(3800, 380), "asic"],
    ["its own word +-10 %", says("600", { own: 4000 }), wanted("600"), {}, [3600, 4400], "asic"],
    ["it says nothing of power: its model at its point", says("400", { own: null }), wanted("400"), {}, around(2300, 230), "model"],
    ["its model scaled by what was learnt", says("400", { own: null }), wanted("400", { gain: 1.1 }), {}, around(2530, 253), "model"],
    ["asleep, by the model", says("asleep", { own: null }), wanted("asleep"), {}, around(25, 2.5), "model"],
    ["between points and mute: anything up to its nameplate", passing(450), wanted("500"), {}, [0, NAMEPLATE_W], "nameplate"],
    ["silent: a silent ASIC is not an idle one", silent("timeout"), wanted("asleep"), {}, [0, NAMEPLATE_W], "nameplate"],
    ["unreachable", silent("unreachable"), wanted("200"), {}, [0, NAMEPLATE_W], "nameplate"],
    ["malformed", silent("malformed"), wanted("200"), {}, [0, NAMEPLATE_W], "nameplate"],
    ["stale", silent("stale"), wanted("200"), {}, [0, NAMEPLATE_W], "nameplate"],
    ["in quarantine its own word counts for nothing", says("asleep", { own: 26 }), wanted("asleep", LIES), {}, [0, NAMEPLATE_W], "nameplate"],
    ["its outlet does", says("asleep", { own: 26 }), wanted("asleep", LIES), { outlet: metered(3400) }, around(3400, 10), "outlet"],
    ["not polled is not unreachable: the recorded order stands for it", silent("not-polled"), wanted("200"), {}, around(1000, 100), "model"],
    ["not polled and nothing recorded", silent("not-polled"), wanted(null), {}, [0, NAMEPLATE_W], "nameplate"],
  ];
  for (const [name, reading, state, over, [low, high], by] of rows) {
    test(name, () => {
      const { draw } = viewOf(reading, state, over);
      assert.deepEqual([Math.round(draw.low), Math.round(draw.high), draw.by], [Math.round(low), Math.round(high), by]);
    });
  }
});

describe("the inlet narrows what no outlet shows", () => {
  const draws = (readings: Reading[], rack: Metered, outlet: Metered | null = null): string[] =>
    viewsOf(snapshot(readings.map((reading, i) => device(String(i), reading, { outlet: i === 0 ? outlet : null })), rack), {})
      .map(({ draw }) => `${Math.round(draw.low)}..${Math.round(draw.high)} ${draw.by}`);
  const rows: [string, Reading[], Metered, Metered | null, string[]][] = [
    ["one alone: what the inlet shows", [says("600", { own: 3000 })], metered(3100), null, ["3090..3110 inlet"]],
    ["a silent one draws the rest at most", [silent(), says("200", { own: 1000 })], metered(2000), null, ["890..1110 inlet", "900..1100 asic"]],
    ["a silent one that is off", [silent(), says("200", { own: 1000 })], metered(1000), null, ["0..110 inlet", "900..1010 inlet"]],
    ["a silent one beside an outlet that is read", [silent(), silent()], metered(3000), metered(1000), ["990..1010 outlet", "1980..2020 inlet"]],
    ["a stale inlet narrows nothing", [silent(), says("200", { own: 1000 })], metered(1000, { age: POLICY.meterStale + 1 }), null, ["0..4200 nameplate", "900..1100 asic"]],
    ["more than all together can draw: the rack's own load explains it", [says("200", { own: 1000 }), says("200", { own: 1000 })], metered(5000), null, ["1100..1100 inlet", "1100..1100 inlet"]],
    ["less than all together say: each at its least", [says("200", { own: 1000 }), says("200", { own: 1000 })], metered(100), null, ["900..900 inlet", "900..900 inlet"]],
  ];
  for (const [name, readings, rack, outlet, expected] of rows) test(name, () => assert.deepEqual(draws(readings, rack, outlet), expected));

  test("whatever is read: an interval within what was known before, from 0 W up", () => {
    const reading = fc.oneof(fc.constant(silent()), fc.integer({ min: 0, max: 4200 }).map((own) => says("400", { own })));
    fc.assert(fc.property(fc.array(reading, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 40_000 }), (readings, power) => {
      const devices = readings.map((one, i) => device(String(i), one));
      const wide = viewsOf(snapshot(devices));
      for (const [i, { draw, reserve }] of viewsOf(snapshot(devices, metered(power))).entries()) {
        const before = wide[i]?.draw;
        assert.ok(before !== undefined && draw.low >= 0 && draw.low <= draw.high && draw.low >= before.low && draw.high <= before.high);
        assert.ok(reserve >= draw.high);
      }
    }));
  });

  test("the truth stays inside when the inlet carries nothing else", () => {
    const truth = fc.record({ power: fc.integer({ min: 0, max: 4200 }), mute: fc.boolean(), error: fc.integer({ min: -9, max: 9 }) });
    fc.assert(fc.property(fc.array(truth, { minLength: 1, maxLength: 8 }), (machines) => {
      const devices = machines.map(({ power, mute, error }, i) => device(String(i), mute ? silent() : says("400", { own: power * (1 + error / 100) })));
      const views = viewsOf(snapshot(devices, metered(machines.reduce((sum, { power }) => sum + power, 0))));
      for (const [i, { draw }] of views.entries()) {
        const power = machines[i]?.power ?? NaN;
        assert.ok(draw.low <= power + 1e-6 && power <= draw.high + 1e-6, `${power} W outside ${draw.low}..${draw.high} W`);
      }
    }));
  });
});

describe("where it stands", () => {
  const rows: [string, Reading, DeviceState, { actual: number; frequency: number | null; known: boolean }][] = [
    ["at a point", says("400"), wanted("400"), { actual: 3, frequency: 400, known: true }],
    ["asleep: it names what it would wake to", says("asleep", { frequency: 500 }), wanted("asleep"), { actual: 0, frequency: 500, known: true }],
    ["on its way between points", passing(450), wanted("500"), { actual: -1, frequency: 450, known: true }],
    ["silent", silent(), wanted("400"), { actual: -1, frequency: null, known: false }],
    ["not polled, wanted at a point", silent("not-polled"), wanted("400"), { actual: 3, frequency: 400, known: true }],
    ["not polled, wanted asleep", silent("not-polled"), wanted("asleep"), { actual: 0, frequency: null, known: true }],
    ["not polled, nothing wanted", silent("not-polled"), wanted(null), { actual: -1, frequency: null, known: false }],
  ];
  for (const [name, reading, state, expected] of rows) {
    test(name, () => {
      const { actual, frequency, known } = viewOf(reading, state);
      assert.deepEqual({ actual, frequency, known }, expected);
    });
  }
  test("the lowest point at or above a frequency; above all, the highest", () => {
    const { curve } = viewOf(says("400"));
    assert.deepEqual([0, 200, 201, 600, 700].map((mhz) => entryAbove(curve, mhz)), [1, 1, 2, 5, 5]);
  });
});

test("what climbs to where it should be may still grow; what is there does not", () => {
  assert.deepEqual([viewOf(climbing(says("400")), wanted("400")).rising, viewOf(says("400"), wanted("400")).rising], [true, false]);
});

describe("an order is under way", () => {
  const rows: [string, DeviceState, Partial<DeviceSnapshot>, boolean][] = [
    ["none was sent", wanted("400"), {}, false],
    ["handed over, not yet in the mailbox", ordered("400", { ago: 0, settle: 5000 }), {}, true],
    ["the mailbox still has an older one", ordered("400", { ago: 0, settle: 5000 }), { order: status("acknowledged", "600", { id: 6 }) }, true],
    ["waiting", ordered("400", { ago: 0, settle: 5000 }), { order: status("waiting", "400") }, true],
    ["waiting for longer than it takes to settle", ordered("400", { ago: 9000, settle: 8999 }), { order: status("waiting", "400") }, true],
    ["sending", ordered("400", { ago: 0, settle: 5000 }), { order: status("sending", "400") }, true],
    ["acknowledged, at work", ordered("400", { ago: 0, settle: 1 }), { order: status("acknowledged", "400") }, true],
    ["acknowledged and settled", ordered("400", { ago: 0, settle: 0 }), { order: status("acknowledged", "400") }, false],
    ["failed: it may have been heard", ordered("400", { ago: 0, settle: 5000 }), { order: status("failed", "400") }, true],
    ["failed, and its time is over", ordered("400", { ago: 5000, settle: 5000 }), { order: status("failed", "400") }, false],
  ];
  for (const [name, state, over, expected] of rows) test(name, () => assert.equal(viewOf(says("400"), state, over).underway, expected));
});

describe("reserve: the larger end of what is in place or under way", () => {
  const restarting = [tunable(undefined, { up: { ...STEP, highest: "default" } }), sleeper()];
  const raise = ordered("500", { ago: 1000, settle: 6000 });
  const feed: DeviceSnapshot["feed"] = { outlet: { kind: "outlet", minOffTime: millis(0), poweredUpAs: "last", opens: "emergency" }, on: true, offSince: null, order: null };
  const rows: [string, Reading, DeviceState, Partial<DeviceSnapshot>, number][] = [
    ["in place: the high end of its draw", says("400", { own: 2300 }), wanted("400"), {}, 2530],
    ["what its point should draw, when it draws less", says("400", { own: 1000 }), wanted("400"), {}, 2300],
    ["between points: the one above", passing(450, 2000), wanted("500"), {}, 3100],
    ["a raise counts in full from the moment it is sent", says("400", { own: 2300 }), raise, {}, 3100],
    ["a raise that failed may have been heard", says("400", { own: 2300 }), raise, { order: status("failed", "500") }, 3100],
    ["a lowering frees nothing until it is seen", says("400", { own: 2300 }), ordered("200", { ago: 1000, settle: 6000 }), {}, 2530],
    ["waking passes through what it would wake to", says("asleep", { frequency: 600 }), ordered("200", { ago: 0, settle: 9000 }), {}, 4000],
    ["waking to its own last point", says("asleep", { frequency: 200 }), ordered("200", { ago: 0, settle: 9000 }), {}, 1000],
    ["a raise through a restart: its nameplate", says("400", { own: 2300 }), raise, { capabilities: restarting }, NAMEPLATE_W],
    ["what was learnt of it, up to its nameplate", says("600", { own: 3600 }), wanted("600", { gain: 1.25 }), {}, NAMEPLATE_W],
    ["what it says it may draw, beyond its nameplate too", says("600", { own: 4000 }), wanted("600"), {}, 4400],
    ["what its outlet shows, beyond its nameplate too", says("600"), wanted("600"), { outlet: metered(4500) }, 4510],
    ["climbing to its point: what that draws", climbing(says("400", { own: 500 })), wanted("400"), {}, 2300],
    ["starting, and it does not say where to: its nameplate", climbing(says("between", { own: 70 }), { state: "starting", frequency: null }), wanted("400"), {}, NAMEPLATE_W],
    ["climbing by itself through 250 MHz, to nobody knows where: its nameplate", climbing(passing(250, 1300)), wanted("400"), {}, NAMEPLATE_W],
    ["told to sleep, and it climbs: its nameplate", climbing(passing(250, 1300)), wanted("asleep", { change: { way: "sleep", at: millis(NOW - 9000), from: watts(1300) } }), {}, NAMEPLATE_W],
    ["told to rise, and it has not got there in time, perhaps because it has started anew: its nameplate", climbing(passing(250, 1300)), wanted("400", { change: { way: "up", at: millis(NOW - 9000), from: watts(1000) } }), {}, NAMEPLATE_W],
    ["climbing as it was told: where it was told to", climbing(passing(250, 1300)), ordered("400", { ago: 1000, settle: 9000 }), { order: status("acknowledged", "400") }, 2300],
    ["its outlet has been closed and nobody has heard of it since: its nameplate", silent(), wanted("asleep", { outlet: { on: true, cause: "restore", orderedAt: NOW, tries: 1 } }), { outlet: metered(70), feed }, NAMEPLATE_W],
    ["silent: its nameplate", silent(), wanted("asleep"), {}, NAMEPLATE_W],
    ["silent behind an outlet: what that shows", silent(), wanted("asleep"), { outlet: metered(25) }, 35],
  ];
  for (const [name, reading, state, over, expected] of rows) test(name, () => assert.equal(Math.round(viewOf(reading, state, over).reserve), expected));
});

describe("rising: its draw may grow without a further order", () => {
  const lowered = (from: number): NonNullable<DeviceState["change"]> => ({ way: "down", at: millis(NOW - 1000), from: watts(from) });
  const rows: [string, Reading, DeviceState, boolean][] = [
    ["where it should be, long since", says("400"), wanted("400"), false],
    ["an order at work", says("400"), ordered("400", { ago: 1000, settle: 4000 }), true],
    ["still settling, the order taken in", says("400"), wanted("400", { settlesAt: millis(NOW + 1) }), true],
    ["not where it should be", says("600"), wanted("400"), true],
    ["silent", silent(), wanted("400"), false],
    ["lowered at rest and read there: the meter shows what it drew, or less", says("400"), wanted("400", { settlesAt: millis(NOW + 1), change: lowered(3100) }), false],
    ["put to sleep the same", says("asleep"), wanted("asleep", { settlesAt: millis(NOW + 1), change: { ...lowered(3100), way: "sleep" } }), false],
    ["lowered on its way up: the meter may not have shown that", says("400"), wanted("400", { settlesAt: millis(NOW + 1), change: lowered(0) }), true],
    ["lowered, and its order not taken in", says("400"), ordered("400", { ago: 1000, settle: 4000, change: lowered(3100) }), true],
    ["lowered and read elsewhere", passing(450), wanted("400", { settlesAt: millis(NOW + 1), change: lowered(3100) }), true],
  ];
  for (const [name, reading, state, expected] of rows) test(name, () => assert.equal(viewOf(reading, state).rising, expected));
});

describe("what it should draw where it says it is", () => {
  const rows: [string, Reading, DeviceState, number][] = [
    ["at a point, whatever it says of its power", says("300", { own: 1500 }), wanted("400"), 1600],
    ["scaled by what was learnt", says("300"), wanted("400", { gain: 1.05 }), 1680],
    ["between two points, by its frequency", passing(325, 1700), wanted("400"), 1775],
    ["scaled too", passing(325, 1700), wanted("400", { gain: 0.96 }), 1704],
    ["no more than its own word bears out", passing(375, 1700), wanted("400"), 1870],
    ["and no less", passing(310, 2000), wanted("400"), 1800],
    ["beyond its points: the middle of what it may", passing(650, 4100), wanted("600"), 4100],
    ["silent: the middle of all it may", silent(), wanted("400"), NAMEPLATE_W / 2],
  ];
  for (const [name, reading, state, expected] of rows) test(name, () => assert.equal(Math.round(expectedNow(viewOf(reading, state))), expected));
});

describe("the draws an order may pass through", () => {
  const restarting = [tunable(undefined, { up: { ...STEP, highest: "default" } }), sleeper({ up: { ...STEP, highest: "default" } })];
  const rows: [string, Reading, number, Partial<DeviceSnapshot>, number[]][] = [
    ["tuned up: its new point", says("200"), 3, {}, [2300]],
    ["tuned down: its new point", says("600"), 3, {}, [2300]],
    ["to sleep", says("600"), 0, {}, [25]],
    ["waking: its new point and what it wakes to", says("asleep", { frequency: 500 }), 1, {}, [1000, 3100]],
    ["waking from nobody knows what: its nameplate", silent("not-polled"), 1, {}, [1000, NAMEPLATE_W]],
    ["up through a restart: its nameplate", says("200"), 3, { capabilities: restarting }, [NAMEPLATE_W]],
    ["waking through a restart: its nameplate", says("asleep"), 3, { capabilities: restarting }, [NAMEPLATE_W]],
    ["down does not restart it", says("600"), 3, { capabilities: restarting }, [2300]],
  ];
  for (const [name, reading, entry, over, expected] of rows) {
    test(name, () => assert.deepEqual(transitionEnds(viewOf(reading, wanted("asleep"), over), entry), expected));
  }
});

test("a device nobody has a record of is seen with a fresh one", () => {
  const [view] = viewsOf(snapshot([device("new", says("400"), { capabilities: MINER, nameplate: { highest: watts(5000), asleep: watts(25) } })]));
  assert.deepEqual([view?.state.target, view?.state.gain], [null, 1]);
});
