import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LARGEST_DOCUMENT, readJson } from "../../agent/signal/json.ts";

const read = (text: string): unknown => {
  const result = readJson(Buffer.from(text));
  return result.ok ? result.value : result.code;
};

describe("untrusted JSON", () => {
  const refused: readonly (readonly [why: string, text: string, code: string])[] = [
    ["a key twice", '{"a":1,"a":2}', "SCHEMA"],
    ["a key twice in two spellings", '{"a":1,"\\u0061":2}', "SCHEMA"],
    ["a key twice deep inside", '[{"x":{"a":1,"b":[1],"a":2}}]', "SCHEMA"],
    ["__proto__", '{"__proto__":{"limitW":1}}', "SCHEMA"],
    ["an integer that would be rounded", '{"seq":9007199254740993}', "SCHEMA"],
    ["a number beyond all numbers", '{"maxW":1e999}', "SCHEMA"],
    ["a huge negative one", '{"maxW":-1e400}', "SCHEMA"],
    ["too deep", `${"[".repeat(17)}${"]".repeat(17)}`, "SCHEMA"],
    ["much too deep", "[".repeat(60_000), "SCHEMA"],
    ["too large", `"${"x".repeat(LARGEST_DOCUMENT)}"`, "TOO_LARGE"],
    ["cut off", '{"a":1', "SCHEMA"],
    ["a string that never ends", '{"a', "SCHEMA"],
    ["an escape at the end", '{"a\\', "SCHEMA"],
    ["a bad escape in a key", '{"\\x":1}', "SCHEMA"],
    ["a byte order mark", "\ufeff{}", "SCHEMA"],
    ["NaN", '{"a":NaN}', "SCHEMA"],
    ["a comment", "{/**/}", "SCHEMA"],
    ["nothing", "", "SCHEMA"],
    ["two documents", "{}{}", "SCHEMA"],
  ];
  for (const [why, text, code] of refused) test(`refuses ${why}`, () => assert.equal(read(text), code));

  test("refuses what is not UTF-8", () => assert.equal(readJson(Buffer.from([0x7b, 0xff, 0x7d])).ok, false));

  const accepted: readonly string[] = [
    '{"a":[1,2,{"a":1}],"b":{"a":1}}', '["a","a",{"x":"a"}]', '{"a":"{\\"a\\":1,\\"a\\":2}"}', '{"a":",","b":"\\\\"}', "9007199254740991", "-0.5e-3",
    `${"[".repeat(16)}${"]".repeat(16)}`, ' { "a" : 1 , "b" : 2 } ', '{"":0}',
  ];
  for (const text of accepted) test(`reads ${text.slice(0, 40)}`, () => assert.deepEqual(read(text), JSON.parse(text)));

  test("reads whatever JSON.stringify writes, as JSON.parse does", () => {
    const value = fc.jsonValue({ maxDepth: 6 });
    fc.assert(
      fc.property(value, (written) => {
        const text = JSON.stringify(written);
        const unsafe = /\d{16}|e\+?\d\d/.test(text) || text.includes("__proto__");
        const result = readJson(Buffer.from(text));
        if (!unsafe) assert.deepEqual(result, { ok: true, value: JSON.parse(text) });
      }),
      { numRuns: 500 },
    );
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."{}[]\",:\\u0061-+.eE123 tfn"), maxLength: 60 }), (text) => void readJson(Buffer.from(text))), { numRuns: 2_000 });
  });
});
