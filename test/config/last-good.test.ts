import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { keepLastGood, loadLastGood, stateCandidates } from "../../agent/config/last-good.ts";
import { configText, testDirectory } from "./config-files.ts";

test("the last good configuration is found again: of the same file only, and readable by the daemon only", async () => {
  await using directory = await testDirectory();
  const state = join(directory.path, "state");
  const file = join(directory.path, "config.yaml");
  await keepLastGood(state, file, configText({ "grid.failsafeLimitW": 1 }));
  await keepLastGood(state, file, configText({ "grid.failsafeLimitW": 2 }));
  assert.equal((await loadLastGood(file, ["/nowhere", state]))?.grid.failsafeLimitW, 2);
  assert.equal(await loadLastGood(join(directory.path, "other.yaml"), [state]), null);
  assert.deepEqual(await readdir(state), ["last-good-config.json"]);
  assert.equal((await stat(join(state, "last-good-config.json"))).mode & 0o777, 0o600);
});

test("one that no longer loads, or is damaged, is none", async () => {
  await using directory = await testDirectory();
  const file = join(directory.path, "config.yaml");
  await keepLastGood(directory.path, file, configText({ "grid.username": "r", "grid.passwordFile": "gone" }));
  assert.equal(await loadLastGood(file, [directory.path]), null);
  await directory.write("last-good-config.json", "{");
  assert.equal(await loadLastGood(file, [directory.path]), null);
});

test("the state directory is the one the broken file says, else systemd's, else the usual one", () => {
  assert.deepEqual(stateCandidates("paths: { state: here }\nnode: [", "/etc/curtaild/config.yaml", { STATE_DIRECTORY: "/var/lib/private/curtaild" }), ["/etc/curtaild/here", "/var/lib/private/curtaild", "/var/lib/curtaild"]);
  assert.deepEqual(stateCandidates(null, "c.yaml", {}), ["/var/lib/curtaild"]);
  assert.deepEqual(stateCandidates("paths: 7", "c.yaml", {}), ["/var/lib/curtaild"]);
});
