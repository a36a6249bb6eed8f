import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { drivers } from "../../drivers/index.ts";
import { driversDocument } from "../../scripts/docs/drivers.ts";

test("docs/drivers.md is what the drivers say (npm run docs writes it anew)", async () => {
  const document = await driversDocument();
  for (const name of Object.keys(drivers)) assert.ok(document.includes(`| ${name} | point |`), name);
  assert.equal(readFileSync(new URL("../../../docs/drivers.md", import.meta.url), "utf8"), document);
});
