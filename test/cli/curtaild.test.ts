import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { configText, testDirectory } from "../config/config-files.ts";
import { run } from "./programs.ts";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };

test("curtaild and curtailctl say their version and their commands", async () => {
  const outcomes = await Promise.all([run("curtaild", ["--version"]), run("curtailctl", ["--version"]), run("curtaild", ["--help"]), run("curtailctl", ["--help"])]);
  assert.deepEqual(outcomes.map(({ code }) => code), [0, 0, 0, 0]);
  assert.deepEqual(outcomes.slice(0, 2).map(({ out }) => out), [`${version}\n`, `${version}\n`]);
  for (const command of ["run", "check", "sim"]) assert.match(outcomes[2]?.out ?? "", new RegExp(`^  ${command} `, "m"));
  for (const command of ["status", "devices", "device", "limit", "stop", "events", "grid", "why", "operator"]) assert.match(outcomes[3]?.out ?? "", new RegExp(`^  ${command} `, "m"));
});

describe("curtaild check", () => {
  test("a good file: 0, a summary and the warnings", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ meters: [], "miners.0.outlet": null, "miners.1.outlet": null }));
    const [text, json] = await Promise.all([run("curtaild", ["check", file]), run("curtaild", ["check", "--json", file])]);
    assert.equal(text.code, 0);
    assert.match(text.out, /^warning: \S+config\.yaml:\d+: meters: has none with role rack/);
    assert.match(text.out, /is valid: rack demo\/s1\/r1, 2 miners, 0 meters, 33\.5 kW nominal, 10\.0 kW failsafe\n$/);
    const { ok, faults, warnings } = JSON.parse(json.out) as { ok: boolean; faults: unknown[]; warnings: unknown[] };
    assert.deepEqual([json.code, ok, faults.length, warnings.length], [0, true, 0, 1]);
  });

  test("a bad one: 78 and every fault, also as JSON", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ "grid.failsafeLimitW": -1, "miners.0.driver": "x y" }));
    const [text, json, missing] = await Promise.all([run("curtaild", ["check", file]), run("curtaild", ["check", "--json", file]), run("curtaild", ["check", join(directory.path, "none.yaml")])]);
    assert.deepEqual([text.code, text.out, text.err.trimEnd().split("\n").length], [78, "", 2]);
    const { ok, faults } = JSON.parse(json.out) as { ok: boolean; faults: { path: string; line: number }[] };
    assert.deepEqual([json.code, json.err, ok, faults.map(({ path }) => path)], [78, "", false, ["grid.failsafeLimitW", "miners[0].driver"]]);
    assert.equal(missing.code, 78);
    assert.match(missing.err, /cannot be read \(ENOENT\)/);
  });

  test("no file at all: 64", async () => assert.equal((await run("curtaild", ["check"])).code, 64));
});

test("curtaild run with a bad configuration and no last good one: 78 with path and cure, and nothing started", async () => {
  await using directory = await testDirectory();
  const file = await directory.write("config.yaml", configText({ "grid.failsafeLimitW": undefined, "paths.state": "state" }));
  const { code, err } = await run("curtaild", ["run", "--config", file]);
  assert.equal(code, 78);
  assert.match(err, /config\.yaml:\d+: grid\.failsafeLimitW: is missing; .*For example: failsafeLimitW: 10000/);
});

test("usage errors are 64", async () => {
  const outcomes = await Promise.all([run("curtaild", ["nonsense"]), run("curtaild", ["run", "--log-level", "loud"]), run("curtaild", [])]);
  assert.deepEqual(outcomes.map(({ code }) => code), [64, 64, 64]);
});
