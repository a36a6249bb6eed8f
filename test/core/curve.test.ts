import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FREE } from "../../agent/core/allocate.ts";
import { capability, curveOf, entryOf, sameSetpoint } from "../../agent/core/curve.ts";
import { watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import type { Row } from "./rack.ts";
import { MINER, sleeper, SLEEP_W, to, tunable } from "./rack.ts";

const curveFrom = (rows: readonly Row[], sleeps = true) => curveOf(sleeps ? [tunable(rows), sleeper()] : [tunable(rows)], watts(SLEEP_W));
const rowsOf = fc.uniqueArray(fc.tuple(fc.integer({ min: 30, max: 5000 }), fc.integer({ min: 0, max: 200 })), { minLength: 1, maxLength: 30, selector: ([power]) => power })
  .map((pairs) => pairs.map(([power, hashrate], index): Row => [100 + index, power, hashrate]));

describe("curve", () => {
  test("entry 0 is asleep, the others rise in power, whatever order they came in", () => {
    const curve = curveFrom([[300, 1600, 74], [200, 1000, 50]]);
    assert.deepEqual([...curve.power], [25, 1000, 1600]);
    assert.deepEqual([...curve.hashrate], [0, 50, 74]);
    assert.deepEqual([...curve.frequency], [0, 200, 300]);
    assert.deepEqual(curve.setpoints, [{ kind: "sleep" }, to("200"), to("300")]);
  });
  test("it is built once for a capability list", () => assert.equal(curveOf(MINER, watts(SLEEP_W)), curveOf(MINER, watts(SLEEP_W))));
  test("a machine that cannot sleep has no setpoint for it", () => assert.equal(curveFrom([[200, 1000, 50]], false).setpoints[0], null));
  test("sleep draws what the capability says, else the nameplate's word", () => {
    assert.equal(curveOf([tunable(), sleeper({ sleepPower: 40 })], watts(25)).power[0], 40);
    assert.equal(curveOf([tunable()], watts(25)).power[0], 25);
  });
  test("capability finds by kind", () => {
    assert.equal(capability(MINER, "sleep")?.sleepPower, SLEEP_W);
    assert.equal(capability(MINER, "outlet"), null);
  });
});

describe("entryOf", () => {
  const curve = curveOf(MINER, watts(SLEEP_W));
  const cases: [string, Parameters<typeof entryOf>[1], number][] = [
    ["none", null, -1],
    ["asleep", { kind: "sleep" }, 0],
    ["its lowest point", to("200"), 1],
    ["its highest point", to("600"), 5],
    ["a point it does not have", to("601"), -1],
    ["a word of another kind", { kind: "boards", count: 2 }, -1],
    ["an outlet", { kind: "outlet", on: false }, -1],
  ];
  for (const [name, setpoint, expected] of cases) test(name, () => assert.equal(entryOf(curve, setpoint), expected));
});

describe("hull", () => {
  test("points below the line between their neighbours are left out", () => {
    assert.deepEqual([...curveFrom([[200, 1000, 10], [300, 2000, 100], [400, 3000, 110]]).hull(FREE).index], [0, 2, 3]);
  });
  test("a point that costs more and earns no more is left out", () => {
    assert.deepEqual([...curveFrom([[200, 1000, 50], [300, 2000, 50], [400, 3000, 40]]).hull(FREE).index], [0, 1]);
  });
  test("points on the line between their neighbours are left out", () => {
    assert.deepEqual([...curveFrom([[200, 1025, 50], [300, 2025, 100], [400, 3025, 150]]).hull(FREE).index], [0, 3]);
  });
  test("from an entry on, sleep stays", () => assert.deepEqual([...curveOf(MINER, watts(SLEEP_W)).hull({ ...FREE, from: 3 }).index], [0, 3, 4, 5]));
  test("without sleep the lowest entry allowed is the floor", () => assert.deepEqual([...curveFrom([[200, 1000, 50], [300, 1600, 74]], false).hull({ ...FREE, from: 2 }).index], [2]));
  test("it is built once for an entry", () => assert.equal(curveOf(MINER, watts(SLEEP_W)).hull({ ...FREE, from: 2 }), curveOf(MINER, watts(SLEEP_W)).hull({ ...FREE, from: 2 })));

  test("whatever the points: upper, concave, rising, and made of them", () => {
    fc.assert(fc.property(rowsOf, fc.nat(30), fc.boolean(), (rows, start, sleeps) => {
      const curve = curveFrom(rows, sleeps);
      const from = Math.min(Math.max(1, start), rows.length);
      const hull = curve.hull({ ...FREE, from });
      const vertices = [...hull.index];
      assert.deepEqual([...hull.power], vertices.map((entry) => curve.power[entry]));
      assert.deepEqual([...hull.hashrate], vertices.map((entry) => curve.hashrate[entry]));
      assert.ok(vertices.every((entry) => (entry === 0 ? sleeps : entry >= from)));
      for (let k = 1; k < vertices.length; k++) {
        assert.ok((hull.power[k] ?? 0) > (hull.power[k - 1] ?? 0) && (hull.hashrate[k] ?? 0) > (hull.hashrate[k - 1] ?? 0), "rising");
        if (k > 1) assert.ok((hull.slope[k - 1] ?? 0) < (hull.slope[k - 2] ?? 0), "concave");
      }
      for (const entry of curve.power.keys()) if (entry === 0 ? sleeps : entry >= from) assert.ok((curve.hashrate[entry] ?? 0) <= above(hull, curve.power[entry] ?? 0) + 1e-9, "upper");
    }));
  });
});

/** The hull's hashrate at a power: linear between vertices, flat beyond the last. */
function above(hull: { readonly power: Float64Array; readonly hashrate: Float64Array; readonly slope: Float64Array }, power: number): number {
  for (let k = hull.power.length - 1; k >= 0; k--) {
    if (power >= (hull.power[k] ?? Infinity)) return (hull.hashrate[k] ?? 0) + (hull.slope[k] ?? 0) * (power - (hull.power[k] ?? 0));
  }
  return 0;
}

describe("the same setpoint", () => {
  const rows: [string, Parameters<typeof sameSetpoint>, boolean][] = [
    ["asleep and asleep", [to("asleep"), to("asleep")], true],
    ["one point", [to("400"), to("400")], true],
    ["two points", [to("400"), to("500")], false],
    ["asleep and a point", [to("asleep"), to("400")], false],
    ["none and none", [null, null], true],
    ["none and asleep", [null, to("asleep")], false],
    ["one power", [{ kind: "power-limit", power: watts(1000) }, { kind: "power-limit", power: watts(1000) }], true],
    ["two powers", [{ kind: "power-limit", power: watts(1000) }, { kind: "power-limit", power: watts(900) }], false],
    ["two counts of boards", [{ kind: "boards", count: 1 }, { kind: "boards", count: 2 }], false],
    ["an outlet on and off", [{ kind: "outlet", on: true }, { kind: "outlet", on: false }], false],
  ];
  for (const [name, pair, expected] of rows) test(name, () => assert.equal(sameSetpoint(...pair), expected));
});
