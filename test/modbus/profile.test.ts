import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import { ConfigError } from "../../agent/runtime/errors.ts";
import { loadProfile, parseProfile } from "../../drivers/modbus/load.ts";
import { METER, profileWith, yamlOf } from "./profiles.ts";

const power = { group: "fast", table: "input", address: 0, type: "i32", scale: 1, unit: "W" };
const point = (fields: object): object => ({ points: { power: { ...power, ...fields } } });
const outlets = { "outlet.on": { group: "fast", table: "coil", address: 0, type: "bool", repeat: [{ count: 8, stride: 1 }] } };

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "curtaild-profiles-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe("profiles are found", () => {
  test("GUDE ships with the package", () => {
    const gude = loadProfile("gude-epc");
    assert.equal(gude.status, "vendor-doc");
    assert.equal(gude.points["outlet.power"]?.address, 0x3a02);
    assert.equal(gude.limits.maxWords, 125);
  });

  test("a site's own comes first", (t) => {
    const own = directory(t);
    writeFileSync(join(own, "gude-epc.yaml"), yamlOf({ profile: "gude-epc", title: "Ours" }));
    assert.equal(loadProfile("gude-epc", [own]).title, "Ours");
    assert.equal(loadProfile("gude-epc", [directory(t)]).title, "GUDE Expert Power Control 80xx, 82xx, 83xx");
  });

  test("a name that is none says where it was looked for", (t) => {
    const own = directory(t);
    assert.throws(() => loadProfile("no-such", [own]), (error) => error instanceof ConfigError && error.message.includes(own) && error.message.includes("profiles"));
    assert.throws(() => loadProfile("../../etc/passwd", [own]), ConfigError);
  });

  test("a file is called like its profile", (t) => {
    const own = directory(t);
    writeFileSync(join(own, "other.yaml"), yamlOf({}));
    assert.throws(() => loadProfile("other", [own]), /other\.yaml: profile: must be other/);
  });
});

