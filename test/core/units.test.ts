import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { celsius, instant, megahertz, millis, millivolts, seconds, sumWatts, terahash, watts } from "../../agent/core/units.ts";

describe("units", () => {
  const makers = { watts, megahertz, millivolts, terahash, celsius, millis, instant, seconds };
  for (const [name, make] of Object.entries(makers)) {
    test(`${name} refuses what is not a number`, () => {
      for (const value of [NaN, Infinity, -Infinity]) assert.throws(() => make(value), { name: "RangeError", message: /is not a quantity in/ });
    });
    test(`${name} takes zero and less`, () => {
      for (const value of [0, -1, 0.5]) assert.equal(Number(make(value)), name === "seconds" ? value * 1000 : value);
    });
  }
  test("the refusal names the unit", () => assert.throws(() => watts(NaN), { message: "NaN is not a quantity in W" }));
  test("a sum of nothing is 0 W", () => assert.equal(sumWatts([]), 0));
  test("a sum keeps its unit", () => assert.equal(sumWatts([watts(25), watts(1000)]), 1025));
  test("a sum beyond numbers is refused", () => assert.throws(() => sumWatts([watts(Number.MAX_VALUE), watts(Number.MAX_VALUE)]), RangeError));
});
