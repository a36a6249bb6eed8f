/** curtaild state export and import: from a daemon that runs, from one that is stopped, and what is refused. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openStore } from "../../agent/record/store.ts";
import { configText, testDirectory } from "../config/config-files.ts";
import { until } from "../link/link-rig.ts";
import { program, run } from "./programs.ts";

const alone = { "grid.brokers": ["mqtt://127.0.0.1:1"], "grid.clock": "assumed", "miners.0.address": "127.0.0.1:2", "miners.1.address": "127.0.0.1:3", "meters.0.address": "127.0.0.1:4", "paths.state": "state", "paths.run": "run" };
const mark = (seq: number): string => JSON.stringify({ epoch: 0, seq, hash: "00", taken: true, until: null });

function start(t: TestContext, file: string) {
  const child = spawn(process.execPath, [program("curtaild"), "run", "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (log += text));
  return { child, log: () => log, ended: new Promise((resolve) => child.on("exit", resolve)) };
}

test("from a running daemon to a controller that takes its place", async (t) => {
  await using one = await testDirectory();
  await using two = await testDirectory();
  const file = await one.write("config.yaml", configText(alone));
  const daemon = start(t, file);
  await until(() => daemon.log().includes('"mode.changed"'), daemon.log, 60_000);
  const out = join(one.path, "rack.state.json");
  const exported = await run("curtaild", ["state", "export", "--config", file, "--out", out]);
  assert.equal(exported.code, 0, exported.err);
  assert.match(exported.out, /records of site\/.* It holds the rack's private key/);
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const busy = await run("curtaild", ["state", "import", out, "--config", file]);
  assert.equal(busy.code, 75);
  assert.match(busy.err, /systemctl stop curtaild/);
  const fingerprint = (JSON.parse((await run("curtailctl", ["--socket", join(one.path, "run"), "--json", "device-key"])).out) as { fingerprint: string }).fingerprint;
  daemon.child.kill("SIGTERM");
  await daemon.ended;

  const other = await two.write("config.yaml", configText(alone));
  const imported = await run("curtaild", ["state", "import", out, "--config", other, "--json"]);
  assert.equal(imported.code, 0, imported.err);
  assert.equal((JSON.parse(imported.out) as { fingerprint: string }).fingerprint, fingerprint);
  const successor = start(t, other);
  await until(() => successor.log().includes('"state.imported"') && successor.log().includes('"mode.changed"'), successor.log, 60_000);
  assert.equal((JSON.parse((await run("curtailctl", ["--socket", join(two.path, "run"), "--json", "device-key"])).out) as { fingerprint: string }).fingerprint, fingerprint);
  successor.child.kill("SIGTERM");
  await successor.ended;
});

test("marks come along and only rise; what is not this rack's state is refused with the cure", async () => {
  await using one = await testDirectory();
  await using two = await testDirectory();
  const [file, other] = [await one.write("config.yaml", configText(alone)), await two.write("config.yaml", configText(alone))];
  const write = async (directory: string, seq: number): Promise<void> => {
    const store = await openStore(join(directory, "state"));
    await store.commit(new Map([["signal/mark/gla/1/t#grid-1", mark(seq)]]));
    await store.close();
  };
  await write(one.path, 7);
  await write(two.path, 9);
  const taken = async (): Promise<unknown> => {
    const text = (await run("curtaild", ["state", "export", "--config", other, "--without-key"])).out;
    return JSON.parse((JSON.parse(text) as { records: Record<string, string> }).records["signal/mark/gla/1/t#grid-1"] ?? "null");
  };
  const out = join(one.path, "out.json");
  assert.equal((await run("curtaild", ["state", "export", "--config", file, "--out", out, "--without-key"])).code, 0);
  assert.equal((await run("curtaild", ["state", "import", out, "--config", other])).code, 0);
  assert.deepEqual(await taken(), JSON.parse(mark(9)));
  assert.equal((await run("curtaild", ["state", "export", "--config", file, "--out", out])).code, 65, "it overwrites nothing");

  const text = await readFile(out, "utf8");
  const cases: [string, RegExp][] = [
    [text.replace('"v": 1', '"v": 2'), /no state of a rack/],
    [text.slice(0, -40), /no state of a rack/],
    [text.replaceAll("grid-1", "grid-2"), /checksum does not fit/],
    [text.replace(/"node": "[^"]*"/, '"node": "site/other/rack/r9"'), /takes over itself only/],
  ];
  for (const [content, said] of cases) {
    const bad = join(one.path, "bad.json");
    await writeFile(bad, content);
    const { code, err } = await run("curtaild", ["state", "import", bad, "--config", other]);
    assert.deepEqual([code, said.test(err)], [65, true], err);
  }
});
