import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Memory } from "../../agent/core/memory.ts";
import { recall, remember } from "../../agent/core/memory.ts";
import { curveOf } from "../../agent/core/curve.ts";
import { mostAt, nextHeat, NO_HEAT } from "../../agent/core/heat.ts";
import { celsius, millis, seconds, watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import { MINER, NOW, ordered, rackOf, SILENT_TELEMETRY, to, wanted } from "./rack.ts";

const RESTART = { minOff: seconds(60), random: seconds(300), rampPercentPerMinute: 20 };
const recalled = (memory: Memory, u = 0.5) => recall(memory, { uptime: seconds(100), u, restart: RESTART });

describe("memory", () => {
  test("whatever was written down comes back the same", () => {
    const setpoint = fc.option(fc.constantFrom("asleep", "200", "600").map(to));
    const kept = fc.record({ target: setpoint, gain: fc.integer({ min: 800, max: 1250 }).map((thousandths) => thousandths / 1000) });
    const restoring = fc.boolean();
    const memory = fc.record({ devices: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), kept), restoring });
    fc.assert(fc.property(memory, (written) => {
      const read = JSON.parse(JSON.stringify(written)) as Memory;
      assert.deepEqual(remember(recalled(read)), read);
    }));
  });
  test("what was wanted and what was learnt, to a thousandth", () => {
    assert.deepEqual(remember(rackOf({ a: wanted("400", { gain: 1.04567 }), b: wanted(null) })).devices, { a: { target: to("400"), gain: 1.046 }, b: { target: null, gain: 1 } });
  });
  test("what a machine has gone through: the counts, not the look they were made by", () => {
    const wear = { rest: millis(7_200_000.4), powerCycles: 3, thermalCycles: 2, changes: 41, last: { at: NOW, rests: true, restsSince: NOW, running: millis(5), turning: 31, heats: false } };
    const written = remember(rackOf({ a: wanted("400", { wear }) }));
    assert.deepEqual(written.devices["a"]?.wear, { rest: 7_200_000, powerCycles: 3, thermalCycles: 2, changes: 41, turning: 31, heats: false });
    assert.deepEqual(recalled(written).devices.get("a")?.wear, { ...wear, rest: 7_200_000, last: { at: null, rests: null, restsSince: null, running: null, turning: 31, heats: false } });
  });
  test("what heat leaves a machine: one put to sleep for heat is not woken by a restart, nor before its rest is over and it is known to be cool", () => {
    const guard = { ceiling: 0, by: "board" as const, reading: 86.4, limit: 80, movedAt: NOW, warmAt: NOW, overAt: null, rest: seconds(600) };
    const written = JSON.parse(JSON.stringify(remember(rackOf({ a: wanted("asleep", { heat: { air: 31, guard } }) })))) as Memory;
    const heat = recalled(written).devices.get("a")?.heat;
    assert.deepEqual(heat?.guard, { ...guard, reading: 80, movedAt: 100_000, warmAt: 100_000 });
    const limits = { board: celsius(80), chip: celsius(95), inlet: celsius(45), cool: null, rated: watts(4_000) };
    const curve = curveOf(MINER, watts(25));
    const most = (at: number, boardC: number | null): number => {
      const boards = [{ index: 0, enabled: true, frequency: null, voltage: null, hashrate: null, boardTemperature: boardC === null ? null : celsius(boardC), chipTemperature: null }];
      const telemetry = { ...SILENT_TELEMETRY, state: "asleep" as const, boards };
      return mostAt(nextHeat(heat ?? NO_HEAT, { telemetry, curve, actual: 0, uptime: millis(at), air: null }, limits), curve, limits);
    };
    assert.deepEqual([most(101_000, 40), most(699_000, 40), most(701_000, 70), most(701_000, null), most(701_000, 40)], [0, 0, 0, 0, 1]);
  });
  test("orders, back-off and quarantine are not: they are found again", () => {
    const state = ordered("400", { ago: 0, settle: 5000, misses: 3, retryAt: seconds(9999), deviatesSince: seconds(1), quarantine: { until: seconds(9999), reason: "", held: { kind: "sleep" } } });
    assert.deepEqual(recalled(remember(rackOf({ a: state }))).devices.get("a"), wanted("400"));
  });
  test("trust is not: a restart begins in init (LPC-TS-017)", () => {
    const { trust, confirmed, trustSince } = recalled(remember(rackOf({}))).mode;
    assert.deepEqual([trust, confirmed, trustSince], ["init", false, 100_000]);
  });
  test("nothing owed: no delay, no ramp", () => {
    const { mode, ramp } = recalled(remember(rackOf({})));
    assert.deepEqual([mode.restoring, ramp], [null, null]);
  });
  test("killed in an emergency: the way back begins anew, from 0 W, with the delay drawn before", () => {
    const rack = rackOf({});
    const { mode, ramp } = recalled(remember({ ...rack, mode: { ...rack.mode, emergency: true } }), 0.25);
    assert.deepEqual(mode.restoring, { notBefore: 100_000 + 60_000 + 75_000, rampPercentPerMinute: 20, u: 0.25, hold: null });
    assert.deepEqual(ramp, { budget: { kind: "limited", power: 0 }, at: 100_000 });
  });
  test("killed on the way back: the way begins anew, by the rule in force", () => {
    const rack = rackOf({});
    const memory = remember({ ...rack, mode: { ...rack.mode, restoring: { notBefore: seconds(1), rampPercentPerMinute: 5, u: 0.5, hold: null } } });
    assert.deepEqual(recalled(memory).mode.restoring, { notBefore: 100_000 + 60_000 + 150_000, rampPercentPerMinute: 20, u: 0.5, hold: null });
  });
  test("killed while it waits for the mains, or in a BLACK_START_HOLD: it waits for them anew", () => {
    const rack = rackOf({});
    const hold = { rest: seconds(60), since: seconds(1) };
    const states = [{ ...rack.mode, emergency: true, held: true }, { ...rack.mode, restoring: { notBefore: seconds(61), rampPercentPerMinute: 5, u: 0.5, hold } }];
    for (const mode of states) assert.deepEqual(recalled(remember({ ...rack, mode })).mode.restoring?.hold, { rest: 60_000 + 150_000, since: null });
  });
});
