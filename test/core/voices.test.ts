/** Several grids and one rack: no voice lifts what another states, and each has to be heard. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Heard } from "../../agent/core/grid.ts";
import { effectiveLimit, gridStatements, setpointInForce } from "../../agent/core/limit.ts";
import { nextMode, startMode, type Mode } from "../../agent/core/mode.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { together } from "../../agent/core/voices.ts";
import { allocation, at, event, heard, now, span, stop } from "./signals.ts";

const FAILSAFE = { power: watts(5_000), joins: false };
const least = (said: Heard, moment = 0): number => {
  const { limit } = effectiveLimit(gridStatements(said, now(moment), FAILSAFE));
  return limit.kind === "limited" ? limit.power : Infinity;
};

const moment = fc.option(fc.integer({ min: -50, max: 50 }));
const power = fc.integer({ min: 0, max: 40_000 });
const voice = fc.record({
  allocations: fc.array(fc.record({ valid: fc.tuple(moment, moment), ceiling: fc.option(power) }).map(({ valid: [start, end], ceiling }) => allocation({ valid: span(start, end), ceiling })), { maxLength: 3 }),
  limits: fc.array(fc.tuple(moment, moment, power).map((interval) => event("e", [interval])), { maxLength: 3 }),
}).map((said) => heard(said));

describe("together", () => {
  test("one voice is itself", () => {
    const said = heard({ allocations: [allocation({ ceiling: 1_000 })] });
    assert.equal(together(said, []), said);
    assert.equal(together(null, [said]), said);
  });

  test("never allows more than the first alone, nor more than any other states", () => {
    fc.assert(fc.property(voice, voice, fc.integer({ min: -60, max: 60 }), (first, other, when) => {
      const both = least(together(first, [other]), when);
      assert.ok(both <= least(first, when));
      // The other's own word; that it allocates nothing is no word against the first.
      const open = { ...other, allocations: [...other.allocations, allocation({})] };
      assert.ok(both <= least(open, when));
    }), { numRuns: 2_000 });
  });

  test("an allocation of the second is none of the first: without one the failsafe limit holds", () => {
    assert.equal(least(together(heard(), [heard({ allocations: [allocation({ ceiling: 30_000 })] })])), 5_000);
  });

  test("latches of all hold", () => assert.deepEqual(together(heard(), [heard({ latches: [stop] })]).latches, [stop]));

  test("of the wanted draws of two the smaller is aimed at, whatever their priorities", () => {
    const wants = (limit: number, priority: number, by?: string) => ({ ref: { id: "s", topic: "", epoch: 0, seq: 0, ...(by !== undefined && { by }) }, priority, expires: at(1e6), intervals: [{ span: span(null, null), limit: watts(limit) }] });
    assert.equal(setpointInForce([wants(9_000, 5), wants(20_000, 0, "other")], now(0))?.power, 9_000);
    assert.equal(setpointInForce([wants(9_000, 5), wants(20_000, 0)], now(0))?.power, 20_000);
  });
});

describe("trust", () => {
  const patient = allocation({ valid: span(null, -1e6), failsafe: { heartbeatTimeout: seconds(600) } });
  const trust = (voices: readonly [Heard, Heard], uptime: number, from: Mode = { ...startMode(millis(0)), trust: "trusted" }) =>
    nextMode(from, together(voices[0], [voices[1]]), { uptime: seconds(uptime), u: 0, restart: { minOff: millis(0), random: millis(0), rampPercentPerMinute: 20 }, inBand: null }).trust;

  test("each by its own timeout: the first that falls silent is a lost signal", () => {
    const voices = (born: number, other: number): [Heard, Heard] => [heard({}, { born, confirmed: born }), heard({ allocations: [patient] }, { born: other, confirmed: other })];
    assert.equal(trust(voices(1_000, 1_000), 1_119), "trusted");
    assert.equal(trust(voices(1_000, 1_000), 1_121), "failsafe", "the first, after 120 s");
    assert.equal(trust(voices(1_500, 1_000), 1_599), "trusted");
    assert.equal(trust(voices(1_590, 1_000), 1_601), "failsafe", "the second, after 600 s");
  });

  test("back only when both have confirmed since", () => {
    const lost = { ...startMode(seconds(900)), trust: "failsafe" as const, trustSince: seconds(1_000) };
    const both = (first: number, second: number): [Heard, Heard] => [heard({}, { born: 1_010, confirmed: first }), heard({}, { born: 1_010, confirmed: second })];
    assert.equal(trust(both(1_005, 900), 1_011, lost), "failsafe");
    assert.equal(trust(both(900, 1_005), 1_011, lost), "failsafe");
    assert.equal(trust(both(1_005, 1_006), 1_011, lost), "trusted");
  });

  test("one that was never heard", () => assert.equal(trust([heard(), heard({}, { born: null, confirmed: null })], 1_001), "failsafe"));
});
