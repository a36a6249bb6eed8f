import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configJsonSchema, configSchemaFile, solid, type JsonSchema } from "../../agent/config/json-schema.ts";
import { parseConfig } from "../../agent/config/load.ts";

const regenerate = `node -e 'import("./dist/agent/config/json-schema.js").then((m) => process.stdout.write(m.configSchemaFile()))' > docs/config.schema.json`;

test("docs/config.schema.json is what the schema says", () => {
  const file = readFileSync(new URL("../../../docs/config.schema.json", import.meta.url), "utf8");
  assert.equal(file, configSchemaFile(), `it is stale: npm run build && ${regenerate}`);
});

/** Everything people write, by path. */
function leaves(schema: JsonSchema, path = ""): [string, JsonSchema][] {
  const here = solid(schema);
  const inside = [...Object.entries(here.properties ?? {}).map(([key, value]) => [path === "" ? key : `${path}.${key}`, value] as const), ...(here.items === undefined ? [] : [[`${path}[]`, here.items] as const])];
  return inside.length === 0 ? [[path, here]] : inside.flatMap(([name, value]) => leaves(value, name));
}

test("every key has a description and an example that is allowed", async () => {
  const all = leaves(configJsonSchema());
  assert.ok(all.length > 40, String(all.length));
  for (const [path, { description, examples }] of all) assert.ok(description !== undefined && (examples?.length ?? 0) > 0, path);
});

test("a configuration made of the examples alone loads", async () => {
  const { properties = {} } = configJsonSchema();
  const example = (schema: JsonSchema): unknown => {
    const here = solid(schema);
    if (here.examples?.[0] !== undefined && here.properties === undefined) return here.examples[0];
    return Object.fromEntries(Object.entries(here.properties ?? {}).filter(([key]) => !/File$|^tls$|^username$|^farm$/.test(key)).map(([key, value]) => [key, example(value)]));
  };
  const document = Object.fromEntries(Object.keys(properties).filter((key) => key !== "farm" && key !== "openadr").map((key) => [key, example(properties[key] ?? {})])) as { grid: object };
  const config = await parseConfig(JSON.stringify({ ...document, grid: { ...document.grid, signatures: "optional" } }), "examples.yaml");
  assert.equal(config.grid.failsafeLimitW, 10_000);
});
