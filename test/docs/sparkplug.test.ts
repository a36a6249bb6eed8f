/** docs/sparkplug.md says which assertions hold: each is the name of a test in the file it names, and no test is left out. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
const page = read("docs/sparkplug.md");
const listed = [...page.matchAll(/^\| `tck-id-([A-Za-z0-9-]+)` \| `(test\/[a-z/.-]+)` \|$/gm)].map(([, id = "", file = ""]): [string, string] => [id, file]);
const rows = new Map(listed);

/** Ids in a file's sources: given to `holds` and `shown`, or a test's own name. */
function shownIn(file: string): string[] {
  const text = read(file);
  const given = [...text.matchAll(/\b(?:holds|shown)\(\[([^\]]*)\]/g)].flatMap(([, list = ""]) => [...list.matchAll(/"([A-Za-z0-9-]+)"/g)].map(([, id = ""]) => id));
  return [...given, ...[...text.matchAll(/test\("tck-id-([A-Za-z0-9-]+)"/g)].map(([, id = ""]) => id)];
}

describe("docs/sparkplug.md", () => {
  const files = ["test/sparkplug/assertions.test.ts", "test/sparkplug/connection.test.ts", "test/peers/sparkplug.test.ts"];

  for (const file of files) {
    test(`every assertion it finds in ${file} is shown there, and none is left out`, () => {
      const here = listed.flatMap(([id, where]) => (where === file ? [id] : []));
      assert.ok(here.length > 0);
      assert.deepEqual(here.sort(), shownIn(file).sort());
    });
  }

  test("names no assertion twice, and no other files", () => {
    assert.equal(listed.length, rows.size);
    assert.deepEqual([...new Set(rows.values())].sort(), files.sort());
  });

  test("what does not apply has a reason, and is not said to hold", () => {
    const patterns = [...page.matchAll(/`tck-id-([A-Za-z0-9*-]+)`/g)].map(([, id = ""]) => id).filter((id) => !rows.has(id));
    assert.ok(patterns.length > 15);
    for (const pattern of patterns) {
      const form = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
      assert.deepEqual([...rows.keys()].filter((id) => form.test(id)), [], pattern);
    }
  });
});
