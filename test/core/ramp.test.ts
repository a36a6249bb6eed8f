import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PowerLimit } from "../../agent/core/model.ts";
import type { Ramp, RampRule } from "../../agent/core/ramp.ts";
import { nextRamp } from "../../agent/core/ramp.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";

const unlimited: PowerLimit = { kind: "unlimited" };
const limited = (power: number): PowerLimit => ({ kind: "limited", power: watts(power) });
/** 20 % of 12 kW a minute: 40 W a second. */
const RULE: RampRule = { percentPerMinute: 20, nominal: watts(12_000), top: watts(13_000), notBefore: null };
const PER_MS = 0.04;
const from = (budget: PowerLimit): Ramp => ({ budget, at: seconds(100) });
const next = (ramp: Ramp | null, limit: PowerLimit, uptime: number, rule: RampRule = RULE): PowerLimit => nextRamp(ramp, limit, { uptime: seconds(uptime), rule }).budget;

describe("the budget follows the limit down at once and up no faster than its ramp", () => {
  const held: RampRule = { ...RULE, notBefore: seconds(160) };
  const cases: [string, Ramp | null, PowerLimit, number, PowerLimit, RampRule?][] = [
    ["the first limit counts at once", null, limited(5000), 100, limited(5000)],
    ["none at first is none", null, unlimited, 100, unlimited],
    ["down at once", from(limited(9000)), limited(2000), 101, limited(2000)],
    ["down to 0 W at once", from(limited(9000)), limited(0), 101, limited(0)],
    ["from unlimited, down at once", from(unlimited), limited(2000), 101, limited(2000)],
    ["down while no rise is allowed", from(limited(9000)), limited(2000), 101, limited(2000), held],
    ["up 40 W in a second", from(limited(2000)), limited(9000), 101, limited(2040)],
    ["up 2,400 W in a minute", from(limited(2000)), limited(9000), 160, limited(4400)],
    ["up to the limit and no further", from(limited(8990)), limited(9000), 101, limited(9000)],
    ["up from 0 W", from(limited(0)), limited(9000), 101, limited(40)],
    ["no time, no rise", from(limited(2000)), limited(9000), 100, limited(2000)],
    ["uptime that went back raises nothing", from(limited(2000)), limited(9000), 90, limited(2000)],
    ["towards unlimited it ramps too", from(limited(2000)), unlimited, 160, limited(4400)],
    ["at the most the rack can draw nothing is left to ramp", from(limited(12_990)), unlimited, 101, unlimited],
    ["lifted while the limit stood above all the rack can draw", from(limited(20_000)), unlimited, 101, unlimited],
    ["lifted at exactly the most it can draw", from(limited(13_000)), unlimited, 101, unlimited],
    ["nothing rises before its time", from(limited(2000)), limited(9000), 159.9, limited(2000), held],
    ["not towards unlimited either", from(limited(2000)), unlimited, 159.9, limited(2000), held],
    ["a ramp of 0 % stays where it is", from(limited(2000)), limited(9000), 999, limited(2000), { ...RULE, percentPerMinute: 0 }],
  ];
  for (const [name, ramp, limit, uptime, expected, rule] of cases) test(name, () => assert.deepEqual(next(ramp, limit, uptime, rule), expected));

  test("the time held back is not made up for afterwards", () => {
    const waiting = nextRamp(from(limited(2000)), limited(9000), { uptime: seconds(159), rule: held });
    assert.deepEqual(next(waiting, limited(9000), 161, held), limited(2080));
  });

  const power = ({ budget }: Ramp): number => (budget.kind === "limited" ? budget.power : RULE.top);
  const limitOf = fc.option(fc.integer({ min: 0, max: 15_000 })).map((value) => (value === null ? unlimited : limited(value)));
  const life = fc.array(fc.tuple(limitOf, fc.integer({ min: 0, max: 60_000 })), { minLength: 1, maxLength: 20 });

  test("whatever the limits: never above the limit, never faster than the ramp", () => {
    fc.assert(fc.property(life, fc.option(fc.integer({ min: 0, max: 200_000 })), (steps, notBefore) => {
      const rule = { ...RULE, notBefore: notBefore === null ? null : millis(notBefore) };
      let ramp: Ramp | null = null;
      let uptime = 0;
      for (const [limit, passed] of steps) {
        uptime += passed;
        const before = ramp;
        ramp = nextRamp(ramp, limit, { uptime: millis(uptime), rule });
        if (limit.kind === "limited") assert.ok(ramp.budget.kind === "limited" && ramp.budget.power <= limit.power);
        if (before === null || before.budget.kind === "unlimited") continue;
        const room = notBefore !== null && uptime < notBefore ? 0 : PER_MS * passed;
        assert.ok(power(ramp) <= Math.max(power(before), 0) + room + 1e-6, `${power(before)} -> ${power(ramp)} W in ${passed} ms`);
      }
    }));
  });

  test("whatever came before: a limit that stays is reached", () => {
    fc.assert(fc.property(life, limitOf, (steps, last) => {
      let ramp: Ramp | null = null;
      let uptime = 0;
      for (const [limit, passed] of [...steps, [last, 0] as const]) ramp = nextRamp(ramp, limit, { uptime: millis((uptime += passed)), rule: RULE });
      // 13 kW at 40 W/s are 325 s.
      ramp = nextRamp(ramp, last, { uptime: millis(uptime + 400_000), rule: RULE });
      assert.deepEqual(ramp.budget, last);
    }));
  });
});
