/** Every row of GLA/1's table of states; the names are the rules of EEBUS LPC where a row has one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Allocation, Heard, Restart } from "../../agent/core/grid.ts";
import { effectiveLimit, gridStatements } from "../../agent/core/limit.ts";
import type { Mode } from "../../agent/core/mode.ts";
import { failsafeJoins, gridState, heartbeatTimeout, nextMode, restartRule, startMode } from "../../agent/core/mode.ts";
import { seconds, watts } from "../../agent/core/units.ts";
import { bandAround, inBand, type Supply } from "../../agent/core/supply.ts";
import { allocation, event, heard, now, stop } from "./signals.ts";

const RESTART: Restart = { minOff: seconds(60), random: seconds(300), rampPercentPerMinute: 20 };
const quiet = heard({}, { born: null, confirmed: null });

/** Lives through what is heard at each uptime, from a start at 0 s. */
function live(steps: readonly (readonly [uptime: number, said: Heard, inBand?: boolean])[], from: Mode = startMode(seconds(0)), u = 0.5): Mode {
  return steps.reduce((mode, [uptime, said, inBand]) => nextMode(mode, said, { uptime: seconds(uptime), u, restart: RESTART, inBand: inBand ?? null }), from);
}
const beat = (born: number, confirmed: number | null = null, over: Partial<Omit<Heard, "heartbeat">> & { readonly gap?: number } = {}): Heard => {
  const { gap, ...rest } = over;
  return heard(rest, { born, confirmed, gap: gap ?? null });
};
const trusted = live([[1, beat(1, 1)]]);
const lost = live([[122, beat(1, 1)]], trusted);
const trust = (steps: readonly (readonly [number, Heard])[], from?: Mode): string => live(steps, from).trust;
const joins = (mode: Mode, allocations: readonly Allocation[], uptime: number, synchronised = true): boolean => failsafeJoins(mode, allocations, { uptime: seconds(uptime), synchronised });

describe("trust in the signal", () => {
  test("LPC-TS-017: from process start the failsafe limit joins the minimum with the stored documents", () => {
    const start = startMode(seconds(0));
    const stored = heard({ allocations: [allocation({ ceiling: 9000 })], limits: [event("dip", [[null, null, 2000]])] });
    const limit = (said: Heard) => effectiveLimit(gridStatements(said, now(0), { power: watts(3000), joins: joins(start, said.allocations, 0) })).binding?.power;
    assert.equal(gridState(start, true), "init");
    assert.equal(limit(heard({ allocations: stored.allocations })), 3000);
    assert.equal(limit(stored), 2000);
  });

  const rows: [string, string, [number, Heard][], Mode?][] = [
    ["LPC-913: init, confirmed by a heartbeat that names what is held", "trusted", [[5, beat(5, 5)]]],
    ["LPC-918: init, confirmed within its last second", "trusted", [[119, beat(119, 119)]]],
    ["init, a heartbeat alone confirms nothing", "init", [[5, beat(5)], [60, beat(60)]]],
    ["init, a confirmation without a heartbeat that counts", "init", [[119, heard({}, { born: null, confirmed: 119 })]]],
    ["init, a confirmation while the heartbeat is over its age", "failsafe", [[130, beat(5, 130)]]],
    ["init, 119.9 s without confirmation", "init", [[119.9, quiet]]],
    ["init, 120 s without confirmation", "failsafe", [[120, quiet]]],
    ["init, 120 s of heartbeats without confirmation", "failsafe", [[120, beat(119)]]],
    ["trusted, heartbeat as old as it may be", "trusted", [[121, beat(1, 1)]], trusted],
    ["LPC-911: trusted, heartbeat older than its timeout", "failsafe", [[121.1, beat(1, 1)]], trusted],
    ["LPC-911: the document's own timeout", "failsafe", [[32, beat(1, 1, { allocations: [allocation({ failsafe: { heartbeatTimeout: seconds(30) } })] })]], trusted],
    ["trusted, a gap not yet 10 s old", "trusted", [[29.9, beat(25, 1, { gap: 20 })]], trusted],
    ["LPC-911: trusted, a gap unhealed for 10 s", "failsafe", [[30, beat(25, 1, { gap: 20 })]], trusted],
    ["trusted, a gap healed", "trusted", [[29, beat(25, 1, { gap: 20 })], [31, beat(25, 1)]], trusted],
    ["LPC-916: failsafe, heartbeat back and confirmed since", "trusted", [[200, beat(200, 200)]], lost],
    ["LPC-919: failsafe, first the heartbeat, then the document that confirms", "trusted", [[200, beat(200, 1)], [201, beat(200, 201)]], lost],
    ["LPC-920: failsafe, first the document, then the heartbeat that confirms", "trusted", [[200, beat(1, 1)], [230, beat(230, 230)]], lost],
    ["failsafe, the confirmation of before the loss does not count", "failsafe", [[200, beat(200, 1)]], lost],
    ["failsafe, confirmed while a gap is open", "failsafe", [[200, beat(200, 200, { gap: 199 })]], lost],
    ["LPC-921 is not followed: failsafe, heartbeat back, no confirmation within 120 s", "failsafe", [[200, beat(200, 1)], [320, beat(320, 1)], [500, beat(500, 1)]], lost],
    ["LPC-TS-012: failsafe, any time passing", "failsafe", [[1e4, beat(1, 1)], [1e5, beat(1, 1)], [1e6, beat(1, 1)]], lost],
  ];
  for (const [name, expected, steps, from] of rows) test(name, () => assert.equal(trust(steps, from), expected));

  test("trust is dated when it changes and not again", () => {
    assert.equal(trusted.trustSince, 1000);
    assert.equal(live([[50, beat(50, 1)]], trusted).trustSince, 1000);
    assert.equal(lost.trustSince, 122_000);
  });

  test("a refused document changes nothing", () => {
    const said = beat(1, 1);
    assert.deepEqual(live([[2, said], [3, said]], trusted), trusted);
  });
});