describe("a fault is named with its path and its cure", () => {
  const cases: [string, object, string, RegExp][] = [
    ["no scale", point({ scale: undefined }), "points.power", /exactly one of scale, linear, scaleFrom is needed, 0/],
    ["two scales", point({ linear: { raw: [0, 1], value: [0, 1] } }), "points.power", /exactly one of scale, linear, scaleFrom is needed, 2/],
    ["a scale of nothing", point({ scale: 0 }), "points.power.scale", /0 hides the value/],
    ["a scaled bool", point({ type: "bool" }), "points.power", /a bool has no scale/],
    ["a line without slope", point({ scale: undefined, linear: { raw: [5, 5], value: [0, 1] } }), "points.power.linear.raw", /two different/],
    ["an unknown type", point({ type: "i24" }), "points.power.type", /i32/],
    ["an unknown table", point({ table: "register" }), "points.power.table", /coil/],
    ["a number in a coil", point({ table: "coil" }), "points.power.type", /a coil is a bool/],
    ["no such group", point({ group: "quick" }), "points.power.group", /write it under groups, or use fast, slow/],
    ["the wrong unit", point({ unit: "kW" }), "points.power.unit", /in W/],
    ["no unit", point({ unit: undefined }), "points.power.unit", /in W/],
    ["an address beyond", point({ address: 65_535 }), "points.power.address", /beyond 0xffff/],
    ["an address that is none", point({ address: -1 }), "points.power.address", />=0/],
    ["address 0 counted from 1", { addressBase: 1 }, "points.power.address", /below 1/],
    ["a typing error", point({ scael: 1 }), "points.power", /scael/],
    ["a sentinel that is none", point({ invalid: ["8000"] }), "points.power.invalid[0]", /./],
    ["a range upside down", point({ range: [5, 1] }), "points.power.range", /smaller/],
    ["a stride of 0", point({ repeat: [{ count: 3, stride: 0 }], combine: "sum" }), "points.power.repeat[0].stride", /again and again/],
    ["a repeat that falls below 0", point({ repeat: [{ count: 3, stride: -2 }], combine: "sum" }), "points.power.address", /below 0/],
    ["a count nobody tells", point({ repeat: [{ count: "lines", stride: 2 }], combine: "sum" }), "points.power.repeat[0].count", /under counts/],
    ["repeated and not combined", point({ repeat: [{ count: 3, stride: 2 }] }), "points.power", /combine/],
    ["no string length", { points: { model: { group: "slow", table: "holding", address: 0, type: "string" } } }, "points.model.words", /needs it/],
    ["bits without a bit", { points: { alarm: { group: "slow", table: "holding", address: 0, type: "bits" } } }, "points.alarm", /exactly one of bit and mask/],
    ["a factor that is none", point({ scale: undefined, scaleFrom: "factor" }), "points.power.scaleFrom", /type sunssf/],
    ["a value longer than a read", { ...point({ type: "i64" }), limits: { maxWords: 3 } }, "points.power", /maxWords/],
    ["no fast group", { groups: { slow: { intervalMs: 1000, staleAfterMs: 3000 }, fast: { intervalMs: 500, staleAfterMs: 3000 } } }, "groups", /intervalMs: 0/],
    ["stale before it comes", { groups: { fast: { intervalMs: 0, staleAfterMs: 1 }, slow: { intervalMs: 1000, staleAfterMs: 900 } } }, "groups.slow.staleAfterMs", /longer than intervalMs/],
    ["too long a read", { limits: { maxWords: 126 } }, "limits.maxWords", /<=125/],
    ["no sources", { sources: [] }, "sources", /./],
    ["a status of one's own", { status: "works" }, "status", /vendor-doc/],
    ["a count upside down", { counts: { lines: { table: "input", address: 3, least: 4, most: 3 } } }, "counts.lines.least", /more than most/],
    ["a probe that accepts all", { identify: [{ means: "voltage", table: "input", address: 4, type: "u16", scale: 1 }] }, "identify[0]", /equals and range/],
    ["switching what cannot be read", { switch: { table: "coil", address: 0, stride: 1 } }, "switch", /outlet\.on/],
    ["a register without values", { points: outlets, switch: { table: "holding", address: 0, stride: 1, on: 1 } }, "switch", /two different values/],
    ["a register that cannot go off", { points: outlets, switch: { table: "holding", address: 0, stride: 1, on: 1, off: 1 } }, "switch", /two different values/],
    ["a coil with values", { points: outlets, switch: { table: "coil", address: 0, stride: 1, on: 1, off: 0 } }, "switch", /remove on and off/],
    ["orders below address 0", { points: outlets, switch: { table: "holding", address: 3, stride: -1, on: 1, off: 2 } }, "switch.address", /outlet 8/],
    ["power nobody measures", { points: outlets, switch: { table: "coil", address: 0, stride: 1, confirm: { power: { offBelowW: 20, withinMs: 100 } } } }, "switch.confirm.power", /outlet\.power/],
    ["an outlet's point without outlets", { points: { "outlet.power": power } }, "points.outlet.power", /one repeat/],
    ["an outlet's state that is a number", { points: { "outlet.on": { ...outlets["outlet.on"], table: "holding", type: "u16", scale: 1 } } }, "points.outlet.on.type", /bool/],
    ["one truth of two", { points: { alarm: { group: "slow", table: "holding", address: 0, type: "bool", isTrue: [2] } } }, "points.alarm", /come together/],
    ["a word that is both", { points: { alarm: { group: "slow", table: "holding", address: 0, type: "bool", isTrue: [2], isFalse: [0, 2] } } }, "points.alarm", /share no word/],
    ["truth of a coil", { points: { alarm: { group: "slow", table: "coil", address: 0, type: "bool", isTrue: [1], isFalse: [0] } } }, "points.alarm", /in a register/],
    ["SunSpec with counts", { sunspec: { models: [203] }, counts: { lines: { table: "holding", address: 3, least: 1, most: 3 } } }, "sunspec", /remove addressBase, counts/],
    ["SunSpec without models", { sunspec: { models: [] } }, "sunspec.models", /./],
    ["a digest nobody knows", { login: { unit: 1, challenge: { table: "holding", address: 1, words: 4 }, answer: { address: 5 }, digest: "md5" } }, "login.digest", /sha256-of-md5/],
    ["nothing at all", { title: undefined }, "title", /missing/],
  ];
  for (const [name, more, path, cure] of cases) {
    test(name, () => {
      assert.throws(() => profileWith(more as Record<string, unknown>), (error) => {
        assert.ok(error instanceof ConfigError);
        const fault = error.faults.find((candidate) => candidate.path === path && cure.test(candidate.text));
        assert.ok(fault, `${path} ${cure} is not in:\n${error.message}`);
        assert.ok(fault.line !== null || fault.path === "title" || fault.path === "switch" || fault.path === "limits", "with its line");
        return true;
      });
    });
  }

  test("all of them at once, each with file and line", () => {
    const text = yamlOf({ points: { power: { ...power, unit: "kW" }, voltage: { ...power, group: "quick", unit: "V" } } });
    assert.throws(() => parseProfile(text, "site.yaml"), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.faults.length, 2);
      const line = 1 + text.split("\n").findIndex((candidate) => candidate.includes("kW"));
      assert.match(error.message, new RegExp(`^site\\.yaml:${line}: points\\.power\\.unit: `, "m"));
      return true;
    });
  });

  test("what is no YAML, too long, or a bomb", () => {
    assert.throws(() => parseProfile("points: [", "site.yaml"), /site\.yaml:1: not YAML/);
    assert.throws(() => parseProfile("# ".padEnd(300_000, "x"), "site.yaml"), /more than any register map/);
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcdefgh".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[at]}`).join(",")}]`)].join("\n");
    assert.throws(() => parseProfile(bomb, "site.yaml"), ConfigError);
    assert.throws(() => parseProfile("", "site.yaml"), ConfigError);
    assert.throws(() => parseProfile("7", "site.yaml"), ConfigError);
  });
});

test("defaults are the careful ones", () => {
  const { limits, addressBase, wordOrder, counts } = profileWith({ limits: {} });
  assert.deepEqual(limits, { maxWords: 125, maxBits: 2000, maxGapWords: 0, timeoutMs: 1000, minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0, maxConnections: 1 });
  assert.deepEqual([addressBase, wordOrder, counts], [0, "high-first", {}]);
  assert.equal(METER["addressBase"], undefined);
});
