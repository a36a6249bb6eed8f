/** docs/gla-1.asyncapi.yaml as AsyncAPI's own parser reads it. It brings 137 packages, so it is no dependency of ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

interface Parsing {
  Parser: new () => object;
  fromFile(parser: object, file: string): { parse(): Promise<{ document?: { version(): string; operations(): { all(): readonly unknown[] } }; diagnostics: readonly { severity: number; message: string; path: readonly (string | number)[] }[] }> };
}

const name = "@asyncapi/parser";
const parsing = await import(name).then((module: unknown) => module as Parsing, () => null);
const ERROR = 0;

test("AsyncAPI's parser finds no fault in the topics and their schemas", { skip: parsing === null ? `needs AsyncAPI's parser: npm install --no-save ${name}@3.6.0` : false }, async () => {
  assert.ok(parsing !== null);
  const { document, diagnostics } = await parsing.fromFile(new parsing.Parser(), fileURLToPath(new URL("../../../docs/gla-1.asyncapi.yaml", import.meta.url))).parse();
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === ERROR).map(({ message, path }) => `${path.join(".")}: ${message}`), []);
  assert.equal(document?.version(), "3.0.0");
  assert.ok((document?.operations().all().length ?? 0) >= 13);
});
