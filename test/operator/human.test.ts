import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatDuration, formatEfficiency, formatHashrate, formatPower, parseDuration, parsePower } from "../../agent/cli/human.ts";
import { millis, terahash, watts } from "../../agent/core/units.ts";

describe("human units", () => {
  const powers = [["8kW", 8000], ["8 kW", 8000], ["4000", 4000], ["4000W", 4000], ["1.2MW", 1_200_000], ["0", 0], ["60%", 20_116.8]] as const;
  for (const [text, expected] of powers) {
    test(`${text} is ${expected} W`, () => assert.ok(Math.abs(parsePower(text, watts(33_528)) - expected) < 1e-6));
  }
  for (const text of ["", "-1kW", "8 horses", "kW", "1e3", "NaN", "Infinity", "8kWh", "8,5kW"]) {
    test(`"${text}" is no power`, () => assert.throws(() => parsePower(text, watts(1)), /not a power/));
  }
  test("a percentage needs the nominal power", () => assert.throws(() => parsePower("60%"), /--nominal/));

  const durations = [["90s", 90_000], ["90", 90_000], ["15m", 900_000], ["15min", 900_000], ["2h", 7_200_000], ["1h30m", 5_400_000], ["1d", 86_400_000], ["250ms", 250]] as const;
  for (const [text, expected] of durations) test(`${text} is ${expected} ms`, () => assert.equal(parseDuration(text), expected));
  for (const text of ["", "-5s", "h", "2 hours", "1h30x", "s30"]) {
    test(`"${text}" is no length of time`, () => assert.throws(() => parseDuration(text), /not a length/));
  }

  const shown: readonly (readonly [string, string])[] = [
    [formatPower(watts(20_116.8)), "20.1 kW"],
    [formatPower(watts(8_000)), "8.00 kW"],
    [formatPower(watts(999.7)), "1.00 kW"],
    [formatPower(watts(0)), "0 W"],
    [formatPower(watts(1_250_000)), "1.25 MW"],
    [formatPower(null), "unknown"],
    [formatHashrate(terahash(1_461)), "1.46 PH/s"],
    [formatHashrate(terahash(121.8)), "121.8 TH/s"],
    [formatHashrate(terahash(0.85)), "850 GH/s"],
    [formatHashrate(terahash(0)), "0 TH/s"],
    [formatEfficiency(watts(2_794), terahash(122)), "22.9 J/TH"],
    [formatEfficiency(watts(30), terahash(0)), "-"],
    [formatDuration(millis(90_000)), "1 min 30 s"],
    [formatDuration(millis(7_200_000)), "2 h"],
    [formatDuration(millis(45_000)), "45 s"],
    [formatDuration(millis(273_600_000)), "3 d 4 h"],
    [formatDuration(millis(0)), "0 ms"],
    [formatDuration(millis(59_999)), "1 min"],
  ];
  for (const [actual, expected] of shown) test(`shown as ${expected}`, () => assert.equal(actual, expected));
});
