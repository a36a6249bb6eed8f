/** docs/profiles.md and docs/outlets.md are true: their examples are valid, the table is complete. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";

import { vocabulary } from "../../agent/cli/vocabulary.ts";
import { parseConfig } from "../../agent/config/load.ts";
import { loadProfile, parseProfile, profileNames } from "../../drivers/modbus/load.ts";

const page = readFileSync(new URL("../../../docs/profiles.md", import.meta.url), "utf8");
const RACK = {
  version: 1, node: { operator: "o", site: "s", rack: "r", nominalW: 1_000, breakerW: 2_000 },
  grid: { brokers: ["mqtt://127.0.0.1:1883"], signatures: "optional", failsafeLimitW: 500 },
  miners: [{ id: "asic-01", driver: "luxos", address: "127.0.0.1:4028", model: "antminer-s19k-pro" }],
};
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

test("the profile of the page is one", () => {
  const text = blocks.find((block) => block.startsWith("profile:"));
  assert.ok(text !== undefined);
  assert.equal(parseProfile(text, "my-pdu.yaml").switch?.address, 101);
});

test("the meters of the page are a configuration", async () => {
  const { meters } = parse(blocks.find((block) => block.startsWith("meters:")) ?? "") as { meters: { login?: unknown; tls?: unknown }[] };
  // The files they name are not here.
  const here = meters.map(({ login: _login, tls: _tls, ...meter }) => meter);
  const config = await parseConfig(JSON.stringify({ ...RACK, meters: here }), "page.yaml");
  assert.equal(config.meters.length, meters.length);
});

test("every profile is in the table, with its status", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  for (const name of profileNames()) {
    const row = rows.find((line) => line.includes(`\`${name}\``));
    assert.ok(row?.includes(`| ${loadProfile(name).status} |`), name);
  }
  assert.ok(page.includes(`the ${profileNames().length} that come with`));
});

test("the examples of docs/outlets.md are configurations", async () => {
  const text = readFileSync(new URL("../../../docs/outlets.md", import.meta.url), "utf8");
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => parse(block) as object);
  assert.equal(examples.length, 2);
  for (const example of examples) await parseConfig(JSON.stringify({ ...RACK, ...example }), "page.yaml", { vocabulary });
});
