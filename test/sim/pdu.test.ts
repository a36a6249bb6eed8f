import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Asic } from "../../drivers/sim/asic.ts";
import { readSimModel } from "../../drivers/sim/model.ts";
import { Pdu } from "../../drivers/sim/pdu.ts";
import { seeded } from "../../drivers/sim/random.ts";

const MODEL = readSimModel("antminer-s19k-pro");

/** A PDU with two miners and an empty outlet on a clock of our own. */
function bench(): { pdu: Pdu; asics: readonly Asic[]; pass: (ms: number) => void; watts: () => number[] } {
  const asics = [0, 1].map(() => new Asic({ model: MODEL, random: seeded(1) }));
  let now = 0;
  const pdu = new Pdu({ loads: [...asics, null], now: () => now, random: seeded(2) });
  const pass = (ms: number): void => {
    now += ms;
    for (const asic of asics) asic.advance(now);
  };
  return { pdu, asics, pass, watts: () => pdu.samples().map((sample) => sample.powerW) };
}

describe("a PDU", () => {
  test("shows what its loads draw, with noise, in whole watts", () => {
    const { pdu, asics, pass } = bench();
    const seen = new Set<number>();
    for (let second = 0; second < 50; second += 1) {
      pass(1000);
      for (const [index, asic] of asics.entries()) {
        const watts = pdu.samples()[index]?.powerW ?? NaN;
        assert.ok(Number.isInteger(watts) && Math.abs(watts - asic.powerW) < 0.01 * asic.powerW);
        seen.add(watts);
      }
      assert.equal(pdu.samples()[2]?.powerW, 0);
    }
    assert.ok(seen.size > 5, "noise");
  });

  test("measures every half second, not at every question", () => {
    const { asics, pass, watts } = bench();
    const before = watts();
    asics[0]?.sleep();
    pass(499);
    assert.deepEqual(watts(), before);
    pass(1);
    assert.ok((watts()[0] ?? NaN) < (before[0] ?? NaN));
  });

  test("counts energy", () => {
    const { pdu, pass } = bench();
    pass(3_600_000);
    const wh = pdu.samples()[0]?.energyWh ?? NaN;
    assert.ok(Math.abs(wh - 2797) < 20, String(wh));
  });

  test("switches a load off and on, which then starts anew", () => {
    const { pdu, asics, pass, watts } = bench();
    pdu.switch(0, false);
    assert.equal(watts()[0], 0);
    assert.equal(pdu.isOn(0), false);
    assert.equal(asics[0]?.state, "off");
    pdu.switch(0, true);
    assert.equal(asics[0]?.state, "starting");
    pass(120_000);
    assert.ok((watts()[0] ?? NaN) > 2700);
  });

  test("a dead outlet says it is on and delivers nothing until it is mended", () => {
    const { pdu, asics, watts } = bench();
    pdu.setDead(1, true);
    assert.equal(pdu.isOn(1), true);
    assert.equal(watts()[1], 0);
    pdu.switch(1, false);
    pdu.switch(1, true);
    assert.equal(asics[1]?.state, "off");
    pdu.clear();
    assert.equal(asics[1]?.state, "starting");
  });

  test("mending an outlet that is switched off leaves it off", () => {
    const { pdu, asics } = bench();
    pdu.setDead(1, true);
    pdu.switch(1, false);
    pdu.clear();
    assert.equal(asics[1]?.state, "off");
  });

  test("frozen: readings stay while the world goes on", () => {
    const { pdu, asics, pass, watts } = bench();
    pdu.setFrozen(true);
    const before = watts();
    asics[0]?.sleep();
    pass(60_000);
    assert.deepEqual(watts(), before);
    pdu.clear();
    assert.ok((watts()[0] ?? NaN) < 50);
  });

  test("offset: the sum is off by as much", () => {
    const { pdu, asics, watts } = bench();
    pdu.setOffset(-900);
    const truth = asics.reduce((sum, asic) => sum + asic.powerW, 0);
    const sum = watts().reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - (truth - 900)) < 0.01 * truth);
  });
});
