import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";

import { loadProfile } from "../../drivers/modbus/load.ts";
import { placesOf, planReads } from "../../drivers/modbus/plan.ts";
import type { Profile } from "../../drivers/modbus/profile.ts";
import { profileWith } from "./profiles.ts";

const point = (address: number, type: string, fields: object = {}): object =>
  ({ group: "fast", table: "holding", address, type, ...(type === "bool" || type === "sunssf" || type === "string" ? {} : { scale: 1 }), ...fields });
const reads = (profile: Profile, counts: [string, number][] = []): string[] =>
  planReads(placesOf(profile, new Map(counts)), profile.limits).map(({ table, address, count, group }) => `${group} ${table} ${address}+${count}`);
const plan = (points: object, more: object = {}): string[] => reads(profileWith({ points, ...more }));

describe("the read plan", () => {
  test("neighbours go together, gaps do not", () => {
    assert.deepEqual(plan({ a: point(0, "i32"), b: point(2, "u16"), c: point(4, "u16") }), ["fast holding 0+3", "fast holding 4+1"]);
  });

  test("a gap is crossed where the profile allows it", () => {
    assert.deepEqual(plan({ a: point(0, "i32"), b: point(4, "u16"), c: point(8, "u16") }, { limits: { maxGapWords: 2 } }), ["fast holding 0+5", "fast holding 8+1"]);
  });

  test("tables and groups stay apart", () => {
    assert.deepEqual(plan({ a: point(0, "u16"), b: point(1, "u16", { table: "input" }), c: point(1, "u16", { group: "slow" }), d: point(0, "bool", { table: "coil" }) }),
      ["fast coil 0+1", "fast holding 0+1", "fast input 1+1", "slow holding 1+1"]);
  });

  test("a value is never split at the limit", () => {
    assert.deepEqual(plan({ a: point(0, "u64"), b: point(4, "u64"), c: point(8, "u16") }, { limits: { maxWords: 6 } }), ["fast holding 0+4", "fast holding 4+5"]);
  });

  test("values that share registers are one read", () => {
    assert.deepEqual(plan({ a: point(0, "u32"), low: point(1, "u16"), b: point(2, "u16") }), ["fast holding 0+3"]);
  });

  test("a value and its factor are one read, across whatever lies between", () => {
    assert.deepEqual(plan({ w: { ...point(18, "i16"), scale: undefined, scaleFrom: "wSf" }, wSf: point(22, "sunssf") }), ["fast holding 18+5"]);
  });

  test("addresses counted from 1 are one lower on the wire", () => {
    assert.deepEqual(plan({ a: point(3060, "f32") }, { addressBase: 1 }), ["fast holding 3059+2"]);
  });

  test("a negative stride", () => {
    const [first, , third] = placesOf(profileWith({ points: { "outlet.on": point(307, "bool", { repeat: [{ count: 3, stride: -1 }] }) } }), new Map());
    assert.deepEqual([first?.index, first?.address, third?.index, third?.address], [1, 307, 3, 305]);
    assert.deepEqual(plan({ "outlet.on": point(307, "bool", { repeat: [{ count: 20, stride: -1 }] }) }), ["fast holding 288+20"]);
  });

  test("bits have a limit of their own", () => {
    assert.deepEqual(plan({ "outlet.on": point(0, "bool", { table: "coil", repeat: [{ count: 40, stride: 1 }] }) }, { limits: { maxBits: 16, maxWords: 2 } }),
      ["fast coil 0+16", "fast coil 16+16", "fast coil 32+8"]);
  });

  test("a GUDE of 24 outlets, one line and one phase: 26 fast reads and 3 slow ones", () => {
    const blocks = reads(loadProfile("gude-epc"), [["outlets", 24], ["metered", 24], ["lines", 1], ["phases", 1]]);
    assert.equal(blocks.filter((block) => block.startsWith("fast")).length, 26);
    assert.deepEqual(blocks.slice(0, 4), ["fast coil 0+24", "fast input 1026+2", "fast input 14850+2", "fast input 15138+2"]);
    assert.deepEqual(blocks.filter((block) => block.startsWith("slow")), ["slow input 1024+2", "slow input 1028+2", "slow input 1032+2"]);
  });

  test("two lines of three phases are where the map has them", () => {
    const profile = loadProfile("gude-epc");
    const places = placesOf(profile, new Map([["outlets", 0], ["metered", 0], ["lines", 2], ["phases", 3]])).filter(({ key }) => key === "power");
    assert.deepEqual(places.map(({ address }) => address), [0x402, 0x462, 0x4c2, 0x522, 0x582, 0x5e2]);
  });

  test("a count the device did not tell is none", () => {
    assert.deepEqual(reads(loadProfile("gude-epc")).filter((block) => block !== "slow input 1032+2"), [], "but the frequency, which is not repeated");
  });

  test("whatever the profile: every value once and whole, no read over the limit", () => {
    const types = { u16: 1, i32: 2, u64: 4 } as const;
    const anyPoint = fc.record({ address: fc.nat(300), type: fc.constantFrom("u16", "i32", "u64"), group: fc.constantFrom("fast", "slow"), table: fc.constantFrom("holding", "input") });
    fc.assert(fc.property(fc.array(anyPoint, { minLength: 1, maxLength: 30 }), fc.integer({ min: 4, max: 125 }), fc.nat(10), (points, maxWords, maxGapWords) => {
      const profile = profileWith({ points: Object.fromEntries(points.map((fields, at) => [`p${at}`, { ...fields, scale: 1 }])), limits: { maxWords, maxGapWords } });
      const blocks = planReads(placesOf(profile, new Map()), profile.limits);
      assert.deepEqual(blocks.flatMap(({ places }) => places.map(({ key }) => key)).toSorted(), points.map((_, at) => `p${at}`).toSorted());
      for (const { address, count, places, group, table } of blocks) {
        assert.ok(count <= maxWords);
        for (const place of places) {
          assert.ok(place.address >= address && place.address + types[place.point.type as "u16"] <= address + count);
          assert.deepEqual([place.point.group, place.point.table], [group, table]);
        }
      }
    }), { numRuns: 100, seed: 4 });
  });
});
