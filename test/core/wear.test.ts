/** What a machine has gone through, by its readings alone. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Reading, Telemetry } from "../../agent/core/model.ts";
import { celsius, megahertz, millis, seconds } from "../../agent/core/units.ts";
import { NEW, nextWear, type Wear } from "../../agent/core/wear.ts";
import { device, says, silent } from "./rack.ts";

const told = (reading: Reading, more: Partial<Telemetry>): Reading => (reading.kind === "known" ? { ...reading, telemetry: { ...reading.telemetry, ...more } } : reading);
const warm = (temperature: number, at = "600"): Reading =>
  told(says(at), { boards: [{ index: 0, enabled: true, frequency: megahertz(600), voltage: null, hashrate: null, boardTemperature: celsius(temperature), chipTemperature: null }] });
/** Looked at every `step` seconds. */
const through = (readings: readonly Reading[], over: { readonly step?: number; readonly from?: Wear; readonly off?: boolean } = {}): Wear =>
  readings.reduce((wear, reading, i) => nextWear(wear, { device: device("a", reading, over.off === true && i % 2 === 1 ? { feed: { on: false, outlet: { kind: "outlet", minOffTime: millis(0), poweredUpAs: "on", opens: "never" }, offSince: null, order: null } } : {}) }, millis(1000 * (1 + i * (over.step ?? 1)))), over.from ?? NEW);

describe("rest", () => {
  test("is the time between two looks at which it slept", () => assert.equal(through([says("600"), says("asleep"), says("asleep"), says("asleep"), says("600")], { step: 10 }).rest, 20_000));
  test("silence is no rest and ends none", () => {
    const wear = through([says("asleep"), silent(), silent(), says("asleep"), says("asleep")], { step: 5 });
    assert.deepEqual([wear.rest, wear.last.restsSince], [10_000, 1000]);
  });
  test("a day without a look is a minute at the most", () => assert.equal(through([says("asleep"), says("asleep")], { step: 86_400 }).rest, seconds(60)));
  test("awake it has not rested since", () => assert.equal(through([says("asleep"), says("600")]).last.restsSince, null));
});

describe("power cycles", () => {
  const rows: [string, Wear, number][] = [
    ["it runs on", through([says("600"), says("200"), says("600")]), 0],
    ["out of sleep", through([says("600"), says("asleep"), says("asleep"), says("600")]), 1],
    ["silent on its way up", through([says("asleep"), silent(), says("600")]), 1],
    ["silent and back as it was", through([says("600"), silent(), says("600")]), 0],
    ["it restarted by itself", through([told(says("600"), { uptime: seconds(900) }), silent(), told(says("600"), { uptime: seconds(20) })]), 1],
    ["asleep at first sight: nobody knows since when", through([says("asleep"), says("asleep")]), 0],
    ["its outlet opened and closed", through([says("600"), says("600"), says("600")], { off: true }), 1],
  ];
  for (const [name, wear, expected] of rows) test(name, () => assert.equal(wear.powerCycles, expected));
});

describe("thermal cycles", () => {
  const rows: [string, readonly number[], number][] = [
    ["warming up is half of one", [25, 40, 60, 65], 0],
    ["the day's drift is none", [60, 65, 61, 66, 60], 0],
    ["down by 20 K and up again is one", [60, 55, 45, 40, 45, 59, 60], 1],
    ["down and up by little is none", [60, 45, 60, 45, 60], 0],
    ["three times", [60, 30, 60, 30, 60, 30, 60], 3],
    ["slowly", Array.from({ length: 200 }, (_, i) => 45 + 20 * Math.cos(i / 10)), 3],
  ];
  for (const [name, temperatures, expected] of rows) test(name, () => assert.equal(through(temperatures.map((value) => warm(value))).thermalCycles, expected));
  test("a look without a temperature is no zero", () => assert.equal(through([warm(60), silent(), says("600"), warm(60)]).thermalCycles, 0));
});

test("counts go on from what was written down", () => assert.equal(through([says("asleep"), says("600")], { from: { ...NEW, powerCycles: 4 } }).powerCycles, 5));
