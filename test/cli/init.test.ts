import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testDirectory } from "../config/config-files.ts";
import { until } from "../link/link-rig.ts";
import { program, run } from "./programs.ts";

test("curtaild init writes a configuration that is valid from what answers, and overwrites none", async (t) => {
  await using directory = await testDirectory();
  const rig = spawn(process.execPath, [program("curtaild"), "sim", "--asics", "1", "--dir", directory.path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => rig.kill("SIGKILL"));
  let said = "";
  rig.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until(() => said.includes("ready"), () => said, 15_000);
  const { asics, pdus } = JSON.parse(await readFile(join(directory.path, "rig.json"), "utf8")) as { asics: { address: string }[]; pdus: { address: string }[] };
  const port = asics[0]?.address.split(":")[1] ?? "";
  const file = join(directory.path, "first.yaml");
  const args = ["init", "--out", file, "--miners", "127.0.0.1", "--port", port, "--meters", pdus[0]?.address ?? ""];

  const missing = await run("curtaild", args);
  assert.deepEqual([missing.code, missing.err], [64, "nobody can be asked here: say --operator, --broker\n"]);
  const wrong = await run("curtaild", [...args, "--operator", "demo", "--broker", "broker.example"]);
  assert.deepEqual([wrong.code, wrong.err], [64, '--broker "broker.example": mqtts://HOST:8883 or mqtt://HOST:1883\n']);

  const done = await run("curtaild", [...args, "--operator", "demo", "--broker", "mqtt://127.0.0.1:1883", "--failsafe", "500"]);
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /first\.yaml: 1 miners, 1 meters\n[^]*next: curtaild check/);
  assert.equal((await stat(file)).mode & 0o007, 0);
  assert.equal((await run("curtaild", ["check", file])).code, 0);
  const text = await readFile(file, "utf8");
  for (const line of [/operator: demo/, /failsafeLimitW: 500/, /driver: luxos/, /model: antminer-s19k-pro/, /profile: gude-epc/, /role: rack/]) assert.match(text, line);

  const again = await run("curtaild", [...args, "--operator", "demo", "--broker", "mqtt://127.0.0.1:1883"]);
  assert.equal(again.code, 64);
  assert.match(again.err, /exists already and is not overwritten/);
});

test("curtaild init where nobody answers: 69", async () => {
  await using directory = await testDirectory();
  const { code, err } = await run("curtaild", ["init", "--out", join(directory.path, "first.yaml"), "--miners", "127.0.0.1", "--port", "1", "--operator", "demo", "--broker", "mqtt://127.0.0.1:1883"]);
  assert.equal(code, 69);
  assert.match(err, /no miner answers in 127\.0\.0\.1/);
});
