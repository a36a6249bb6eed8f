/** Level, not edge; lower first, raise after; the newest wins. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Capability, Reading } from "../../agent/core/model.ts";
import type { ReconcileContext, Reconciled } from "../../agent/core/reconcile.ts";
import { reconcile } from "../../agent/core/reconcile.ts";
import type { DeviceSnapshot } from "../../agent/core/snapshot.ts";
import type { DeviceState } from "../../agent/core/state.ts";
import { reserved } from "../../agent/core/rack-draw.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import { climbing, device, inWords, metered, NOW, ordered, passing, points, POLICY, ROWS, says, silent, sleeper, snapshot, status, STEP, to, tunable, viewOf, viewsOf, wanted } from "./rack.ts";

interface Machine {
  readonly reading: Reading;
  readonly state: DeviceState;
  readonly target: string | null;
  readonly over?: Partial<DeviceSnapshot>;
}
const machine = (reading: Reading, state: DeviceState, target: string | null, over?: Partial<DeviceSnapshot>): Machine => ({ reading, state, target, ...(over === undefined ? {} : { over }) });

/** Machines named a, b, c ... in their order. */
function run(machines: readonly Machine[], over: Partial<ReconcileContext> = {}): Reconciled {
  const named = machines.map((one, i) => ({ ...one, id: String.fromCodePoint(97 + i) }));
  const views = viewsOf(snapshot(named.map(({ id, reading, over: rest }) => device(id, reading, rest))), Object.fromEntries(named.map(({ id, state }) => [id, state])));
  return reconcile(views, {
    targets: new Map(named.map(({ id, target }) => [id, target === null ? null : to(target)])),
    headroom: null, countedOf: ({ reserve }) => reserve, mayRaise: true, mayLower: true, cause: () => "test", uptime: NOW, seen: seconds(3), policy: POLICY, nextOrder: 20, woken: { at: millis(0), count: 0 }, ...over,
  });
}
/** The same machine behind firmware that knows no frequencies. */
const inWatts: Partial<DeviceSnapshot> = {
  capabilities: [{ ...tunable(), points: points(ROWS).map((point) => ({ ...point, frequency: null, voltage: null })) }, sleeper()] as readonly Capability[],
};
/** The same machine behind firmware that restarts to rise. */
const throughAll: Partial<DeviceSnapshot> = { capabilities: [tunable(undefined, { up: { ...STEP, highest: "default" } }), sleeper()] };
/** `a-400`: a is lowered to 400 MHz; `b+600`: b is raised. */
const words = ({ orders }: Reconciled): string => orders.map(({ device: id, setpoint, lowers }) => `${id}${lowers ? "-" : "+"}${inWords(setpoint)}`).join(" ");
const one = (...given: Parameters<typeof machine>): string => words(run([machine(...given)]));

