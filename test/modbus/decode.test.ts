import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { decode, wordsOf } from "../../drivers/modbus/decode.ts";
import type { Value } from "../../drivers/modbus/decode.ts";
import type { RawValue } from "../../drivers/modbus/profile.ts";

const HIGH = { wordOrder: "high-first", byteOrder: "high-first" } as const;
const at = (fields: Partial<RawValue> & Pick<RawValue, "type">): RawValue => ({ table: "holding", address: 0, ...fields });
const scaled = (type: RawValue["type"], fields: Partial<RawValue> = {}): RawValue => at({ type, scale: 1, ...fields });

const cases: [string, RawValue, number[], Value][] = [
  ["u16", scaled("u16"), [0xfffe], 65_534],
  ["i16", scaled("i16"), [0xfffe], -2],
  ["u32", scaled("u32"), [0xffff, 0xfffe], 4_294_967_294],
  ["i32", scaled("i32"), [0xffff, 0xfffe], -2],
  ["i32, low word first", scaled("i32", { wordOrder: "low-first" }), [0x0002, 0x0001], 0x10002],
  ["i32, bytes swapped in each word", scaled("i32", { byteOrder: "low-first" }), [0x0100, 0x0200], 0x10002],
  ["i32, all bytes the other way round", scaled("i32", { wordOrder: "low-first", byteOrder: "low-first" }), [0x0200, 0x0100], 0x10002],
  ["u64", scaled("u64"), [0, 1, 0, 2], 4_294_967_298],
  ["i64, low word first", scaled("i64", { wordOrder: "low-first" }), [0xfffe, 0xffff, 0xffff, 0xffff], -2],
  ["f32 of 230.5", scaled("f32"), [0x4366, 0x8000], 230.5],
  ["f32, low word first", scaled("f32", { wordOrder: "low-first" }), [0x8000, 0x4366], 230.5],
  ["f64 of -0.25", scaled("f64"), [0xbfd0, 0, 0, 0], -0.25],
  ["f32 not a number", scaled("f32"), [0x7fc0, 0], null],
  ["f32 infinite", scaled("f32"), [0x7f80, 0], null],
  ["f64 not a number", scaled("f64"), [0x7ff8, 0, 0, 1], null],
  ["tenths without a binary tail", at({ type: "u16", scale: 0.1 }), [2311], 231.1],
  ["hundredths", at({ type: "i32", scale: 0.01 }), [0, 4998], 49.98],
  ["kilowatts to watts", at({ type: "f32", scale: 1000 }), [0x4048, 0xf5c3], 3140.000104904175],
  ["a current transformer turned round", at({ type: "i16", scale: -1 }), [3000], -3000],
  ["i16 sentinel", scaled("i16", { invalid: [0x8000] }), [0x8000], null],
  ["one above the sentinel", scaled("i16", { invalid: [0x8000] }), [0x8001], -32_767],
  ["u32 sentinel in wire order low word first", scaled("u32", { wordOrder: "low-first", invalid: [0x7fff0000] }), [0x0000, 0x7fff], null],
  ["one of two sentinels", scaled("u16", { invalid: [0x7fff, 0xffff] }), [0xffff], null],
  ["u64 sentinel beyond 2^53", scaled("u64", { invalid: ["0xffffffffffffffff"] }), [0xffff, 0xffff, 0xffff, 0xffff], null],
  ["f32 sentinel by its bits", scaled("f32", { invalid: [0xff7fffff] }), [0xff7f, 0xffff], null],
  ["a zero is a zero", scaled("u16", { invalid: [0x8000], range: [0, 10] }), [0], 0],
  ["within range", scaled("i16", { range: [-5, 5] }), [5], 5],
  ["above range is unknown, not clamped", scaled("i16", { range: [-5, 5] }), [6], null],
  ["below range", scaled("i16", { range: [-5, 5] }), [0xfffa], null],
  ["range is in the unit, not raw", at({ type: "u16", scale: 0.1, range: [80, 300] }), [2300], 230],
  ["linear, low end", at({ type: "u16", linear: { raw: [0, 9999], value: [-100, 100] } }), [0], -100],
  ["linear, high end", at({ type: "u16", linear: { raw: [0, 9999], value: [-100, 100] } }), [9999], 100],
  ["linear, between", at({ type: "u16", linear: { raw: [0, 10_000], value: [0, 828] } }), [2500], 207],
  ["linear, falling", at({ type: "u16", linear: { raw: [0, 100], value: [50, 0] } }), [75], 12.5],
  ["linear, beyond its end", at({ type: "u16", linear: { raw: [0, 9999], value: [0, 828] } }), [10_000], null],
  ["sunssf", at({ type: "sunssf" }), [0xfffe], -2],
  ["sunssf not implemented", at({ type: "sunssf" }), [0x8000], null],
  ["sunssf beyond what is allowed", at({ type: "sunssf" }), [11], null],
  ["bool of a register", at({ type: "bool" }), [1], true],
  ["bool off", at({ type: "bool" }), [0], false],
  ["bool that is neither", at({ type: "bool" }), [2], null],
  ["bit set", at({ type: "bits", bit: 3 }), [0x0008], true],
  ["bit clear", at({ type: "bits", bit: 3 }), [0xfff7], false],
  ["highest bit", at({ type: "bits", bit: 15 }), [0x8000], true],
  ["masked bits", at({ type: "bits", mask: 0x0f00 }), [0xabcd], 0xb],
  ["masked bits, bytes swapped", at({ type: "bits", mask: 0x00ff, byteOrder: "low-first" }), [0x1234], 0x12],
  ["string", at({ type: "string", words: 4 }), [0x4550, 0x4320, 0x3800, 0x4141], "EPC 8"],
  ["string, bytes swapped", at({ type: "string", words: 2, byteOrder: "low-first" }), [0x5045, 0x2043], "EPC"],
  ["empty string", at({ type: "string", words: 1 }), [0x0041], null],
  ["string of noise", at({ type: "string", words: 1 }), [0x41ff], null],
  ["too few registers", scaled("u32"), [1], null],
  ["too many registers", scaled("u16"), [1, 2], null],
];

describe("registers become values", () => {
  for (const [name, value, words, expected] of cases) test(name, () => assert.equal(decode(value, words, HIGH), expected));

  test("the profile's orders hold where the value has none", () => {
    const low = { wordOrder: "low-first", byteOrder: "high-first" } as const;
    assert.equal(decode(scaled("u32"), [2, 1], low), 0x10002);
    assert.equal(decode(scaled("u32", { wordOrder: "high-first" }), [1, 2], low), 0x10002);
  });

  test("a scale factor from the device", () => {
    const value = at({ type: "i16", scaleFrom: "factor" });
    assert.equal(decode(value, [12_345], HIGH, -1), 1234.5);
    assert.equal(decode(value, [12], HIGH, 2), 1200);
    assert.equal(decode(value, [12], HIGH, 0), 12);
    assert.equal(decode(value, [12], HIGH, null), null, "without its factor a number means nothing");
  });

  test("reading leaves the registers as they are", () => {
    const words = [1, 2];
    decode(scaled("u32", { wordOrder: "low-first" }), words, HIGH);
    assert.deepEqual(words, [1, 2]);
  });

  test("lengths", () => {
    assert.deepEqual((["u16", "sunssf", "f32", "u64", "f64", "bits"] as const).map((type) => wordsOf(at({ type }))), [1, 1, 2, 4, 4, 1]);
    assert.equal(wordsOf(at({ type: "string", words: 16 })), 16);
  });
});
