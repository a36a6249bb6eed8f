import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json } from "../../drivers/cgminer/json.ts";
import { errorsOf } from "../../drivers/whatsminer/error-words.ts";

describe("error codes in words, whatever shape they come in", () => {
  const rows: [string, Json, string[]][] = [
    ["none", [], []],
    ["not said", null, []],
    ["zero means none", [0, "0"], []],
    ["numbers", [206, 600], ["power supply: input voltage too low (206)", "inlet air too hot (600)"]],
    ["text", ["301"], ["board 1: temperature sensor not found (301)"]],
    ["an object of code and time", { "531": "2026-01-02 03:04:05" }, ["board 1: not found (531)"]],
    ["a list of such objects, with a reason beside", [{ "206": "2026-01-02 03:04:05", reason: "vin 180" }, { "2010": "x" }], ["power supply: input voltage too low (206)", "all pools disabled (2010)"]],
    ["a named code", [{ code: "111", desc: "fan" }], ["outlet fan: no speed (111)"]],
    ["mixed, repeated", ["140", { "140": "t" }, 140], ["fans too fast: check inlet air and dust (140)"]],
    ["unknown", ["99999"], ["error 99999"]],
    ["no codes at all", ["", "abc", true, null, ["206"], 1.5, -3], []],
  ];
  for (const [name, given, expected] of rows) test(name, () => assert.deepEqual(errorsOf(given), expected));

  test("anything gives a short list of words", () => {
    fc.assert(fc.property(fc.jsonValue(), (given) => errorsOf(given as Json).every((words) => words.length < 80)));
    assert.equal(errorsOf(Array.from({ length: 10_000 }, (_, code) => code)).length, 32);
  });
});