describe("level, not edge", () => {
  const gone = { ago: 9000, settle: 6000 };
  const rows: [string, string, string][] = [
    ["where it should be: nothing", one(says("400"), wanted("400"), "400"), ""],
    ["nothing wanted: nothing", one(says("400"), wanted(null), null), ""],
    ["a new target is ordered", one(says("600"), wanted("600"), "400"), "a-400"],
    ["one that rebooted is ordered again, without any change of plan", one(says("600"), wanted("400"), "400"), "a-400"],
    ["one that woke by itself is put back to sleep", one(says("600"), wanted("asleep"), "asleep"), "a-asleep"],
    ["one between points, nothing under way", one(passing(450), wanted("400"), "400"), "a-400"],
    ["one that climbs by itself is told where to stop", one(climbing(passing(200)), wanted("400"), "400", { outlet: metered(70) }), "a-400"],
    ["one that still starts is told nothing higher", one(climbing(passing(400), { state: "starting" }), wanted("400"), "500", { outlet: metered(70) }), ""],
    ["but may be told less", one(climbing(passing(400), { state: "starting" }), wanted("400"), "300", { outlet: metered(70) }), "a-300"],
    ["one that climbs to a higher point is lowered", one(climbing(passing(600)), wanted("400"), "400", { outlet: metered(70) }), "a-400"],
    ["a silent one may still hear", one(silent(), wanted("400"), "400"), "a+400"],
    ["the order is in the mailbox: no second one", one(says("600"), ordered("400", { ago: 100, settle: 5100 }), "400", { order: status("waiting", "400") }), ""],
    ["the order is being sent", one(says("600"), ordered("400", { ago: 100, settle: 5100 }), "400", { order: status("sending", "400") }), ""],
    ["acknowledged, still settling: no second one", one(says("600"), ordered("400", { ago: 4000, settle: 4001 }), "400", { order: status("acknowledged", "400") }), ""],
    ["newest wins: another target while the order is in the mailbox", one(says("600"), ordered("400", { ago: 100, settle: 5100 }), "300", { order: status("sending", "400") }), "a-300"],
    ["newest wins: back to where it still is", one(says("600"), ordered("400", { ago: 100, settle: 5100, target: "600" }), "600", { order: status("sending", "400") }), "a-600"],
    ["in quarantine, asleep in its own words only: told again", one(says("asleep"), wanted("asleep", { quarantine: { until: millis(2 * NOW), reason: "", held: { kind: "sleep" } }, deviatesSince: NOW }), "asleep"), "a-asleep"],
    ["in quarantine and quiet: nothing", one(says("asleep"), wanted("asleep", { quarantine: { until: millis(2 * NOW), reason: "", held: { kind: "sleep" } } }), "asleep"), ""],
    ["acknowledged and settled elsewhere: a miss, with a pause before the next", one(says("600"), ordered("400", gone), "400", { order: status("acknowledged", "400", { ago: 6000 }) }), ""],
    ["the pause over", one(says("600"), wanted("400", { misses: 1, retryAt: NOW }), "400"), "a-400"],
    ["the pause not over", one(says("600"), wanted("400", { misses: 1, retryAt: millis(NOW + 1) }), "400"), ""],
    ["a drop does not wait for the pause after a raise that failed", one(says("400"), wanted("600", { misses: 5, retryAt: millis(NOW + 16_000) }), "200"), "a-200"],
    ["sleep does not wait for it either, silent or not", one(silent(), wanted("600", { misses: 5, retryAt: millis(NOW + 16_000) }), "asleep"), "a-asleep"],
    ["nor for the failure seen in this very cycle", one(says("400"), ordered("600", { ago: 100, settle: 5100 }), "200", { order: status("failed", "600") }), "a-200"],
    ["one that was away for long and is back at full power is told soon", one(says("600"), wanted("400", { misses: 9, retryAt: millis(NOW + 26_000) }), "400"), "a-400"],
    ["soon is 4 s after the last miss", one(says("600"), wanted("400", { misses: 9, retryAt: millis(NOW + 26_001) }), "400"), ""],
    ["one that is still away is not told more often", one(silent(), wanted("asleep", { misses: 9, retryAt: millis(NOW + 1) }), "asleep"), ""],
    ["another raise does wait", one(says("400"), wanted("600", { misses: 5, retryAt: millis(NOW + 16_000) }), "500"), ""],
  ];
  for (const [name, actual, expected] of rows) test(name, () => assert.equal(actual, expected));
});

