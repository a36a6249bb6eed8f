/** The daemon as a process: started, asked, and stopped, with nothing to talk to. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { configText, testDirectory } from "../config/config-files.ts";
import { until } from "../link/link-rig.ts";
import { run } from "./programs.ts";

/** Ports where nobody listens. */
const alone = { "grid.brokers": ["mqtt://127.0.0.1:1"], "grid.clock": "assumed", "miners.0.address": "127.0.0.1:2", "miners.1.address": "127.0.0.1:3", "meters.0.address": "127.0.0.1:4", "paths.state": "state", "paths.run": "run" };

function start(t: TestContext, file: string) {
  const program = fileURLToPath(new URL("../../agent/cli/curtaild.js", import.meta.url));
  const child = spawn(process.execPath, [program, "run", "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (log += text));
  const code = new Promise((resolve) => child.on("exit", resolve));
  return { child, log: () => log, code };
}

test("runs, answers, parks and ends with 0; with a broken file the last good one runs", async (t) => {
  await using directory = await testDirectory();
  const file = await directory.write("config.yaml", configText(alone));
  const socket = ["--socket", join(directory.path, "run")];
  const first = start(t, file);
  await until(() => first.log().includes('"mode.changed"'), first.log, 15_000);
  const status = JSON.parse((await run("curtailctl", [...socket, "--json", "status"])).out) as Record<string, unknown>;
  assert.deepEqual([status["state"], status["effectiveLimitW"], status["limitSource"], status["config"]], ["init", 10_000, "failsafe", "ok"]);

  // Another one on the same state: two keepers would undo each other's orders.
  const other = start(t, await directory.write("other.yaml", configText({ ...alone, "paths.run": "run-2" })));
  assert.equal(await other.code, 78);
  assert.equal(other.log(), "", "it has done nothing");

  await writeFile(file, configText({ ...alone, "grid.failsafeLimitW": 9_000, "miners.0.address": "127.0.0.1:5" }));
  const reloaded = await run("curtailctl", [...socket, "--yes", "reload"]);
  assert.match(reloaded.out, /^Taken: grid\.failsafeLimitW\nWaits for a restart: miners\[\S+\]\.address\.port\n/);
  await until(() => first.log().includes('"toW":9000'), first.log, 5_000);
  await writeFile(file, configText({ ...alone, "grid.failsafeLimitW": "much" }));
  first.child.kill("SIGHUP");
  await until(() => first.log().includes('"config.refused"'), first.log, 5_000);
  const refused = await run("curtailctl", [...socket, "--json", "--yes", "reload"]);
  assert.equal(refused.code, 78);
  assert.match(refused.out, /grid\.failsafeLimitW: is \\"much\\"/);
  await writeFile(file, configText(alone));
  assert.equal((await run("curtailctl", [...socket, "--yes", "reload"])).code, 0);
  assert.match((await run("curtailctl", [...socket, "loglevel", "debug", "link"])).out, /^link +debug$/m);

  assert.equal((await run("curtailctl", [...socket, "--yes", "hold", "--for", "1m"])).code, 0);
  const signals = first.log().length;
  first.child.kill("SIGTERM");
  assert.equal(await first.code, 0);
  assert.doesNotMatch(first.log().slice(signals), /setpoint\.ordered|limit\.changed/, "an announced stop leaves the rack as it is");
  for (const line of first.log().trimEnd().split("\n")) assert.ok("level" in (JSON.parse(line) as object), line);
  assert.doesNotMatch(first.log(), /a bug of curtaild/);

  await writeFile(file, configText({ ...alone, "grid.failsafeLimitW": "much" }));
  const second = start(t, file);
  await until(() => second.log().includes('"mode.changed"'), second.log, 15_000);
  assert.match(second.log(), /config\.yaml:\d+: grid\.failsafeLimitW: is \\"much\\"/);
  assert.match(second.log(), /running the last good one under the failsafe limit/);
  assert.equal((JSON.parse((await run("curtailctl", [...socket, "--json", "status"])).out) as { config: string }).config, "last-good");
  second.child.kill("SIGINT");
  assert.equal(await second.code, 0);
});

test("told to stop at any moment of its start, it ends soon and without a bug", async (t) => {
  await using directory = await testDirectory();
  const file = await directory.write("config.yaml", configText(alone));
  const began = performance.now();
  for (const afterMs of [150, 300, 450, 600]) {
    const one = start(t, file);
    const timer = setTimeout(() => one.child.kill("SIGTERM"), afterMs);
    await Promise.race([one.code, until(() => one.child.exitCode !== null || one.child.signalCode !== null, one.log, 20_000)]);
    clearTimeout(timer);
    assert.doesNotMatch(one.log(), /bug of curtaild/);
    assert.ok(one.child.exitCode === 0 || one.child.signalCode === "SIGTERM", `${afterMs} ms: ${one.child.exitCode} ${one.child.signalCode} ${one.log()}`);
  }
  assert.ok(performance.now() - began < 60_000);
});
