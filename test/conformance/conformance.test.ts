/** The published vectors, as a rival would run them: from the files, not from what made them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { VectorFile } from "../../scripts/docs/vector.ts";
import { play } from "./run.ts";

const directory = new URL("../../../docs/conformance/", import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith(".json"));

describe("conformance vectors", () => {
  test("there are as many as GLA/1 has to show", () => assert.ok(files.length >= 30, `${files.length} files`));
  for (const name of files) {
    const vector = JSON.parse(readFileSync(new URL(name, directory), "utf8")) as VectorFile;
    test(`${vector.name}: ${vector.shows}`, () => {
      for (const [index, seen] of play(vector).entries()) assert.deepEqual(seen, vector.steps[index]?.expect, `step ${index} at ${vector.steps[index]?.at}`);
    });
  }
});
