/** Two owners, two errors: the machine's gain and the rack's bias never chase each other. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Teaches } from "../../agent/core/learn.ts";
import { compensateBias, DEVIATION_AT_MOST, learnBias, learnDevice } from "../../agent/core/learn.ts";
import type { Reading } from "../../agent/core/model.ts";
import type { DeviceSnapshot, Snapshot } from "../../agent/core/snapshot.ts";
import { nextWatch, settleTime, startWatch } from "../../agent/core/settle.ts";
import type { DeviceState } from "../../agent/core/state.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { viewWith } from "../../agent/core/view.ts";
import { fc } from "./properties.ts";
import { climbing, device, metered, NOW, ordered, passing, POLICY, says, silent, snapshot, status, viewOf, viewsOf, wanted } from "./rack.ts";

const learn = (reading: Reading, state: DeviceState, over: Partial<DeviceSnapshot> = {}): DeviceState => learnDevice(viewOf(reading, state, over), { uptime: NOW, seen: SEEN, policy: POLICY, teaches: "all" });
/** 1.5 x the lag that is assumed. */
const SEEN = seconds(3);
/** The same views with what this cycle has taught. */
const learnt = (views: readonly View[]): View[] => views.map((view) => viewWith(view, { state: learnDevice(view, { uptime: NOW, seen: SEEN, policy: POLICY, teaches: "all" }) }));
const exactly = (power: number) => metered(power, { uncertainty: 0 });

