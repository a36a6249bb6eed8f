import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { field, numberAt, rowsAt, textAt, type Json } from "../../drivers/cgminer/json.ts";
import { ReplySyntaxError } from "../../drivers/cgminer/mend.ts";
import { parseReply } from "../../drivers/cgminer/parse.ts";
import { corpus } from "./corpus.ts";

describe("the corpus", () => {
  const entries = corpus();

  test("has every malformation seen in the field", () => assert.ok(entries.length >= 38));

  for (const { name, text, what, mended = [], says = {}, refused } of entries) {
    test(`${name}: ${what}`, () => {
      if (refused !== undefined) {
        assert.throws(() => parseReply(text), (error) => error instanceof ReplySyntaxError && error.cut === (refused === "cut"));
        return;
      }
      const reply = parseReply(text);
      assert.deepEqual([...reply.mended].toSorted(), [...mended].toSorted());
      for (const [path, expected] of Object.entries(says)) assert.equal(at(reply.value, path, typeof expected === "string"), expected, path);
    });
  }
});

describe("valid JSON", () => {
  const replies = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));

  test("is what JSON.parse makes of it", () => {
    fc.assert(fc.property(replies, (reply) => {
      const text = JSON.stringify(reply);
      assert.deepEqual(parseReply(text), { value: JSON.parse(text) as unknown, mended: [] });
    }), { numRuns: 500 });
  });

  test("comes out of the mending parser the same", () => {
    fc.assert(fc.property(replies, (reply) => {
      const text = JSON.stringify(reply);
      assert.deepEqual(parseReply(text.replace("{", "{,")), { value: JSON.parse(text) as unknown, mended: ["leading-comma"] });
    }), { numRuns: 500 });
  });

  test("is refused as cut wherever it is cut", () => {
    fc.assert(fc.property(replies, fc.nat(), (reply, cut) => {
      const text = JSON.stringify(reply);
      refuses(text.slice(0, cut % text.length));
    }), { numRuns: 2000 });
  });

  test("may nest 32 deep and no deeper, brackets in strings aside", () => {
    const nested = (depth: number): string => `${"[".repeat(depth)}"${"{[".repeat(50)}"${"]".repeat(depth)}`;
    assert.deepEqual(parseReply(nested(32)).mended, []);
    assert.throws(() => parseReply(nested(33)), /nested deeper than 32/);
    assert.throws(() => parseReply("[".repeat(100_000) + "]".repeat(100_000)), /nested deeper than 32/);
  });

  test("is refused when it is longer than 4 MiB", () => assert.throws(() => parseReply(`["${"x".repeat(4 * 1024 * 1024)}"]`), /longer than/));

  test("keeps __proto__ an ordinary key", () => {
    const { value } = parseReply('{,"__proto__":{"polluted":1}}');
    assert.equal(textAt(value, "polluted"), null);
    assert.deepEqual(Object.keys(value as object), ["__proto__"]);
  });
});

describe("any mended reply", () => {
  const mendable = corpus().filter((entry) => entry.refused === undefined);

  test("is refused as cut wherever it is cut", () => {
    for (const { text } of mendable) for (let cut = 0; cut < text.trimEnd().length; cut++) refuses(text.slice(0, cut));
  });
});

test("20,000 mutations of the corpus neither crash nor hang nor grow", () => {
  const bases = corpus().map((entry) => entry.text);
  const spice = ["{", "}", "[", "]", ",", ":", '"', '""', "\\", "\\u", "\0", "\n", "nan", "-inf", "1e999", "-", "é", "\ud800", " "];
  const edit = fc.record({ at: fc.nat(2000), cut: fc.nat(12), paste: fc.constantFrom("", ...spice) });
  fc.assert(fc.property(fc.constantFrom(...bases), fc.array(edit, { minLength: 1, maxLength: 6 }), (base, edits) => {
    const text = edits.reduce((now, { at: where, cut, paste }) => {
      const from = where % (now.length + 1);
      return now.slice(0, from) + paste + now.slice(from + cut);
    }, base);
    try {
      // A control character becomes six characters, a bare number in a list its own text: nothing grows beyond that.
      assert.ok(JSON.stringify(parseReply(text).value).length <= 6 * text.length + 16);
    } catch (error) {
      assert.ok(error instanceof ReplySyntaxError, String(error));
    }
  }), { numRuns: 20_000 });
});

test("time grows with the length, not with its square", () => {
  const entry = '{"temp1":nan,"path":"a\\b","rate":"1"}';
  const long = `{"STATS":[${entry.repeat(50_000)}]}`;
  const began = performance.now();
  assert.equal(rowsAt(parseReply(long).value, "STATS").length, 50_000);
  assert.ok(performance.now() - began < 2_000);
});

describe("asking a reply", () => {
  const reply: Json = { "Type ": " S19 ", temp1: "61.5", rate: "4500 GH", fan: null, flag: "Y", huge: Infinity, one: { a: 1 } };

  test("tolerates spaces, capitals and numbers as strings", () => {
    assert.equal(textAt(reply, "type"), "S19");
    assert.equal(numberAt(reply, "Temp1"), 61.5);
  });

  test("makes null, never zero, of what is absent, empty, infinite or not a number", () => {
    for (const key of ["missing", "fan", "rate", "huge", "one"]) assert.equal(numberAt(reply, key), null, key);
    assert.equal(numberAt(null, "x"), null);
    assert.equal(numberAt([], "length"), null);
    assert.equal(textAt(reply, "constructor"), null);
  });

  test("takes a single object for a list of one", () => assert.deepEqual(rowsAt(reply, "one"), [{ a: 1 }]));
});

function refuses(text: string): void {
  assert.throws(() => parseReply(text), ReplySyntaxError);
}

function at(value: Json, path: string, text: boolean): number | string | null {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let here: Json | undefined = value;
  for (const key of keys) here = Array.isArray(here) ? (here as readonly Json[])[Number(key)] : field(here, key);
  if (Array.isArray(here)) here = { [last]: (here as readonly Json[])[Number(last)] ?? null };
  return text ? textAt(here, last) : numberAt(here, last);
}
