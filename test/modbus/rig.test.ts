import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Meter } from "../../drivers/driver.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import type { Rig } from "../../drivers/sim/rig.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { quickGude } from "./meter-rig.ts";

const never = new AbortController().signal;

/** Our meter against our simulator: two readings of one register map by different hands. */
describe("a simulated GUDE of 24 outlets", () => {
  let rig: Rig;
  let meter: Meter;

  before(async () => {
    rig = await startRig({ asics: 24, seed: 3 });
    const [host = "", port] = rig.pdus[0]?.address.split(":") ?? [];
    meter = modbusMeter({ id: "pdu-1", profile: quickGude(300), address: { host, port: Number(port) }, unit: 1, buses: new Buses({ random: Math.random, now: () => performance.now() }) });
  });

  after(async () => {
    await meter[Symbol.asyncDispose]();
    await rig.close();
  });

  test("shows what the rack really draws, outlet by outlet", async () => {
    const { power, outlets, voltage, frequencyHz, energyWh } = await meter.read(never);
    const truth = rig.truth();
    const close = (read: number | null | undefined, true_: number, within: number): boolean => typeof read === "number" && Math.abs(read - true_) <= within * true_;
    assert.equal(outlets.length, 24);
    assert.ok(outlets.every(({ index, on }, at) => index === at + 1 && on === true));
    assert.ok(close(power, truth.powerW, 0.01), `${power} W read, ${truth.powerW} W drawn`);
    truth.asics.forEach((asic, at) => assert.ok(close(outlets[at]?.power, asic.powerW, 0.02), asic.id));
    assert.ok(close(voltage, 230, 0.05) && frequencyHz === 50 && energyWh !== null && energyWh >= 0);
  });

  test("one poll takes less than 100 ms", async (t) => {
    const times: number[] = [];
    for (let poll = 0; poll < 20; poll += 1) {
      const from = performance.now();
      await meter.read(never);
      times.push(performance.now() - from);
    }
    const median = times.toSorted((a, b) => a - b)[10] ?? Infinity;
    t.diagnostic(`a poll of 24 outlets, 26 reads: ${median.toFixed(1)} ms in the middle, ${Math.max(...times).toFixed(1)} ms at the most`);
    assert.ok(median < 100, `${median.toFixed(1)} ms`);
  });

  test("an outlet is switched off, seen by the meter, and on again", async () => {
    await meter.switch(5, false, never);
    const { outlets } = await meter.read(never);
    assert.deepEqual(outlets[4], { index: 5, power: 0, on: false });
    assert.ok(outlets.every(({ index, on }) => on === (index !== 5)));
    await meter.switch(5, true, never);
    assert.equal((await meter.read(never)).outlets[4]?.on, true);
  });

  test("a frozen meter cannot confirm that an outlet no longer draws", async () => {
    rig.fault("pdu-1", "frozen");
    await assert.rejects(meter.switch(7, false, never), (error) => error instanceof DeviceError && error.code === "refused" && /outlet 7 reads off, but still draws/.test(error.message));
    rig.fault("pdu-1", "clear");
    await meter.switch(7, true, never);
  });

  test("a silent one is an error, and is back within 5 s", async () => {
    rig.fault("pdu-1", "silent");
    await assert.rejects(meter.read(never), (error) => error instanceof DeviceError && error.code === "timeout");
    await assert.rejects(meter.read(never), (error) => error instanceof DeviceError && error.code === "unreachable");
    rig.fault("pdu-1", "clear");
    const from = performance.now();
    let power: number | null = null;
    while (power === null && performance.now() - from < 5_000) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      power = await meter.read(never).then((reading) => reading.power, () => null);
    }
    assert.ok(power !== null, "within 5 s of being back");
  });
});