describe("a machine's gain", () => {
  const busy = { settlesAt: millis(NOW - SEEN + 1) };
  const rows: [string, Reading, DeviceState, Partial<DeviceSnapshot>, number][] = [
    ["30 % of the way to what its outlet shows", says("400"), wanted("400"), { outlet: exactly(2530) }, 1.03],
    ["down as well", says("400"), wanted("400"), { outlet: exactly(2070) }, 0.97],
    ["right already", says("400"), wanted("400", { gain: 1.1 }), { outlet: exactly(2530) }, 1.1],
    ["its own measurement where there is no outlet", says("400", { own: 2530, measured: true }), wanted("400"), {}, 1.03],
    ["an estimate of its own teaches nothing", says("400", { own: 2530 }), wanted("400"), {}, 1],
    ["the outlet goes before its own word", says("400", { own: 2070, measured: true }), wanted("400"), { outlet: exactly(2530) }, 1.03],
    ["a stale outlet teaches nothing", says("400"), wanted("400"), { outlet: metered(2530, { age: POLICY.meterStale + 1 }) }, 1],
    ["settled, and a reading since", says("400"), wanted("400", { settlesAt: millis(NOW - SEEN) }), { outlet: exactly(2530) }, 1.03],
    ["not settled: nothing", says("400"), wanted("400", busy), { outlet: exactly(2530) }, 1],
    ["an order under way: nothing", says("400"), ordered("400", { ago: 0, settle: -9000 }), { outlet: exactly(2530), order: status("sending", "400") }, 1],
    ["where it waits for its raise as well, down", says("300"), wanted("400", { gain: 1.06 }), { outlet: exactly(1616) }, 1.045],
    ["and up", says("300"), wanted("400"), { outlet: exactly(1760) }, 1.03],
    ["not on its way to it", passing(350, 1760), wanted("400"), { outlet: exactly(1760) }, 1],
    ["awake where it is wanted asleep", says("300"), wanted("asleep"), { outlet: exactly(1616) }, 1],
    ["still climbing to it: nothing", climbing(says("400")), wanted("400"), { outlet: exactly(1800) }, 1],
    ["between points: nothing", passing(390), wanted("400"), { outlet: exactly(2530) }, 1],
    ["silent, though its outlet is read: nothing", silent(), wanted("400"), { outlet: exactly(2530) }, 1],
    ["asleep: nothing", says("asleep"), wanted("asleep"), { outlet: exactly(80) }, 1],
    ["nothing wanted: nothing", says("400"), wanted(null), { outlet: exactly(2530) }, 1],
    ["a wanted point it no longer has: nothing", says("400"), wanted("401"), { outlet: exactly(2530) }, 1],
    ["starting up or idling: less than 60 % teaches nothing", says("400"), wanted("400"), { outlet: exactly(1379) }, 1],
    ["never above 1.25", says("400"), wanted("400", { gain: 1.25 }), { outlet: exactly(2930) }, 1.25],
    ["never below 0.8", says("400"), wanted("400", { gain: 0.8 }), { outlet: exactly(1500) }, 0.8],
    ["what no calibration explains is a deviation, not a gain", says("400"), wanted("400"), { outlet: exactly(3500) }, 1],
  ];
  /** Its outlet rose or fell last, so long ago. */
  const lately = (ago: number, fell = false) => ({ trend: { level: 2070, from: 2070, begun: millis(NOW - ago), movedAt: millis(NOW - ago), falls: fell } });
  rows.push(
    ["boards that still warm teach no less", says("400"), wanted("400", lately(44_000)), { outlet: exactly(2070) }, 1],
    ["and more at once", says("400"), wanted("400", lately(44_000)), { outlet: exactly(2530) }, 1.03],
    ["boards that cool teach less", says("400"), wanted("400", lately(44_000, true)), { outlet: exactly(2070) }, 0.97],
    ["warm: they teach both", says("400"), wanted("400", lately(45_000)), { outlet: exactly(2070) }, 0.97],
    ["woken a while ago its boards are cold: they teach no less", says("400"), wanted("400", { turnedAt: millis(NOW - 179_999) }), { outlet: exactly(2070) }, 1],
    ["for three minutes", says("400"), wanted("400", { turnedAt: millis(NOW - 180_000) }), { outlet: exactly(2070) }, 0.97],
    ["asleep for a minute: less than its model is forgotten", says("asleep"), wanted("asleep", { gain: 0.82, turnedAt: millis(NOW - 60_000) }), { outlet: exactly(25) }, 1],
    ["asleep for less: kept", says("asleep"), wanted("asleep", { gain: 0.82, turnedAt: millis(NOW - 59_999) }), { outlet: exactly(25) }, 0.82],
    ["asleep for long: more than its model is kept", says("asleep"), wanted("asleep", { gain: 1.1, turnedAt: millis(0) }), { outlet: exactly(25) }, 1.1],
  );
  for (const [name, reading, state, over, gain] of rows) test(name, () => assert.equal(Number(learn(reading, state, over).gain.toFixed(4)), gain));

  test("a meter that the machines contradict teaches more and never less", () => {
    const gainBy = (power: number, teaches: Teaches): number => Number(learnDevice(viewOf(says("400"), wanted("400"), { outlet: exactly(power) }), { uptime: NOW, seen: SEEN, policy: POLICY, teaches }).gain.toFixed(4));
    assert.deepEqual([gainBy(2530, "more"), gainBy(2070, "more"), gainBy(2530, "nothing"), gainBy(2070, "all")], [1.03, 1, 1, 0.97]);
  });

  test("whatever is read: within 0.8..1.25, and moved by no more than 30 % of the error", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 80, max: 125 }), (power, percent) => {
      const before = percent / 100;
      const { gain } = learn(says("400"), wanted("400", { gain: before }), { outlet: exactly(power) });
      assert.ok(gain >= 0.8 && gain <= 1.25 && Math.abs(gain - before) <= 0.3 * Math.abs(power / 2300 - before) + 1e-9);
    }));
  });
});

