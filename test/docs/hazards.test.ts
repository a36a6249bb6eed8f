/** The chain from a loss to the test that guards against it: it holds, and a broken link is found. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { figures, gaps } from "../../scripts/hazards/trace.ts";

const root = new URL("../../../", import.meta.url);
const page = readFileSync(fileURLToPath(new URL("docs/hazards.md", root)), "utf8");
const source = (file: string): string | null => {
  try {
    return readFileSync(fileURLToPath(new URL(file, root)), "utf8");
  } catch {
    return null;
  }
};

const small = [
  "| L1 | a loss |", "| H1 | a hazard | L1 |", "| U1 | lower | not given | H1 |", "| R1 | U1 | It is given. | `test/a.test.ts` \"it is given\" |",
].join("\n");
const one = (file: string): string | null => (file === "test/a.test.ts" ? 'test("it is given", () => {})' : null);

describe("docs/hazards.md", () => {
  test("every loss, hazard and unsafe control action has a requirement, and every requirement tests that exist", () => {
    assert.deepEqual(gaps(page, source), []);
    const { requirements, tests } = figures(page);
    assert.ok(requirements >= 25 && tests >= 40, `${requirements} requirements, ${tests} tests`);
  });

  test("a small one that holds", () => assert.deepEqual(gaps(small, one), []));

  const broken: readonly [string, string, RegExp][] = [
    ["a test renamed", small.replace("it is given\"", "it was given\""), /R1 names the test "it was given"/],
    ["a file moved", small.replace("test/a.test.ts", "test/b.test.ts"), /R1 names test\/b\.test\.ts, which does not exist/],
    ["a requirement without a test", small.replace(/`test.*$/, "soon |"), /R1 names no test/],
    ["an action nobody guards against", `${small}\n| U2 | raise | too soon | H1 |`, /nothing stands against U2/],
    ["a hazard that leads nowhere", small.replace("| L1 |\n| U1", "| |\n| U1"), /H1 names no L/],
    ["an id that is not there", small.replace("| R1 | U1 ", "| R1 | U1 U7 "), /R1 names U7, which is not there/],
    ["an id twice", `${small}\n| L1 | the same loss |`, /L1 is there twice/],
    ["an empty page", "", /no row whose id begins with L/],
  ];
  for (const [what, text, gap] of broken) test(`${what} is found`, () => assert.match(gaps(text, one).join("\n"), gap));
});
