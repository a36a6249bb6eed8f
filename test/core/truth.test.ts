import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { lasting, type Lasting } from "../../agent/core/lasting.ts";
import { nextStill, type Still } from "../../agent/core/stillness.ts";
import { checks, type DeviceTruth, type MeterTruth } from "../../agent/core/truth.ts";
import { seconds } from "../../agent/core/units.ts";

const NOMINAL = 12_000;
const meter = (id: string, rest: Partial<MeterTruth> = {}): MeterTruth => ({ id, isRack: true, complete: true, power: 3_000, outlets: [], ...rest });
const outlet = (name: string, power: number | null, registered = true) => ({ name, power, registered });
const device = (rest: Partial<DeviceTruth> = {}): DeviceTruth => ({ id: "asic-1", outlet: { name: "pdu-1/1", power: 3_000 }, own: 3_000, settled: true, whenOff: null, ...rest });

/** Looks once a second, and lists what is said and when. */
function watch(lengthS: number, look: (second: number) => { meters?: readonly MeterTruth[]; devices?: readonly DeviceTruth[] }): string[] {
  let open: Lasting = new Map();
  const heard: string[] = [];
  for (let second = 0; second < lengthS; second += 1) {
    const { meters = [], devices = [] } = look(second);
    const next = lasting(open, checks(meters, devices, NOMINAL), seconds(second));
    open = next.open;
    for (const { name, fields } of next.said) heard.push(`${second} ${name} ${String(fields["where"] ?? fields["device"] ?? fields["meter"])}${fields["energyWh"] === undefined ? "" : ` ${JSON.stringify(fields["energyWh"])} Wh`}`);
  }
  return heard;
}

describe("a machine and its outlet", () => {
  test("agree within 5 %", () => assert.deepEqual(watch(200, () => ({ devices: [device({ own: 3_140 })] })), []));
  test("differ by more for a minute: said with both, once, and taken back", () => {
    assert.deepEqual(watch(200, (second) => ({ devices: [device({ own: second < 100 ? 3_300 : 3_010 })] })), ["60 power.disagreed asic-1", "100 power.agreed asic-1"]);
    const { said } = lasting(new Map([["own asic-1", { since: seconds(0), said: false, seenAt: seconds(59), energyWh: 0 }]]), checks([], [device({ own: 3_300.4 })], NOMINAL), seconds(60));
    assert.deepEqual(said[0]?.fields, { device: "asic-1", ownW: 3_300, outlet: "pdu-1/1", outletW: 3_000 });
  });
  test("differ while something is on its way, or one is silent: nobody can say", () => {
    for (const rest of [{ settled: false }, { own: null }, { outlet: null }, { outlet: { name: "pdu-1/1", power: null } }]) assert.deepEqual(watch(200, () => ({ devices: [device({ own: 4_000, ...rest })] })), []);
  });
  test("a silence in between ends nothing", () => {
    assert.deepEqual(watch(200, (second) => ({ devices: [device({ own: second % 3 === 2 ? null : 3_300 })] })), ["60 power.disagreed asic-1"]);
  });
  test("a few watts asleep are no disagreement", () => assert.deepEqual(watch(200, () => ({ devices: [device({ own: 20, outlet: { name: "pdu-1/1", power: 60 } })] })), []));
});

describe("unregistered load", () => {
  test("an outlet that draws with nobody on it", () => {
    const look = (power: number) => ({ meters: [meter("pdu-1", { power: 3_000 + power, outlets: [outlet("pdu-1/1", 3_000), outlet("pdu-1/2", power, false)] })] });
    assert.deepEqual(watch(60, (second) => look(second < 40 ? 360 : 0)), ["10 load.unregistered pdu-1/2 1 Wh", "40 load.removed pdu-1/2 4 Wh"]);
    assert.deepEqual(watch(60, () => look(45)), [], "a lamp on the plug");
  });
  test("a feed that shows more than its outlets, for five minutes", () => {
    const look = (power: number) => ({ meters: [meter("pdu-1", { power, outlets: [outlet("pdu-1/1", 3_000), outlet("pdu-1/2", 3_000)] })] });
    assert.deepEqual(watch(400, () => look(6_140)), [], "150 W are the least");
    assert.deepEqual(watch(400, () => look(6_200)), ["300 load.unregistered pdu-1 17 Wh"]);
  });
  test("a meter above PDUs", () => {
    const look = (power: number) => ({ meters: [meter("feed", { power }), meter("pdu-1", { isRack: false, power: null, outlets: [outlet("pdu-1/1", 3_000)] }), meter("pdu-2", { isRack: false, power: null, outlets: [outlet("pdu-2/1", 3_000)] })] });
    assert.deepEqual(watch(400, () => look(7_000)), ["300 load.unregistered feed 83 Wh"]);
    assert.deepEqual(watch(400, () => look(5_500)), ["60 power.disagreed feed"], "outlets above the inlet");
    assert.deepEqual(watch(400, () => look(6_100)), []);
  });
  test("a PDU of which only some outlets are known explains nothing", () => {
    assert.deepEqual(watch(400, () => ({ meters: [meter("pdu-1", { power: 9_000, complete: false, outlets: [outlet("pdu-1/1", 3_000)] })] })), []);
  });
  test("an outlet that says nothing makes the sum unknown", () => {
    assert.deepEqual(watch(400, () => ({ meters: [meter("pdu-1", { power: 9_000, outlets: [outlet("pdu-1/1", 3_000), outlet("pdu-1/2", null)] })] })), []);
  });
  test("energy drawn while everything should be off", () => {
    const off = [device({ whenOff: 50, own: 50, outlet: null }), device({ id: "asic-2", whenOff: 0, own: null, outlet: null })];
    assert.deepEqual(watch(400, (second) => ({ meters: [meter("feed", { power: second < 350 ? 770 : 60 })], devices: off })), ["300 load.unregistered rack, which should be off 60 Wh", "350 load.removed rack, which should be off 70 Wh"]);
    assert.deepEqual(watch(400, () => ({ meters: [meter("feed", { power: 770 })], devices: [device({ outlet: null }), ...off] })), [], "one of them should run");
  });
});

describe("a meter that stands still", () => {
  const run = (looks: readonly { readonly figures: string; readonly said: number | null }[], resolution = 1): boolean[] => {
    let still: Still | null = null;
    return looks.map((look, second) => {
      still = nextStill(still, { ...look, resolution }, seconds(second));
      return still?.stalled ?? false;
    });
  };
  const looks = (count: number, figures: (second: number) => string, said: (second: number) => number | null) => Array.from({ length: count }, (_, second) => ({ figures: figures(second), said: said(second) }));

  test("is found when its machines go down without it", () => assert.equal(run(looks(20, () => "3000", (second) => (second < 5 ? 3_000 : 2_000))).indexOf(true), 10));
  test("is not while the machines stand still too", () => assert.ok(!run(looks(300, () => "3000", () => 3_000)).includes(true)));
  test("is not while its last digit moves", () => assert.ok(!run(looks(60, (second) => String(3_000 + (second % 2)), (second) => 3_000 - 20 * second)).includes(true)));
  test("a coarse one is given its steps", () => assert.ok(!run(looks(60, () => "3000", (second) => 3_000 + second * 8), 199).includes(true)));
  test("moves again", () => assert.deepEqual(run([...looks(20, () => "3000", (second) => 3_000 - 100 * second), { figures: "1100", said: 1_000 }]).slice(-2), [true, false]));
  test("says nothing where a machine is silent", () => assert.ok(!run(looks(60, () => "3000", (second) => (second === 0 ? 3_000 : null))).includes(true)));
});