describe("a deviation: more than its setpoint and calibration explain", () => {
  /** 1.25 x 2,300 W + 60 W. */
  const CEILING = 2935;
  const rows: [string, Reading, DeviceState, Partial<DeviceSnapshot>, number | null][] = [
    ["at the ceiling", says("400"), wanted("400"), { outlet: exactly(CEILING) }, null],
    ["above it", says("400"), wanted("400"), { outlet: exactly(CEILING + 1) }, NOW],
    ["perhaps above it", says("400"), wanted("400"), { outlet: metered(CEILING + 5, { uncertainty: 10 }) }, null],
    ["a learnt gain lifts the ceiling: 1.1 x 1.25 x 2,300 W + 60 W", says("400"), wanted("400", { gain: 1.25 }), { outlet: exactly(3222) }, null],
    ["above that one too", says("400"), wanted("400", { gain: 1.25 }), { outlet: exactly(3223) }, NOW],
    ["its nameplate is always a ceiling", says("600"), wanted("600"), { outlet: exactly(4201) }, NOW],
    ["asleep in its own words, not by its outlet", says("asleep"), wanted("asleep"), { outlet: exactly(1000) }, NOW],
    ["asleep at standby power", says("asleep"), wanted("asleep"), { outlet: exactly(80) }, null],
    ["silent but metered", silent(), wanted("asleep"), { outlet: exactly(1000) }, NOW],
    ["dated when it began", says("400"), wanted("400", { deviatesSince: millis(5) }), { outlet: exactly(3500) }, 5],
    ["over when it does as told again", says("400"), wanted("400", { deviatesSince: millis(5) }), { outlet: exactly(2300) }, null],
    ["forgotten while an order works", says("400"), ordered("400", { ago: 0, settle: 1, deviatesSince: millis(5) }), { outlet: exactly(3500) }, null],
    ["not known without a meter of its own", says("400", { own: 3500 }), wanted("400", { deviatesSince: millis(5) }), {}, null],
  ];
  for (const [name, reading, state, over, since] of rows) test(name, () => assert.equal(learn(reading, state, over).deviatesSince, since));

  test("a quarantine ends with its time", () => {
    const quarantined = (until: number) => learn(says("asleep"), wanted("asleep", { quarantine: { until: millis(until), reason: "", held: { kind: "sleep" } } })).quarantine;
    assert.equal(quarantined(NOW), null);
    assert.notEqual(quarantined(NOW + 1), null);
  });
  test("it takes longer than a reboot needs to be seen and corrected", () => assert.ok(DEVIATION_AT_MOST > settleTime(viewOf(says("600")), 0) + SEEN));
});

const watchOf = (shot: Snapshot, views: readonly View[]) => nextWatch(startWatch, views, { rack: shot.rack, policy: POLICY, uptime: shot.tick.uptime });