describe("what became of an order", () => {
  const state = (...given: Parameters<typeof machine>) => {
    const kept = run([machine(...given)]).states.get("a");
    return { done: kept?.order === null, misses: kept?.misses, retryIn: (kept?.retryAt ?? NaN) - NOW };
  };
  const at = (reading: Reading, order: DeviceSnapshot["order"], over: Partial<Parameters<typeof ordered>[1]> = {}) =>
    state(reading, ordered("400", { ago: 3000, settle: 5000, misses: 2, retryAt: millis(0), ...over }), "400", { order });
  const waiting = { done: false, misses: 2, retryIn: -NOW };
  const rows: [string, ReturnType<typeof state>, ReturnType<typeof state>][] = [
    ["not in the mailbox yet", at(says("600"), null), waiting],
    ["the mailbox has another", at(says("600"), status("acknowledged", "600", { id: 6 })), waiting],
    ["acknowledged and read there since: done, misses forgiven", at(says("400"), status("acknowledged", "400", { ago: 500 })), { done: true, misses: 0, retryIn: 0 }],
    ["read there before the acknowledgement proves nothing", at(says("400", { readAt: NOW - 1000 }), status("acknowledged", "400", { ago: 500 })), waiting],
    ["acknowledged, not there yet, settling", at(says("600"), status("acknowledged", "400", { ago: 500 })), waiting],
    ["acknowledged, settled, not there: a miss", at(says("600"), status("acknowledged", "400", { ago: 8900 }), { ago: 9000, settle: 8900 }), { done: true, misses: 3, retryIn: 4000 }],
    ["acknowledged, settled, silent: a miss", at(silent(), status("acknowledged", "400", { ago: 8900 }), { ago: 9000, settle: 8900 }), { done: true, misses: 3, retryIn: 4000 }],
    ["failed and read since: a miss at once", at(says("600"), status("failed", "400")), { done: true, misses: 3, retryIn: 4000 }],
    ["failed, not read since: it may have been heard", at(says("600", { readAt: NOW - 1 }), status("failed", "400")), waiting],
    ["failed and silent: it may have been heard", at(silent(), status("failed", "400")), waiting],
    ["failed and silent until its time is over: a miss", at(silent(), status("failed", "400"), { ago: 5000 }), { done: true, misses: 3, retryIn: 4000 }],
    ["the first miss waits 1 s", at(says("600"), status("failed", "400"), { misses: 0 }), { done: true, misses: 1, retryIn: 1000 }],
    ["back-off ends at 30 s", at(says("600"), status("failed", "400"), { misses: 50 }), { done: true, misses: 51, retryIn: 30_000 }],
    // Told long ago, acknowledged only now: it has just begun to move.
    ["a slow mailbox leaves the machine its time to settle", at(says("600"), status("acknowledged", "400", { ago: 8999 }), { ago: 20_000, settle: 9000 }), waiting],
    ["and no more than that", at(says("600"), status("acknowledged", "400", { ago: 9000 }), { ago: 20_000, settle: 9000 }), { done: true, misses: 3, retryIn: 4000 }],
  ];
  for (const [name, actual, expected] of rows) test(name, () => assert.deepEqual(actual, expected));

  test("an order says when it will have settled: 1.5 x (2 s + 200 MHz x 20 ms)", () => {
    assert.equal(run([machine(says("600"), wanted("600"), "400")]).states.get("a")?.settlesAt, NOW + 9000);
  });
  test("orders are numbered on", () => {
    const { orders, nextOrder } = run([machine(says("600"), wanted("600"), "400"), machine(says("600"), wanted("600"), "200")]);
    assert.deepEqual([orders.map(({ id }) => id), nextOrder], [[20, 21], 22]);
  });
});

