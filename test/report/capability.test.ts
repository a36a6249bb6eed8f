/** What the rack says it can shed and add, and when it says so anew. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, type Decision } from "../../agent/core/decide.ts";
import type { Reading } from "../../agent/core/model.ts";
import type { DeviceSnapshot } from "../../agent/core/snapshot.ts";
import { instant, seconds, watts } from "../../agent/core/units.ts";
import { capabilityDocument, CapabilityWatch, type CapabilityContext } from "../../agent/report/capability.ts";
import { device, input, metered, NOW, rackOf, says, silent, sleeper, snapshot, STEP, tunable, wanted } from "../core/rack.ts";

const context: CapabilityContext = { at: instant(0), nominalW: 16_000, heartbeatTimeoutS: 120, shareFrom: null, outletGrace: seconds(10), rampPercentPerMinute: 20, proven: [], ahead: () => [] };
function decided(readings: readonly Reading[], over: { readonly power?: number; readonly at?: number; readonly capabilities?: DeviceSnapshot["capabilities"] } = {}): Decision {
  const devices = readings.map((reading, index) => device(`m${index}`, reading, over.capabilities === undefined ? {} : { capabilities: over.capabilities }));
  const states = Object.fromEntries(devices.map(({ id }) => [id, wanted("600")]));
  return decide(rackOf(states), input(snapshot(devices, metered(over.power ?? 8_000), over.at ?? NOW))).decision;
}

describe("capability", () => {
  // Two machines at 4 kW each, known to a tenth; sleep takes 5 s and its doubt, a step 2 s, 20 ms a MHz and their doubt.
  const said = capabilityDocument(decided([says("600"), says("600")]), context);

  test("what takes longer than the time is not counted in it", () => {
    const { within5s, within60s } = said.shedW;
    assert.ok(within5s !== null && within60s !== null && within5s < within60s, JSON.stringify(said.shedW));
    assert.equal(said.shedW.within60s, said.shedW.within300s);
    assert.ok(within60s > 7_000 && within60s < 8_000, `${within60s}`);
  });
  test("nothing is left to add at the highest point", () => assert.deepEqual(said.addW, { within5s: 0, within60s: 0, within300s: 0 }));
  test("what is added rises no faster than the ramp: 20 % of 16 kW a minute", () => {
    const { addW } = capabilityDocument(decided([says("asleep"), says("asleep")], { power: 50 }), context);
    assert.equal(addW.within60s, 3_200);
    assert.ok(addW.within300s !== null && addW.within300s > 7_000, JSON.stringify(addW));
  });
  test("a machine that does not answer is not counted on", () => {
    const one = capabilityDocument(decided([says("600"), silent()]), context);
    assert.ok((one.shedW.within60s ?? 0) < 4_000);
    assert.deepEqual(one.devices, { total: 2, reachable: 1 });
  });
  test("an emergency: when the last is down, and what is left after half a minute", () => {
    assert.ok(said.emergency !== null && said.emergency.withinS < 20 && (said.emergency.after30sW ?? 0) < 900, JSON.stringify(said.emergency));
    const slow = [tunable(), { ...sleeper(), down: { ...STEP, fixed: seconds(60) } }];
    const late = capabilityDocument(decided([says("600"), says("600")], { capabilities: slow }), context).emergency;
    assert.ok(late !== null && late.withinS > 60 && (late.after30sW ?? 0) > 7_000, JSON.stringify(late));
  });
  test("an outlet that may be opened ends what does not sleep", () => {
    const slow = [tunable(), { ...sleeper(), down: { ...STEP, fixed: seconds(60) } }];
    const feed = { outlet: { kind: "outlet", minOffTime: seconds(60), poweredUpAs: "on", opens: "emergency" }, on: true, offSince: null, order: null } as const;
    const devices = [device("m0", says("600"), { capabilities: slow, feed })];
    const { decision } = decide(rackOf({ m0: wanted("600") }), input(snapshot(devices, metered(4_000))));
    assert.deepEqual(capabilityDocument(decision, context).emergency?.withinS, 14);
  });
  test("the curve: the most hashrate of all machines at each of a few draws, both rising", () => {
    assert.ok(said.curve.length >= 5);
    for (const [index, point] of said.curve.entries()) {
      const before = said.curve[index - 1];
      if (before !== undefined) assert.ok((point.powerW ?? 0) > (before.powerW ?? 0) && (point.hashrateThs ?? 0) > (before.hashrateThs ?? 0), JSON.stringify(said.curve));
    }
    assert.equal(said.curve.at(-1)?.hashrateThs, 280);
  });
  test("what has just been put to sleep is not counted on before it has rested", () => {
    const rested = decided([says("asleep")], { power: 25 });
    const resting: Decision = { ...rested, views: rested.views.map((view) => ({ ...view, state: { ...view.state, turnedAt: rested.uptime } })), reasons: { ...rested.reasons, minOff: seconds(100) } };
    assert.ok((capabilityDocument(rested, context).addW.within60s ?? 0) > 0);
    assert.equal(capabilityDocument(resting, context).addW.within60s, 0);
    assert.ok((capabilityDocument(resting, context).addW.within300s ?? 0) > 0);
  });
  test("a machine that is too hot is not counted on for more", () => {
    const cool = decided([says("200")], { power: 1_000 });
    const hot: Decision = { ...cool, views: cool.views.map((view) => ({ ...view, most: 1 })) };
    assert.ok((capabilityDocument(cool, context).addW.within300s ?? 0) > 0);
    assert.equal(capabilityDocument(hot, context).addW.within300s, 0);
  });
  test("the next hours: what each limit leaves to be shed", () => {
    const at = (hours: number) => instant(hours * 3_600_000);
    const limited = (power: number) => ({ limit: { kind: "limited" as const, power: watts(power) }, binding: null });
    const ahead = [{ at: at(1), effective: limited(3_000) }, { at: at(2), effective: { limit: { kind: "unlimited" as const }, binding: null } }];
    const { ahead: hours, floorW } = capabilityDocument(decided([says("600"), says("600")]), { ...context, ahead: () => ahead });
    assert.deepEqual(hours.map(({ limitW, drawW, shedW }) => [limitW, drawW, (drawW ?? 0) - (shedW ?? 0)]), [[3_000, 3_000, floorW], [null, 8_000, floorW]]);
  });
  test("without machines it can shed nothing, and says so", () => {
    const none = capabilityDocument(decided([], { power: 300 }), context);
    assert.deepEqual([none.shedW.within300s, none.emergency, none.devices], [0, null, { total: 0, reachable: 0 }]);
  });
});

describe("it is said anew", () => {
  const watch = () => {
    const capability = new CapabilityWatch();
    return (second: number, readings: readonly Reading[], power?: number): boolean => {
      const decision = decided(readings, { at: second * 1_000, ...(power !== undefined && { power }) });
      return capability.due(decision, { nominalW: context.nominalW, shed: () => capabilityDocument(decision, context).shedW });
    };
  };
  test("at first, and then not while nothing changes", () => {
    const said = watch();
    assert.deepEqual([1000, 1001, 1010, 1100, 1200].map((second) => said(second, [says("600"), says("600")])), [true, false, false, false, false]);
  });
  test("when a machine goes, and when it comes back, a few seconds later", () => {
    const said = watch();
    said(1000, [says("600"), says("600")]);
    assert.deepEqual([1001, 1003, 1006, 1007].map((second) => said(second, [says("600"), silent()])), [false, false, true, false]);
    assert.deepEqual([1011, 1016].map((second) => said(second, [says("600"), says("600")])), [false, true]);
  });
  test("when its figures have moved by a tenth of nominal power, once a minute at most", () => {
    const said = watch();
    said(1000, [says("600"), says("600")]);
    assert.deepEqual([1010, 1030, 1061, 1062].map((second) => said(second, [says("asleep"), says("asleep")], 50)), [false, false, true, false]);
  });
});
