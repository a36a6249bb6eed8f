import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { render, span } from "../../agent/cli/screen/line.ts";
import { picture } from "../../scripts/demo/picture.ts";
import { complianceWord, stateWord } from "../../scripts/demo/words.ts";
import { scene, type SceneOptions } from "./scene.ts";

const width = (line: string): number => [...line].length;
const plain = (options: SceneOptions, columns = 80, rows = 24): string[] => picture(scene(options), { columns, rows }).map((line) => render(line, columns, false));
const limited = { limitW: 22_345, meteredW: 21_987 };

describe("the picture", () => {
  test("fills 80x24 with twelve ASICs, one line each", () => {
    const lines = plain({});
    assert.equal(lines.length, 24);
    for (const line of lines) assert.ok(width(line) <= 80, `${width(line)} columns: ${line}`);
    for (let asic = 1; asic <= 12; asic++) assert.ok(lines.some((line) => line.includes(`asic-${String(asic).padStart(2, "0")}`)), `asic ${asic}`);
    assert.match(lines.at(-1) ?? "", /asic-12 {2}S21 +hashing +435 +12\.82 +2310 +102\.3 {2}█/);
  });

  test("the title says state, limit, measured power and compliance in words, uncut at 80 columns", () => {
    for (const state of ["init", "controlled", "limited", "failsafe", "emergency", "restoring"]) {
      for (const compliance of ["not-limited", "settling", "compliant", "unverified", "at-floor", "violating"]) {
        const [title = ""] = plain({ look: { ...limited, state, compliance } });
        for (const word of [stateWord(state), "limit 22.3 kW", "measured 22.0 kW", complianceWord(compliance)]) assert.ok(title.includes(word), `${word} in ${title}`);
      }
    }
  });

  test("fits any terminal, with any number of ASICs", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 80 }), (columns, rows, asics, seconds) => {
        const lines = plain({ asics, seconds }, columns, rows);
        assert.ok(lines.length <= rows);
        for (const line of lines) assert.ok(width(line) <= columns);
      }),
      { numRuns: 100 },
    );
  });

  test("what has no line is counted", () => {
    const lines = plain({ asics: 100 });
    assert.equal(lines.length, 24);
    assert.match(lines.at(-1) ?? "", /^ and 89 more: 60 hashing, 29 asleep$/);
    const shown = lines.filter((line) => line.startsWith(" asic-")).length;
    assert.equal(shown, 11);
  });

  test("a silent ASIC is called so, and what its outlet shows stands beside it", () => {
    const lines = plain({ device: (row, index) => (index === 2 ? { ...row, state: "unknown", unknownReason: "timeout", frequencyMHz: null, voltageMV: null, hashrateThs: null } : row) });
    assert.match(lines.find((line) => line.includes("asic-03")) ?? "", /asic-03 {2}S21 +silent +- +- +2310 +- {2}█/);
  });

  test("before the daemon answers it says so", () => {
    const [title = ""] = plain({ look: { state: null, compliance: null, limitW: null, meteredW: null, hashrateThs: null, devices: [] } });
    assert.match(title, /curtaild +starting/);
  });

  test("the name of each step stands where it began", () => {
    const axis = plain({ seconds: 75 }).find((line) => line.includes("0 W└")) ?? "";
    for (const { mark } of scene().story.steps) assert.ok(axis.includes(`┴${mark}`), `${mark} in ${axis}`);
  });
});

describe("the curves", () => {
  const rows = (options: SceneOptions): string[] => plain(options).slice(2, 10).map((line) => line.slice(8));

  test("a rack under its limit has nothing above the line", () => {
    const chart = rows({ seconds: 30, look: { limitW: 18_500, meteredW: 18_000 } });
    assert.equal(chart.slice(0, 4).join("").replaceAll("⠀", ""), "");
    assert.match(chart[4] ?? "", /^[^⠀]{20}/);
  });

  test("a rack over its limit stands above the line, in another style", () => {
    const lines = picture(scene({ seconds: 30, look: { limitW: 10_000, meteredW: 35_000 } }), { columns: 80, rows: 24 });
    assert.ok(lines.slice(2, 7).some((line) => line.some(({ text, style }) => style === "bad" && text !== "⠀")));
  });

  test("a short excess is not averaged away on a narrow terminal", () => {
    const { looks, ...rest } = scene({ seconds: 60, look: { limitW: 10_000, meteredW: 9_000 } });
    const spiked = looks.map((look, index) => (index === 100 ? { ...look, meteredW: 36_000 } : look));
    const lines = picture({ ...rest, looks: spiked }, { columns: 40, rows: 24 });
    assert.ok(lines.some((line) => line.some(({ style, text }) => style === "bad" && /[⠁-⣿]/.test(text))));
  });
});

describe("a line", () => {
  test("is cut by what is seen, whatever the colours", () => {
    const line = [span("abc", "good"), span("def", "bad"), span("ghi")];
    assert.equal(render(line, 5, false), "abcde");
    assert.equal(stripVTControlCharacters(render(line, 5, true)), "abcde");
    assert.ok(render(line, 5, true).includes("\u001B[32mabc"));
  });

  test("without colours there is no escape sequence at all", () => {
    assert.ok(plain({}).every((line) => !line.includes("\u001B")));
  });
});