describe("does the failsafe limit join the minimum?", () => {
  const schedule = allocation({ failsafe: { onLoss: "SCHEDULE_THEN_FAILSAFE", scheduleTrust: seconds(600) } });
  const atOnce = allocation({ failsafe: { onLoss: "FAILSAFE_NOW" } });
  const never = live([[120, quiet]]);
  const rows: [string, boolean, Mode, Allocation[], number, boolean][] = [
    ["trusted", false, trusted, [], 5, true],
    ["init, whatever the documents say", true, startMode(seconds(0)), [schedule], 5, true],
    ["LPC-911: FAILSAFE_NOW", true, lost, [atOnce], 122, true],
    ["LPC-911: a document without a failsafe", true, lost, [allocation()], 122, true],
    ["LPC-911: no document at all", true, lost, [], 122, true],
    ["SCHEDULE_THEN_FAILSAFE, while its trust lasts", false, lost, [schedule], 721.9, true],
    ["SCHEDULE_THEN_FAILSAFE, its trust run out", true, lost, [schedule], 722, true],
    ["SCHEDULE_THEN_FAILSAFE needs a synchronised clock", true, lost, [schedule], 130, false],
    ["SCHEDULE_THEN_FAILSAFE beside FAILSAFE_NOW: at once", true, lost, [schedule, atOnce], 130, true],
    ["LPC-TS-012: SCHEDULE_THEN_FAILSAFE does not lift what init never confirmed", true, never, [schedule], 121, true],
    ["LPC-TS-012: nor much later", true, never, [schedule], 500, true],
  ];
  for (const [name, expected, mode, allocations, uptime, synchronised] of rows) {
    test(name, () => assert.equal(joins(mode, allocations, uptime, synchronised), expected));
  }
});

describe("one word for the outside", () => {
  const rows: [string, Mode, boolean, string][] = [
    ["init", startMode(seconds(0)), true, "init"],
    ["confirmed, nothing binds", trusted, false, "controlled"],
    ["confirmed, a limit binds", trusted, true, "limited"],
    ["an elapsed limit: back to the allocation", live([[50, beat(50, 1)]], trusted), false, "controlled"],
    ["failsafe, whatever binds", lost, false, "failsafe"],
    ["an emergency in init", live([[1, heard({ latches: [stop] }, { born: null, confirmed: null })]]), true, "emergency"],
    ["an emergency in failsafe", live([[130, beat(1, 1, { latches: [stop] })]], lost), true, "emergency"],
    ["its last latch cleared", live([[5, beat(5, 1, { latches: [stop] })], [9, beat(5, 1)]], trusted), false, "restoring"],
    ["restoring under failsafe", live([[130, beat(1, 1, { latches: [stop] })], [140, beat(1, 1)]], lost), true, "restoring"],
  ];
  for (const [name, mode, binding, expected] of rows) test(name, () => assert.equal(gridState(mode, binding), expected));
});

describe("emergency is an OR of latches", () => {
  const other = { ...stop, ref: { ...stop.ref, id: "all" } };
  const stopped = live([[5, beat(5, 1, { latches: [stop, other] })]], trusted);
  test("it starts with the first", () => assert.equal(stopped.emergency, true));
  test("it has no end in time", () => assert.equal(live([[1e6, beat(1, 1, { latches: [stop] })]], stopped).emergency, true));
  test("one of two cleared: it goes on", () => assert.deepEqual(live([[6, beat(5, 1, { latches: [other] })]], stopped), stopped));
  test("the last cleared: minOff + u x random, then the ramp", () => {
    assert.deepEqual(live([[10, beat(5, 1)]], stopped).restoring, { notBefore: 10_000 + 60_000 + 150_000, rampPercentPerMinute: 20, u: 0.5, hold: null });
  });
  test("the delay is drawn once", () => {
    const restoring = live([[10, beat(5, 1)]], stopped);
    assert.deepEqual(live([[11, beat(5, 1)], [12, beat(5, 1)]], restoring, 0.9).restoring, restoring.restoring);
  });
  test("a new latch ends restoring, its release begins anew", () => {
    const again = live([[10, beat(5, 1)], [20, beat(5, 1, { latches: [stop] })]], stopped);
    assert.equal(again.restoring, null);
    assert.equal(live([[30, beat(5, 1)]], again).restoring?.notBefore, 240_000);
  });
  test("trust goes its own way meanwhile: LPC-911", () => assert.equal(live([[130, beat(5, 1, { latches: [stop] })]], stopped).trust, "failsafe"));
  test("the allocation's restart rule goes before the farm's", () => {
    const restart: Restart = { minOff: seconds(10), random: seconds(0), rampPercentPerMinute: 5 };
    assert.deepEqual(live([[10, beat(5, 1, { allocations: [allocation({ restart })] })]], stopped).restoring, { notBefore: 20_000, rampPercentPerMinute: 5, u: 0.5, hold: null });
  });
});

