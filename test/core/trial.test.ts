import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nextWatch, startWatch } from "../../agent/core/settle.ts";
import type { DeviceSnapshot, Metered, Snapshot } from "../../agent/core/snapshot.ts";
import type { DeviceState, RackState } from "../../agent/core/state.ts";
import type { Disagreement, Trial } from "../../agent/core/trial.ts";
import { disagreement, disagreesForLong, extendTrial, judgeMeter, teachesNow } from "../../agent/core/trial.ts";
import type { Millis } from "../../agent/core/units.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { device, metered, NOW, ordered, POLICY, rackOf, says, silent, snapshot, to, viewsOf, wanted } from "./rack.ts";

const NOMINAL = watts(10_000);
const STATES = { a: wanted("400"), b: wanted("400") };
/** The cycle's own look at the meter. */
const watched = (shot: Snapshot, views: readonly View[]) => ({ seen: seconds(3), watch: nextWatch(startWatch, views, { rack: shot.rack, policy: POLICY, uptime: shot.tick.uptime }) });
const shotAt = (meterW: number, own: readonly [number, number], at: string = "400") =>
  snapshot([device("a", says(at, { own: own[0] })), device("b", says(at, { own: own[1] }))], metered(meterW));

function judged(over: Partial<RackState>, meterW: number, own: readonly [number, number]) {
  const shot = shotAt(meterW, own);
  return judgeMeter(rackOf(STATES, over), viewsOf(shot, STATES), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, STATES)) });
}

/** Both are at 2300 W now; each should have drawn so much then. */
const trial = (before: number, then: number, devices: readonly string[] = ["a", "b"]): Trial => ({ before: watts(before), drew: new Map(devices.map((id) => [id, then])) });

describe("a meter on trial", () => {
  const cases: readonly [string, Trial, number, number | null][] = [
    ["moved as it should", trial(8000, 4000), 4600, null],
    ["moved half the way", trial(8000, 4000), 6300, null],
    ["did not move", trial(8000, 4000), 8000, 8000],
    ["moved the other way", trial(8000, 4000), 9000, 9000],
    ["did not move, but one machine alone was ordered: it may be the machine", trial(8000, 4000, ["a"]), 8000, null],
    ["did not move, but little was asked", trial(8000, 2450), 8000, null],
  ];
  for (const [name, given, meterW, frozenAt] of cases) test(name, () => assert.equal(judged({ trial: given }, meterW, [2300, 2300]).frozen?.power ?? null, frozenAt));

  test("is not over before everything has settled", () => {
    const states = { a: ordered("400", { ago: 1000, settle: 10_000 }), b: wanted("400") };
    const shot = shotAt(8000, [2300, 2300]);
    const kept = judgeMeter(rackOf(states, { trial: trial(8000, 4000) }), viewsOf(shot, states), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, states)) });
    assert.deepEqual([kept.frozen, kept.trial?.before], [null, 8000]);
  });

  test("nor before a delay longer than any expected is over: late is not frozen", () => {
    const states = { a: wanted("400", { settlesAt: millis(NOW - 5000) }), b: wanted("400") };
    const shot = shotAt(8000, [2300, 2300]);
    const { frozen, awaited, trial: kept } = judgeMeter(rackOf(states, { trial: trial(8000, 4000) }), viewsOf(shot, states), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, states)) });
    assert.deepEqual([frozen, awaited, kept?.before], [null, true, 8000]);
  });

  const order = (id: string, at: string) => ({ id: 1, device: id, setpoint: to(at), cause: "test", lowers: true, issuedAt: NOW, settle: seconds(1) });

  test("holds what each drew when it was first ordered", () => {
    const shot = shotAt(4600, [2300, 2300]);
    const context = { views: viewsOf(shot, STATES), snapshot: shot, settled: true };
    const begun = extendTrial(null, [order("a", "200")], context);
    const low = shotAt(3300, [1000, 2300], "200");
    const gone = extendTrial(begun, [order("a", "asleep"), order("b", "asleep")], { ...context, views: viewsOf(low, STATES), snapshot: low, settled: false });
    assert.deepEqual([begun?.before, [...(begun?.drew ?? [])], gone?.before, gone?.drew.get("a"), gone?.drew.size], [4600, [["a", 2300]], 4600, 2300, 2]);
  });

  test("does not begin while the meter moves: that is no level to compare with", () => {
    const shot = shotAt(4600, [2300, 2300]);
    assert.equal(extendTrial(null, [order("a", "200")], { views: viewsOf(shot, STATES), snapshot: shot, settled: false }), null);
  });

  test("a machine that says nothing any more has no part in it", () => {
    const shot = snapshot([device("a", says("400")), device("b", silent())], metered(8000));
    assert.equal(judgeMeter(rackOf(STATES, { trial: { before: watts(8000), drew: new Map([["a", 2300], ["b", 4000]]) } }), viewsOf(shot, STATES), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, STATES)) }).frozen, null);
  });
});