describe("the rack's bias: what no machine explains", () => {
  /** Two at 400 MHz, 4,600 W by their models, and a meter over both. */
  const bias = (power: number | null, from: { bias?: number; falling?: boolean; limit?: number } = {}, over: { states?: DeviceState[]; readings?: Reading[]; age?: number; uncertainty?: number } = {}) => {
    const [a = says("400"), b = says("400")] = over.readings ?? [];
    const [stateA = wanted("400"), stateB = wanted("400")] = over.states ?? [];
    const shot = snapshot([device("a", a), device("b", b)], metered(power, { age: over.age ?? 500, uncertainty: over.uncertainty ?? 10 }));
    const learnt = learnBias({ bias: watts(from.bias ?? 0), fallingSince: from.falling === true ? millis(NOW - SEEN) : null, limit: from.limit === undefined ? { kind: "unlimited" } : { kind: "limited", power: watts(from.limit) }, plan: null }, viewsOf(shot, { a: stateA, b: stateB }), { snapshot: shot, policy: POLICY, seen: SEEN, teaches: "all", watch: watchOf(shot, viewsOf(shot, { a: stateA, b: stateB })) });
    return [Number(learnt.bias), learnt.fallingSince !== null];
  };
  const UP = ordered("400", { ago: 1000, settle: 9000, change: { way: "up", at: millis(NOW - 1000), from: watts(1000) } });
  const RAISED = { readings: [says("400"), passing(350, 1700)], states: [wanted("400"), UP] };
  const rows: [string, [number, boolean], unknown[]][] = [
    ["rises at once by a settled excess", [200, false], bias(4800)],
    ["within the meter's own uncertainty nothing is learnt", [0, false], bias(4610)],
    ["a lower residual is seen once: nothing yet", [200, true], bias(4700, { bias: 200 })],
    ["seen twice: half of it is given back", [150, false], bias(4700, { bias: 200, falling: true })],
    ["a rise in between starts the count again", [300, false], bias(4900, { bias: 200, falling: true })],
    ["a reading in place in between starts the count again", [200, false], bias(4800, { bias: 200, falling: true })],
    ["a stale meter teaches nothing", [50, false], bias(4800, { bias: 50, falling: true }, { age: POLICY.meterStale + 1 })],
    ["no meter teaches nothing", [50, false], bias(null, { bias: 50 })],
    ["one not settled: nothing", [0, false], bias(4800, {}, { states: [wanted("400", { settlesAt: NOW })] })],
    ["what machines have learnt themselves is explained", [0, false], bias(4830, {}, { states: [wanted("400", { gain: 1.1 })] })],
    ["a machine that rests elsewhere than wanted is explained by its setting, not by its draw", [100, false], bias(4000, {}, { readings: [says("400"), says("300", { own: 1700 })] })],
    ["one that is on its way by its draw", [0, false], bias(4000, {}, { readings: [says("400"), climbing(says("300", { own: 1700 }))] })],
    ["a machine that deviates is explained by its draw, not its model", [0, false], bias(5800, {}, { readings: [says("400", { own: 3500 })], states: [wanted("400", { deviatesSince: NOW })] })],
    // One rests where it is expected to draw 2,300 W. The other is on its way there: half way it should draw 1,950 W, and draws 1,870 W at the most by its own word.
    ["a raise at work that will end over the limit: by so much at once", [35, false], bias(4100, { limit: 4485 }, RAISED)],
    ["no more than nobody explains", [85, false], bias(4100, { limit: 4000 }, RAISED)],
    ["on top of what is known", [50 + 35, false], bias(4100, { bias: 50, limit: 4485 }, RAISED)],
    // At 300 MHz it should draw 1,600 W, and says 1,500 W, give or take 150 W: 700 W are to come, and not 800 W.
    ["what is to come is told from where it should be, not from its own rough word", [30, false], bias(4100, { limit: 4760 }, { ...RAISED, readings: [says("400"), says("300", { own: 1500 })] })],
    ["and no further than its own word bears out", [90, false], bias(4100, { limit: 4760 }, { ...RAISED, readings: [says("400"), says("300", { own: 1400 })] })],
    ["it will fit: nothing", [0, false], bias(4100, { limit: 4520 }, RAISED)],
    ["no raise is at work: nothing", [0, false], bias(4800, { limit: 4000 }, { states: [wanted("400", { settlesAt: NOW }), wanted("400")] })],
    ["another comes down: nothing", [0, false], bias(4100, { limit: 4485 }, { ...RAISED, states: [wanted("400", { settlesAt: NOW, change: { way: "down", at: millis(NOW - 1), from: watts(3100) } }), UP] })],
    ["at most 20 % of nominal", [3200, false], bias(12_000)],
    ["at least -2 % of nominal", [-160, false], bias(3000, { falling: true })],
  ];
  for (const [name, expected, actual] of rows) test(name, () => assert.deepEqual(actual, expected));

  test("a gain step of +X W moves the bias by -X W at once: their sum is what the meter vouches for", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 80, max: 125 }), fc.integer({ min: 1800, max: 2900 })), { minLength: 1, maxLength: 6 }), fc.integer({ min: -300, max: 3000 }), (machines, bias) => {
      const states = Object.fromEntries(machines.map(([percent], i) => [String(i), wanted("400", { gain: percent / 100 })]));
      const views = viewsOf(snapshot(machines.map(([, outlet], i) => device(String(i), says("400"), { outlet: exactly(outlet) }))), states);
      const after = learnt(views);
      const sum = (of: readonly View[]): number => of.reduce((total, { state }) => total + 2300 * state.gain, 0);
      assert.ok(Math.abs(compensateBias(watts(bias), views, after, null) + sum(after) - (bias + sum(views))) < 1e-6);
    }));
  });

  test("a machine that has come to draw more takes nothing from the bias below what the meters show beside the machines", () => {
    const rows: [bias: number, outlet: number, meter: number | null, expected: number][] = [
      // Gain 1 to 1.03: 69 W.
      [100, 2530, 2530, 31], [0, 2530, 2530, 0], [-40, 2530, 2530, -40], [0, 2530, 2500, -30], [0, 2530, null, -69], [100, 2530, 2590, 60],
      // Gain 1 to 0.97: the bias rises, whatever the meter shows.
      [0, 2070, 2070, 69], [0, 2070, null, 69],
    ];
    for (const [bias, outlet, meter, expected] of rows) {
      const views = viewsOf(snapshot([device("a", says("400"), { outlet: exactly(outlet) })]), { a: wanted("400") });
      assert.equal(Math.round(compensateBias(watts(bias), views, learnt(views), meter === null ? null : exactly(meter))), expected, `${bias} W, ${outlet} W of ${meter} W`);
    }
  });
});