describe("lower first, raise after", () => {
  const low = machine(says("600"), wanted("600"), "200");
  const raise = machine(says("200"), wanted("200"), "300"); // 1,000 W -> 1,600 W, of which 1,100 W are reserved already: 500 W.
  const dear = machine(says("200"), wanted("200"), "400"); // 1,200 W.
  const waking = machine(says("asleep", { frequency: 200 }), wanted("asleep"), "200"); // 972.5 W.
  const cameDown = wanted("200", { change: { way: "down", at: millis(NOW - 1000), from: watts(3000) }, settlesAt: millis(NOW + 2000) });
  const onItsWay = (at: string) => ordered(at, { ago: 1000, settle: 9000 });
  const rows: [string, Machine[], Partial<ReconcileContext>, string][] = [
    ["no limit: all at once", [low, raise, dear], {}, "a-200 b+300 c+400"],
    ["room for all", [low, raise, dear], { headroom: 1871 }, "a-200 b+300 c+400"],
    ["while one comes down nobody is raised into the last of it, by a model that may be 10 % off", [low, raise], { headroom: 549 }, "a-200"],
    ["with room for that", [low, raise], { headroom: 551 }, "a-200 b+300"],
    ["nor while the order to it is at work", [machine(passing(450), { ...ordered("200", { ago: 1000, settle: 3000 }), change: cameDown.change }, "200", { order: status("acknowledged", "200") }), raise], { headroom: 549 }, ""],
    ["until it should have been seen", [machine(says("200"), { ...cameDown, settlesAt: millis(NOW - 3000) }, "200"), raise], { headroom: 500 }, "b+300"],
    ["behind an outlet that is metered the model has been corrected", [low, machine(says("200"), wanted("200"), "300", { outlet: metered(1000, { uncertainty: 0 }) })], { headroom: 600 }, "a-200 b+300"],
    ["the cheaper first", [dear, raise], { headroom: 500 }, "b+300"],
    ["exactly the room it needs", [raise], { headroom: 500 }, "a+300"],
    ["one watt short", [raise], { headroom: 499 }, ""],
    ["what is being lowered makes no room before it is seen", [low, raise], { headroom: 0 }, "a-200"],
    ["over the budget already: only lowering", [low, raise, waking], { headroom: -500 }, "a-200"],
    ["waking is a raise", [waking], { headroom: 972 }, ""],
    ["waking, room for it", [waking], { headroom: 973 }, "a+200"],
    ["raisesPerCycle bounds raises", [raise, raise, raise], { policy: { ...POLICY, raisesPerCycle: 2 } }, "a+300 b+300"],
    ["and raises only", [low, low, low, raise], { policy: { ...POLICY, raisesPerCycle: 0 } }, "a-200 b-200 c-200"],
    ["no raises now", [low, raise, waking], { mayRaise: false }, "a-200"],
    ["no lowering before the first polls", [low, raise], { mayLower: false }, "b+300"],
    ["nothing at all", [low, raise], { mayLower: false, mayRaise: false }, ""],
    ["a lower frequency from between points lowers", [machine(passing(450), wanted("400"), "400")], { mayRaise: false }, "a-400"],
    ["a higher one from between points raises", [machine(passing(350), wanted("400"), "400")], { mayRaise: false }, ""],
    ["on its way to more than is wanted now: taken back, whatever the room", [machine(passing(350), onItsWay("600"), "400", { order: status("acknowledged", "600") })], { mayRaise: false, headroom: -500 }, "a-400"],
    ["the same while it still wakes", [machine(says("asleep", { frequency: 600 }), onItsWay("600"), "400", { order: status("sending", "600") })], { headroom: -500 }, "a-400"],
    ["on its way to less: a raise", [machine(passing(350), onItsWay("400"), "600", { order: status("acknowledged", "400") })], { headroom: -500 }, ""],
    ["climbing by itself, to nobody knows where: stopped at more than where it has got to, whatever the room", [machine(climbing(passing(250)), wanted("400"), "400")], { mayRaise: false, headroom: -500 }, "a-400"],
    ["unless the way there leads through all it can draw", [machine(climbing(passing(250)), wanted("400"), "400", throughAll)], { headroom: -500 }, ""],
    ["while it starts it hears nothing: not stopped either", [machine(climbing(passing(250), { state: "starting" }), wanted("400"), "400")], { headroom: -500 }, ""],
    ["while it starts it hears nothing: not taken back", [machine(climbing(passing(350), { state: "starting" }), onItsWay("600"), "400", { order: status("acknowledged", "600") })], { headroom: -500 }, ""],
    ["told in watts, drawing more than the target at the least: lowers", [machine(passing(450, 2600), wanted("400"), "400", inWatts)], { mayRaise: false }, "a-400"],
    ["told in watts, perhaps drawing less: raises", [machine(passing(450, 2500), wanted("400"), "400", inWatts)], { mayRaise: false }, ""],
    ["a silent one told anything but sleep may be a raise", [machine(silent(), wanted("200"), "200")], { mayRaise: false }, ""],
    ["a silent one told to sleep is not", [machine(silent(), wanted("200"), "asleep")], { mayRaise: false }, "a-asleep"],
  ];
  for (const [name, machines, over, expected] of rows) test(name, () => assert.equal(words(run(machines, over)), expected));

  test("whatever is wanted: the raises sent fit the room there is, and lowering never waits for it", () => {
    const at = fc.constantFrom("asleep", "200", "300", "400", "500", "600");
    fc.assert(fc.property(fc.array(fc.tuple(at, at), { minLength: 1, maxLength: 12 }), fc.integer({ min: -2000, max: 10_000 }), (machines, headroom) => {
      const given = machines.map(([from, target]) => machine(says(from), wanted(from), target));
      const { orders } = run(given, { headroom });
      const views = viewsOf(snapshot(given.map(({ reading }, i) => device(String.fromCodePoint(97 + i), reading))));
      const power = (id: string, setpoint: string): number => viewsOf(snapshot([device(id, says(setpoint))]))[0]?.curve.power[["asleep", "200", "300", "400", "500", "600"].indexOf(setpoint)] ?? NaN;
      const added = orders.filter(({ lowers }) => !lowers).reduce((sum, order) => {
        const view = views.find((candidate) => candidate.device.id === order.device);
        return sum + Math.max(0, power(order.device, inWords(order.setpoint)) - (view?.reserve ?? NaN));
      }, 0);
      assert.ok(added <= Math.max(0, headroom) + 1e-6, `${added} W into ${headroom} W`);
      const lowered = machines.filter(([from, target]) => target !== from && (target === "asleep" || (from !== "asleep" && Number(target) < Number(from)))).length;
      assert.equal(orders.filter(({ lowers }) => lowers).length, lowered);
    }));
  });

  test("what the meter surely showed of one that is lowered: all of it at rest, nothing on its way", () => {
    const from = (...given: Parameters<typeof machine>) => run([machine(...given)]).states.get("a")?.change?.from;
    assert.deepEqual([from(says("600"), wanted("600"), "400"), from(says("600"), wanted("600", { settlesAt: millis(NOW + 1) }), "400"), from(passing(450), wanted("500"), "400")], [4000, 0, 0]);
  });

  test("behind a meter, one that is wanted elsewhere may grow by what its word is unsure of, beyond its setting where it rests there", () => {
    const reservedFor = (reading: ReturnType<typeof says>, state: ReturnType<typeof wanted>): number => reserved([viewOf(reading, state), viewOf(says("600"), wanted("600"))], metered(6300), { bias: watts(0), uptime: NOW, seen: millis(3000) }).power;
    // Its own word of 2,300 W is 10 % unsure: 2,070 W to 2,530 W. The other is as unsure, but wanted where it is.
    const rows: [number, Parameters<typeof reservedFor>][] = [
      [6310, [says("400"), wanted("400")]],
      [6310 + 230, [says("400"), wanted("500")]],
      [6310 + 460, [says("400"), wanted("500", { settlesAt: millis(NOW - 2999) })]],
      [8440, [climbing(says("400"), { point: null, frequency: null }), wanted("500")]],
    ];
    assert.deepEqual(rows.map(([, given]) => Math.round(reservedFor(...given))), rows.map(([expected]) => expected));
  });

  test("behind a meter that shows less than the machines draw at the least by their own words, these count", () => {
    const views = [viewOf(says("400"), wanted("400")), viewOf(says("300"), wanted("500"))];
    // 2,070 W of the first at the least; the second, which may rise, with all it may come to.
    const rows: [string, number, number, number][] = [["frozen at nothing", 0, 2070 + 1760, 2070], ["far too little", 2000, 2070 + 1760, 2070], ["what they draw", 3900, 3910 + 160, 2300]];
    assert.deepEqual(rows.map(([name, shownW]) => {
      const { power, countedOf } = reserved(views, metered(shownW), { bias: watts(0), uptime: NOW, seen: millis(3000) });
      return [name, shownW, Math.round(power), Math.round(countedOf(views[0] as (typeof views)[number]))];
    }), rows);
  });

  test("behind a meter, whatever is wanted: what is drawn and all raises sent fit the budget, nothing counted on that is only being lowered", () => {
    const at = fc.constantFrom("asleep", "200", "300", "400", "500", "600");
    const seen = { raises: 0 };
    fc.assert(fc.property(fc.array(fc.tuple(at, at, fc.integer({ min: -20, max: 20 })), { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 30_000 }), (machines, budget) => {
      const given = machines.map(([from, target]) => machine(says(from), wanted(from), target));
      const model = (setpoint: string): number => [25, ...ROWS.map(([, power]) => power)][["asleep", "200", "300", "400", "500", "600"].indexOf(setpoint)] ?? NaN;
      // Each draws up to 2 % beside its model, the same at any setting.
      const real = (i: number, setpoint: string): number => model(setpoint) * (1 + (machines[i]?.[2] ?? NaN) / 1000);
      const drawn = machines.map(([from], i) => real(i, from));
      const meter = metered(drawn.reduce((sum, power) => sum + power, 0));
      const views = viewsOf(snapshot(given.map(({ reading }, i) => device(String.fromCodePoint(97 + i), reading)), meter), Object.fromEntries(given.map(({ state }, i) => [String.fromCodePoint(97 + i), state])));
      const { power, countedOf } = reserved(views, meter, { bias: watts(0), uptime: NOW, seen: millis(3000) });
      const { orders } = run(given, { headroom: budget - power, countedOf });
      const raises = orders.filter(({ lowers }) => !lowers).map((order) => ({ i: (order.device.codePointAt(0) ?? 0) - 97, to: inWords(order.setpoint) }));
      if (raises.length === 0) return;
      seen.raises += 1;
      const ends = drawn.map((power, i) => Math.max(power, ...raises.filter((raise) => raise.i === i).map(({ to }) => real(i, to))));
      const unsure = raises.reduce((sum, { i, to }) => sum + 0.02 * (model(to) - model(machines[i]?.[0] ?? "")), 0);
      assert.ok(ends.reduce((sum, end) => sum + end, 0) <= budget + unsure, `${ends.join(" + ")} W under ${budget} W`);
    }), { numRuns: 300 });
    assert.ok(seen.raises >= 20, `only ${seen.raises} cases raised anything`);
  });
});