describe("the same figure to the watt", () => {
  /** 1.5 x the lag that is assumed, and 10 s. */
  const LONG = 13_000;
  const still = (said: number, ago: number | null = LONG) => ({ power: watts(4600), said, contradictedSince: ago === null ? null : millis(NOW - ago) });
  test("while the machines say another draw: frozen", () => assert.equal(judged({ still: still(6000) }, 4600, [2300, 2300]).frozen?.power, 4600));
  test("though one of them is ordered again and again", () => {
    const states = { a: ordered("400", { ago: 1000, settle: 10_000 }), b: wanted("400") };
    const shot = shotAt(4600, [2300, 2300]);
    assert.equal(judgeMeter(rackOf(states, { still: still(6000) }), viewsOf(shot, states), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, states)) }).frozen?.power, 4600);
  });
  test("while the machines say the same: a steady rack", () => assert.equal(judged({ still: still(4610) }, 4600, [2300, 2300]).frozen, null));
  test("not for long enough yet: awaited", () => assert.deepEqual([judged({ still: still(6000, LONG - 1) }, 4600, [2300, 2300])].map(({ frozen, awaited }) => [frozen, awaited]), [[null, true]]));
  test("contradicted for the first time", () => assert.equal(judged({ still: still(6000, null) }, 4600, [2300, 2300]).still?.contradictedSince, NOW));
  test("it takes 1 % of what it shows, and more where the meter is coarse", () => {
    const doubted = (saidBefore: number, uncertainty: number): boolean => {
      const shot = snapshot([device("a", says("400", { own: 2300 })), device("b", says("400", { own: 2300 }))], { ...metered(4600), uncertainty: watts(uncertainty) });
      return judgeMeter(rackOf(STATES, { still: still(saidBefore, null) }), viewsOf(shot, STATES), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, STATES)) }).still?.contradictedSince === NOW;
    };
    assert.deepEqual([doubted(4555, 10), doubted(4553, 10), doubted(4501, 50), doubted(4499, 50)], [false, true, false, true]);
  });
  test("another figure: it measures", () => assert.equal(judged({ still: still(6000) }, 4601, [2300, 2300]).frozen, null));
});

describe("a meter not believed", () => {
  const cases: readonly [string, number, readonly [number, number], number | null, agreesSince?: Millis][] = [
    ["shows the same and the machines say otherwise: still not", 8000, [2300, 2300], 8000],
    ["shows something else: it measures again", 8200, [2300, 2300], null],
    ["shows what the machines say: believed", 8010, [4000, 4000], null],
    ["stands still where the machines happen to pass: not believed", 8000, [4000, 4000], 8000],
    ["stands still where the machines have been for a minute: at rest figures do not change", 8000, [4000, 4000], null, millis(NOW - 60_000)],
  ];
  for (const [name, meterW, own, frozenAt, agreesSince = null] of cases) test(name, () => assert.equal(judged({ frozen: { power: watts(8000), agreesSince } }, meterW, own).frozen?.power ?? null, frozenAt));

  test("who has no power is not asked; who was closed again and has not been heard of is", () => {
    const feed: DeviceSnapshot["feed"] = { outlet: { kind: "outlet", minOffTime: millis(0), poweredUpAs: "last", opens: "emergency" }, on: false, offSince: millis(NOW - 60_000), order: null };
    const closed: DeviceSnapshot["feed"] = { ...feed, order: { id: 7, setpoint: { kind: "outlet", on: true }, state: "acknowledged", at: millis(NOW - 9000) } };
    const outlet = (on: boolean): DeviceState => wanted("asleep", { outlet: { on, cause: "restore", orderedAt: millis(NOW - 9000), tries: 1 } });
    const frozenAt = (dark: DeviceSnapshot["feed"], state: DeviceState): number | null => {
      const shot = snapshot([device("a", says("asleep")), device("b", silent(), { feed: dark })], metered(25));
      const states = { a: wanted("asleep"), b: state };
      return judgeMeter(rackOf(states, { frozen: { power: watts(69), agreesSince: null } }), viewsOf(shot, states), { snapshot: shot, nominal: NOMINAL, ...watched(shot, viewsOf(shot, states)) }).frozen?.power ?? null;
    };
    assert.deepEqual([frozenAt(feed, outlet(false)), frozenAt(closed, outlet(true)), frozenAt(null, wanted("asleep"))], [null, 69, 69]);
  });
});

