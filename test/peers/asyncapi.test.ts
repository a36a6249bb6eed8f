/**
 * Both AsyncAPI files as AsyncAPI's own parser reads them. It brings 137 packages, so it is no dependency of ours: it is installed apart
 * from everything else, once, below node_modules/.cache, its scripts not run.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { farmRows, gridRows } from "../../scripts/docs/asyncapi.ts";

interface Parsing {
  Parser: new () => object;
  fromFile(parser: object, file: string): { parse(): Promise<{ document?: { version(): string; operations(): { all(): readonly unknown[] } }; diagnostics: readonly { severity: number; message: string; path: readonly (string | number)[] }[] }> };
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const NAME = "@asyncapi/parser";
const VERSION = "3.6.0";
const place = join(root, "node_modules/.cache", `asyncapi-parser-${VERSION}`);
const ERROR = 0;

/** null: it is not here and cannot be had. */
function parser(): Parsing | null {
  if (!existsSync(join(place, "node_modules", NAME))) {
    mkdirSync(place, { recursive: true });
    const { status } = spawnSync("npm", ["install", "--prefix", place, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false", `${NAME}@${VERSION}`], { cwd: place, stdio: "ignore", timeout: 90_000 });
    if (status !== 0) return null;
  }
  return createRequire(join(place, "package.json"))(NAME) as Parsing;
}

const parsing = parser();

describe("AsyncAPI's parser", { skip: parsing === null ? `${NAME}@${VERSION} is not here and could not be installed from the npm registry` : false }, () => {
  for (const [file, rows] of [["gla-1.asyncapi.yaml", gridRows], ["farm.asyncapi.yaml", farmRows]] as const) {
    test(`finds no fault in the topics and schemas of ${file}`, async () => {
      assert.ok(parsing !== null);
      const { document, diagnostics } = await parsing.fromFile(new parsing.Parser(), join(root, "docs", file)).parse();
      assert.deepEqual(diagnostics.filter(({ severity }) => severity === ERROR).map(({ message, path }) => `${path.join(".")}: ${message}`), []);
      assert.equal(document?.version(), "3.0.0");
      assert.equal(document.operations().all().length, rows.length);
    });
  }
});
