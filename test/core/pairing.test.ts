import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { dipOf } from "../../agent/core/dip.ts";
import type { Capability } from "../../agent/core/model.ts";
import { isUnsure, pairingOf, together, type Dip } from "../../agent/core/pairing.ts";
import { megahertz, millis, seconds, terahash, watts } from "../../agent/core/units.ts";

const dip = (device: string, expected: number, drops: Record<string, number>): Dip => ({ device, expected, drops: new Map(Object.entries(drops)) });

describe("which outlet moved", () => {
  test("the one that shows what the machine says, and how sure that is", () => {
    const { pairs, conflicts, unmatched } = pairingOf([dip("asic-1", 800, { "pdu-1/1": 6, "pdu-1/2": 812, "pdu-1/3": -11 })]);
    assert.deepEqual(pairs, [{ device: "asic-1", outlet: "pdu-1/2", confidence: 0.99, dropW: 812, expectedW: 800 }]);
    assert.deepEqual([conflicts, unmatched], [[], []]);
  });

  test("another that moves with it leaves doubt", () => {
    const doubtful = dip("asic-1", 800, { "pdu-1/1": 300, "pdu-1/2": 812 });
    assert.equal(isUnsure(doubtful), true);
    assert.equal(pairingOf([doubtful]).pairs[0]?.confidence, 0.63);
    const again = together(doubtful, dip("asic-1", 800, { "pdu-1/1": -20, "pdu-1/2": 790 }));
    assert.equal(isUnsure(again), false, "the second look settles it");
  });

  test("a drop far from what the machine says is less sure", () => {
    assert.ok((pairingOf([dip("asic-1", 800, { "pdu-1/1": 450 })]).pairs[0]?.confidence ?? 1) < 0.7);
  });

  test("two machines on one outlet are a conflict, and neither is taken", () => {
    const { pairs, conflicts } = pairingOf([dip("asic-1", 800, { "pdu-1/1": 810 }), dip("asic-2", 800, { "pdu-1/1": 790 }), dip("asic-3", 800, { "pdu-1/2": 790 })]);
    assert.deepEqual(pairs.map(({ device }) => device), ["asic-3"]);
    assert.deepEqual(conflicts.map(({ devices, outlets }) => [devices, outlets]), [[["asic-1", "asic-2"], ["pdu-1/1"]]]);
  });

  test("a machine with a cord on each of two outlets is one too", () => {
    const { pairs, conflicts } = pairingOf([dip("asic-1", 800, { "pdu-1/1": 410, "pdu-1/2": 395, "pdu-1/3": 4 })]);
    assert.deepEqual(pairs, []);
    assert.deepEqual(conflicts[0]?.outlets, ["pdu-1/1", "pdu-1/2"]);
    assert.match(conflicts[0]?.why ?? "", /asic-1 moved pdu-1\/1 by 410 W and pdu-1\/2 by 395 W/);
  });

  const without: [string, Dip, RegExp][] = [
    ["no outlet moves", dip("asic-1", 800, { "pdu-1/1": 9, "pdu-1/2": -4 }), /no outlet by more than 9 W: it hangs on none of these/],
    ["it does not follow", dip("asic-1", 5, { "pdu-1/1": 2 }), /it went down by 5 W only: it does not follow/],
    ["nothing was metered", dip("asic-1", 800, {}), /no outlet was metered/],
    ["others rise", dip("asic-1", 800, { "pdu-1/1": -500 }), /by more than 0 W/],
  ];
  for (const [name, one, why] of without) {
    test(`unmatched: ${name}`, () => {
      const { pairs, unmatched } = pairingOf([one]);
      assert.deepEqual(pairs, []);
      assert.match(unmatched[0]?.why ?? "", why);
    });
  }
});

describe("how deep", () => {
  const live = { fixed: seconds(2), perMegahertz: millis(20), highest: "ends", hashing: true, confirm: "readback" } as const;
  const restarts = { fixed: seconds(40), perMegahertz: millis(0), highest: "default", hashing: false, confirm: "meter" } as const;
  const point = (id: number, power: number) => ({ id: String(id), frequency: megahertz(id), voltage: null, power: watts(power), hashrate: terahash(power / 25) });
  const points = (transition: typeof live | typeof restarts): Capability => ({ kind: "points", points: [point(300, 1_200), point(450, 2_000), point(500, 2_300), point(600, 2_900)], down: transition, up: transition });
  const sleep: Capability = { kind: "sleep", sleepPower: watts(50), down: { ...restarts, fixed: seconds(5) }, up: restarts };

  const cases: [string, readonly Capability[], { power: number; most: number }, string | null][] = [
    ["a third less, live", [points(live), sleep], { power: 2_900, most: 3_000 }, "450"],
    ["no more than allowed", [points(live), sleep], { power: 2_900, most: 700 }, "500"],
    ["nothing that deep is allowed", [points(live), sleep], { power: 2_900, most: 200 }, null],
    ["asleep where a tune restarts it", [points(restarts), sleep], { power: 2_900, most: 3_000 }, "sleep"],
    ["not asleep where that is too much at once", [points(restarts), sleep], { power: 2_900, most: 2_000 }, null],
    ["already low", [points(live)], { power: 1_200, most: 3_000 }, null],
  ];
  for (const [name, capabilities, now, expected] of cases) {
    test(name, () => {
      const setpoint = dipOf(capabilities, now)?.setpoint;
      assert.equal(setpoint === undefined ? null : setpoint.kind === "points" ? setpoint.point : setpoint.kind, expected);
    });
  }
});