describe("settled: nothing ordered for longer than it takes to be done and seen", () => {
  const rows: [string, DeviceState, boolean][] = [
    ["never ordered", wanted("400"), true],
    ["just long enough", wanted("400", { settlesAt: millis(NOW - SEEN) }), true],
    ["not quite", wanted("400", { settlesAt: millis(NOW - SEEN + 1) }), false],
    ["an order in the mailbox", ordered("400", { ago: 9000, settle: 0 }), false],
  ];
  for (const [name, state, expected] of rows) test(name, () => assert.equal(nextWatch(startWatch, [viewOf(says("400")), viewOf(says("400"), state)], { rack: null, policy: POLICY, uptime: NOW }).settled, expected));

  /** 1.5 x (fixed + way in megahertz). */
  const times: [string, Reading, number, number][] = [
    ["tuned down by 200 MHz: 1.5 x (2 s + 4 s)", says("600"), 3, 9000],
    ["tuned up by 100 MHz", says("200"), 2, 6000],
    ["from between two points", passing(450), 3, 4500],
    ["to sleep: 1.5 x 5 s, however fast it ran", says("600"), 0, 7500],
    ["awake from nothing: 1.5 x (10 s + 4 s)", says("asleep", { frequency: 600 }), 1, 21_000],
  ];
  for (const [name, reading, entry, expected] of times) test(name, () => assert.equal(settleTime(viewOf(reading), entry), expected));
});

describe("how far the rack's meter is behind", () => {
  /** An order that is over at once, at `NOW`; then a reading a second. */
  const lagOf = (power: (second: number) => number): number => {
    const view = viewOf(says("400"), wanted("400", { settlesAt: NOW }));
    let watch = nextWatch(startWatch, [view], { rack: exactly(10_000), policy: POLICY, uptime: millis(NOW - 1000) });
    for (let second = 0; second < 60; second++) watch = nextWatch(watch, [view], { rack: exactly(power(second)), policy: POLICY, uptime: millis(NOW + 1000 * second) });
    return watch.lag;
  };
  const rows: [string, (second: number) => number, least: number, most: number][] = [
    ["it shows the change at once", () => 11_000, 0, 0],
    ["it shows it after 4 s", (second) => (second < 4 ? 10_000 : 11_000), 3000, 4000],
    ["it averages over 10 s", (second) => 10_000 + 100 * Math.min(10, second), 6000, 10_000],
    ["boards that warm after it are no delay", (second) => 11_000 * (1 + 0.0015 * second), 0, 0],
  ];
  for (const [name, power, least, most] of rows) test(name, () => {
    const lag = lagOf(power);
    assert.ok(lag >= least && lag <= most, `${lag} ms`);
  });
});