describe("of several allocations", () => {
  test("no one says a timeout: 120 s", () => assert.equal(heartbeatTimeout([allocation()]), 120_000));
  test("the shortest timeout counts", () => {
    assert.equal(heartbeatTimeout([120, 60, 90].map((length) => allocation({ failsafe: { heartbeatTimeout: seconds(length) } }))), 60_000);
  });
  test("no one says how to restart: the farm does", () => assert.deepEqual(restartRule([allocation()], RESTART), RESTART));
  test("the gentlest restart counts", () => {
    const one = allocation({ restart: { minOff: seconds(5), random: seconds(900), rampPercentPerMinute: 50 } });
    const two = allocation({ restart: { minOff: seconds(90), random: seconds(0), rampPercentPerMinute: 10 } });
    assert.deepEqual(restartRule([one, two], RESTART), { minOff: 90_000, random: 900_000, rampPercentPerMinute: 10 });
  });
});

describe("BLACK_START_HOLD", () => {
  const hold = { ...stop, action: "BLACK_START_HOLD" as const };
  const held = live([[5, beat(5, 1, { latches: [hold] }), false]], trusted);
  const quietly = (second: number, ok: boolean): [number, Heard, boolean] => [second, beat(5, 1), ok];
  const earliest = (steps: [number, Heard, boolean][], from = held) => live(steps, from).restoring?.notBefore;

  test("after its release nothing wakes while the mains are not in order, however long", () => {
    assert.ok((earliest([quietly(10, false), quietly(1e5, false)]) ?? 0) > 1e12);
  });
  test("minOff + u x random counts from when they came into order", () => assert.equal(earliest([quietly(10, false), quietly(50, true), quietly(51, true)]), 50_000 + 60_000 + 150_000));
  test("and begins anew when they leave it", () => assert.equal(earliest([quietly(10, true), quietly(100, false), quietly(101, true)]), 101_000 + 60_000 + 150_000));
  test("once it has waited it waits no more", () => {
    const done = live([quietly(10, true), quietly(221, true), quietly(222, false)], held);
    assert.deepEqual(done.restoring, { notBefore: 10_000 + 60_000 + 150_000, rampPercentPerMinute: 20, u: 0.5, hold: null });
  });
  test("beside a STOP it holds as long as either, and is not forgotten when it is the first to go", () => {
    const both = live([[5, beat(5, 1, { latches: [stop, hold] }), true], [6, beat(5, 1, { latches: [stop] }), true]], trusted);
    assert.ok((earliest([quietly(10, false)], both) ?? 0) > 1e12);
  });
  test("a STOP alone does not wait for the mains", () => {
    const stopped = live([[5, beat(5, 1, { latches: [stop] }), false]], trusted);
    assert.equal(earliest([quietly(10, false)], stopped), 10_000 + 60_000 + 150_000);
  });
  test("where no mains are configured it ends like a STOP", () => assert.equal(live([[10, beat(5, 1)]], held).restoring?.notBefore, 10_000 + 60_000 + 150_000));

  const band = bandAround({ voltageV: 230, frequencyHz: 50 });
  const says = (voltage: number | null, frequencyHz: number | null, age: number | null = 1): Supply => ({ voltage, frequencyHz, age: age === null ? null : seconds(age) });
  const rows: [string, Supply | null, boolean][] = [
    ["230 V and 50 Hz", says(230, 50), true], ["at both ends", says(207, 49.5), true], ["too low a voltage", says(206, 50), false], ["too high a voltage", says(254, 50), false],
    ["too slow", says(230, 49.4), false], ["too fast", says(230, 50.6), false], ["no frequency said", says(230, null), false], ["no voltage said", says(null, 50), false],
    ["said too long ago", says(230, 50, 11), false], ["never said", says(null, null, null), false], ["no meter", null, false],
  ];
  for (const [name, supply, expected] of rows) test(`in order: ${name}: ${expected}`, () => assert.equal(inBand(supply, band, seconds(10)), expected));
  test("without a band nobody can say", () => assert.equal(inBand(says(230, 50), null, seconds(10)), null));
});
