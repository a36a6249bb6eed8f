import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";

import { watchMotion } from "../../agent/core/frozen-meter.ts";
import type { MeterMotion } from "../../agent/core/frozen-meter.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";

interface Step {
  readonly at: number;
  readonly values: readonly (number | null)[];
  readonly draw: number | null;
}

/** Whether the meter counts as frozen after each step. */
function verdicts(steps: readonly Step[]): boolean[] {
  let motion: MeterMotion | null = null;
  return steps.map(({ at, values, draw }) => {
    const result = watchMotion(motion, { at: seconds(at), values, draw: draw === null ? null : watts(draw) });
    motion = result.motion;
    return result.frozen;
  });
}

const every = (from: number, to: number, step: (at: number) => Omit<Step, "at">): Step[] => Array.from({ length: to - from + 1 }, (_, index) => ({ at: from + index, ...step(from + index) }));
const last = (steps: readonly Step[]): boolean | undefined => verdicts(steps).at(-1);
const SAME = [8_000, 400, 230];

describe("a frozen meter", () => {
  const cases: [string, boolean, Step[]][] = [
    ["the same values for 20 s while the miners went from 8 to 5 kW", true, every(0, 20, (at) => ({ values: SAME, draw: at < 5 ? 8_000 : 5_000 }))],
    ["the draw went down and came back", true, every(0, 20, (at) => ({ values: SAME, draw: at > 5 && at < 10 ? 5_000 : 8_000 }))],
    ["said after 15 s, not before", false, every(0, 14, (at) => ({ values: SAME, draw: at < 5 ? 8_000 : 5_000 }))],
    ["nothing moved: a steady rack on a meter of whole watts", false, every(0, 600, () => ({ values: SAME, draw: 8_000 }))],
    ["the draw moved less than noise does", false, every(0, 60, (at) => ({ values: SAME, draw: 8_000 + (at % 2) * 300 }))],
    ["a small load moved by less than 100 W", false, every(0, 60, (at) => ({ values: [90], draw: (at % 2) * 90 }))],
    ["one value moved by a single digit", false, every(0, 60, (at) => ({ values: [8_000, 400, 230 + (at % 10 === 0 ? 1 : 0)], draw: at * 100 }))],
    ["it measures anew every 5 s", false, every(0, 60, (at) => ({ values: [8_000 - Math.floor(at / 5)], draw: at * 100 }))],
    ["it says nothing, which is unknown and not frozen", false, every(0, 60, (at) => ({ values: [null, null], draw: at * 100 }))],
    ["the miners are silent", false, every(0, 60, () => ({ values: SAME, draw: null }))],
    ["a miner fell silent after the move was seen", true, every(0, 30, (at) => ({ values: SAME, draw: at < 5 ? 8_000 : at < 8 ? 5_000 : null }))],
    ["it came back", false, [...every(0, 30, (at) => ({ values: SAME, draw: at < 5 ? 8_000 : 5_000 })), { at: 31, values: [5_010, 400, 230], draw: 5_000 }]],
    ["an outlet was added, all else the same", false, [...every(0, 30, (at) => ({ values: SAME, draw: at < 5 ? 8_000 : 5_000 })), { at: 31, values: [...SAME, 1], draw: 5_000 }]],
  ];
  for (const [name, frozen, steps] of cases) test(`${frozen ? "yes" : "no"}: ${name}`, () => assert.equal(last(steps), frozen));

  test("a meter whose readings always move is never frozen, whatever the miners say", () => {
    fc.assert(fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 40_000 }), { nil: null }), { maxLength: 60 }), (draws) =>
      !verdicts(draws.map((draw, at) => ({ at, values: [8_000 + (at % 2)], draw }))).includes(true)));
  });

  test("what is remembered does not grow", () => {
    let motion: MeterMotion | null = null;
    for (let at = 0; at < 1_000; at += 1) ({ motion } = watchMotion(motion, { at: millis(at * 1_000), values: SAME, draw: watts(at) }));
    assert.deepEqual(motion, { values: SAME, since: 0, least: 0, most: 999 });
  });
});
