import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { acknowledged, answered, isUnknown, parseFor, RefusedError, statusOf } from "../../drivers/cgminer/reply.ts";
import { hashrateAt, perTerahashOf } from "../../drivers/cgminer/hashrate.ts";

const status = (letter: string, code = 11): ReturnType<typeof parseFor> => ({ STATUS: [{ STATUS: letter, Code: code, Msg: "words", Description: "cgminer" }] });

describe("the STATUS of a reply", () => {
  const letters = [
    { letter: "S", report: true, write: true },
    { letter: "I", report: true, write: false },
    { letter: "W", report: true, write: false },
    { letter: "E", report: false, write: false },
    { letter: "F", report: false, write: false },
    { letter: "RESTART", report: true, write: false },
  ];
  for (const { letter, report, write } of letters) {
    test(`${letter} ${report ? "answers" : "refuses"} a report and ${write ? "acknowledges" : "refuses"} a write`, () => {
      const attempts = [[report, () => answered("devs", status(letter))], [write, () => acknowledged("frequencyset", status(letter))]] as const;
      for (const [good, attempt] of attempts) {
        if (good) assert.deepEqual(attempt(), status(letter));
        else assert.throws(attempt, (error) => error instanceof RefusedError && error.code === "refused" && /words, code 11/.test(error.message));
      }
    });
  }

  test("is read from a list, an object, or flat beside the message", () => {
    const read = { letter: "S", code: 131, message: "API command OK", description: null };
    const row = { STATUS: "S", Code: "131", Msg: "API command OK" };
    for (const reply of [{ STATUS: [row] }, { STATUS: row }, row]) assert.deepEqual(statusOf(reply), read);
    assert.deepEqual(statusOf({ STATUS: "E", Code: 14, Msg: { reason: "invalid" } }), { letter: "E", code: 14, message: null, description: null });
  });

  test("is malformed when missing", () => {
    assert.equal(statusOf({ SUMMARY: [] }), null);
    assert.throws(() => answered("summary", { SUMMARY: [] }), { code: "malformed" });
  });

  test("14 and 45 are unknown commands", () => {
    assert.deepEqual([14, 45, 23].map((code) => isUnknown(statusOf(status("E", code)))), [true, true, false]);
  });
});

test("a reply that is no object is a DeviceError that names the command", () => {
  for (const text of ["", "[]", '{"a":', "STATUS=S|"]) {
    assert.throws(() => parseFor("summary", text), (error) => error instanceof DeviceError && error.code === "malformed" && error.message.startsWith("summary: "));
  }
});

test("hashrates become TH/s whatever unit the key names", () => {
  assert.equal(hashrateAt({ "MHS 5s": 95_000_000 }, "5s"), 95);
  assert.equal(hashrateAt({ "GHS 5s": "13500.5" }, "5s"), 13.5005);
  assert.equal(hashrateAt({ "THS av": 120 }, "av"), 120);
  assert.equal(hashrateAt({ "MHS av": 1 }, "5s"), null);
  assert.equal(hashrateAt({ "GHS 5s": -1 }, "5s"), null);
  assert.deepEqual(["GH/s", "th", " MH/s", "KHS", "PH/s", "H/s", "Sol/s", "", "GB/s"].map(perTerahashOf), [1e3, 1, 1e6, 1e9, 1e-3, null, null, null, null]);
});