describe("machines against meter", () => {
  const since = (meterW: number, own: readonly [number, number | null], { bias = 0, states = STATES, outlet = null }: { bias?: number; states?: Record<string, DeviceState>; outlet?: Metered | null } = {}) => {
    const shot = snapshot([device("a", says("400", { own: own[0] }), { outlet }), device("b", own[1] === null ? silent() : says("400", { own: own[1] }), { outlet })], metered(meterW));
    return disagreement(null, viewsOf(shot, states), { snapshot: shot, bias: watts(bias) })?.since ?? null;
  };
  const cases: readonly [string, Millis | null, Millis | null][] = [
    ["within 5 % and 100 W: agreed", since(4600, [2350, 2350]), null],
    ["beyond: since now", since(4600, [2600, 2600]), NOW],
    ["while an order is at work as well", since(4600, [2600, 2600], { states: { a: ordered("400", { ago: 1000, settle: 10_000 }), b: wanted("400") } }), NOW],
    ["one that says nothing draws what the meter leaves open, up to its nameplate", since(4600, [2600, null]), null],
    ["or what its outlet shows, which may be the same liar", since(3680, [2300, null], { outlet: metered(1840) }), NOW],
    ["less than the other says is a contradiction still", since(2300, [2600, null]), NOW],
    ["and more than both can draw", since(7400, [2600, null]), NOW],
    ["what the rack draws besides explains more", since(5600, [2300, 2300], { bias: 1000 }), null],
    ["it makes no liar of a meter that shows the machines alone", since(4600, [2300, 2300], { bias: 1000 }), null],
  ];
  for (const [name, found, expected] of cases) test(name, () => assert.equal(found, expected));

  const goesOn = (before: Disagreement, meterW: number): Disagreement | null => {
    const shot = shotAt(meterW, [2600, 2600]);
    return disagreement(before, viewsOf(shot, STATES), { snapshot: shot, bias: watts(0) });
  };
  const agreed = (since: Millis, ago: number): Disagreement => ({ since, agreesSince: millis(NOW - ago) });
  test("what has begun is over when they agree within 5 % for 10 s: machines and meter pass each other", () => {
    const since = millis(NOW - 89_000);
    const begun: Disagreement = { since, agreesSince: null };
    assert.deepEqual([4600, 4900, 5000].map((meterW) => goesOn(begun, meterW)), [begun, begun, agreed(since, 0)]);
    assert.deepEqual([goesOn(agreed(since, 9_999), 5000), goesOn(agreed(since, 10_000), 5000)], [agreed(since, 9_999), null]);
    assert.deepEqual(goesOn(agreed(since, 9_999), 4600), begun);
  });
  test("it is not called out while they agree", () => {
    assert.deepEqual([null, millis(NOW - 1), millis(NOW)].map((agreesSince) => disagreesForLong({ since: millis(NOW - 90_000), agreesSince }, NOW)), [true, false, true]);
  });
  test("what was called out is over when they have agreed for a minute", () => {
    const since = millis(NOW - 150_000);
    assert.deepEqual(goesOn({ since, agreesSince: null }, 5000), agreed(since, 0));
    assert.deepEqual([goesOn(agreed(since, 59_000), 5000), goesOn(agreed(since, 60_000), 5000)], [agreed(since, 59_000), null]);
    assert.deepEqual(goesOn(agreed(since, 59_000), 4600), { since, agreesSince: null });
  });

  test("a small rack's is doubted before it is called out, and a late or frozen one teaches nothing", () => {
    const teaches = (meterW: number, own: readonly [number, number], contradictedSince: Millis | null = null) => {
      const shot = shotAt(meterW, own);
      return teachesNow({ still: { power: watts(meterW), said: 0, contradictedSince } }, viewsOf(shot, STATES), { snapshot: shot, bias: watts(0) });
    };
    assert.deepEqual([teaches(4600, [2350, 2350]), teaches(4600, [2420, 2420]), teaches(4600, [2350, 2350], NOW)], ["all", "more", "nothing"]);
  });
});
