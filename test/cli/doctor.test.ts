import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { packed } from "../../agent/cli/doctor/bundle.ts";
import { tarOf } from "../../agent/cli/doctor/tar.ts";
import { Secrets } from "../../agent/runtime/secrets.ts";
import { configText, testDirectory } from "../config/config-files.ts";
import { device, silent, status } from "./answers.ts";
import { fakeDaemon, run } from "./programs.ts";

/** Ports where nobody listens. */
const alone = { "grid.brokers": ["mqtt://127.0.0.1:1"], "grid.clock": "assumed", "miners.0.address": "127.0.0.1:2", "miners.1.address": "127.0.0.1:3", "meters.0.address": "127.0.0.1:4", "paths.state": ".", "paths.run": "run" };

interface Answer {
  readonly ok: boolean;
  readonly findings: readonly { readonly subject: string; readonly state: string; readonly text: string; readonly cure: string | null }[];
}

describe("curtailctl doctor", { concurrency: 2 }, () => {
  test("names each thing that is wrong with its cure, and ends with 1", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText(alone));
    await using daemon = await fakeDaemon({
      "GET /status": { ...status, state: "failsafe", storage: "failed", software: "curtaild/0.0.1" },
      "GET /devices": [device, silent],
      "GET /meters": [{ id: "pdu-1", role: "rack", failure: null }],
      "GET /grid": { tongues: [{ by: "OpenADR", heard: false, ageS: 200, lostAfterS: 120, trouble: "GET /programs: HTTP 401", events: [] }] },
    });
    const args = ["doctor", "--config", file, "--socket", daemon.directory];
    const [text, json] = [await run("curtailctl", args), await run("curtailctl", ["--json", ...args])];
    assert.deepEqual([text.code, json.code, text.err], [1, 1, ""]);
    const { ok, findings } = JSON.parse(json.out) as Answer;
    assert.equal(ok, false);
    const found = (subject: string, state: string, what: RegExp): void => assert.ok(findings.some((finding) => finding.subject === subject && finding.state === state && what.test(finding.text) && (state === "ok") === (finding.cure === null)), `${subject} ${state}: ${json.out}`);
    found("configuration", "ok", /is valid/);
    found("grid", "fault", /failsafe/);
    found("storage", "fault", /kept/);
    found("OpenADR", "fault", /401/);
    found("version", "doubt", /0\.0\.1 runs/);
    found("miner asic-02", "fault", /nothing listens/);
    found("grid broker mqtt://127.0.0.1:1", "fault", /nothing listens/);
    found("miner asic-01", "ok", /answers/);
    assert.match(text.out, /^FAULT {2}storage: nothing can be kept\n {7}→ /m);
    assert.match(text.out, /things are wrong; \d to look at\.\n$/);
  });

  test("without a daemon, and with a configuration that has faults", async () => {
    await using directory = await testDirectory();
    const [none, bad] = await Promise.all([
      run("curtailctl", ["doctor", "--config", await directory.write("config.yaml", configText(alone)), "--socket", join(directory.path, "none")]),
      run("curtailctl", ["doctor", "--config", await directory.write("bad.yaml", "version: 1\n"), "--socket", join(directory.path, "none")]),
    ]);
    assert.deepEqual([none.code, bad.code], [1, 1]);
    assert.match(none.out, /^FAULT {2}daemon: no daemon answers/m);
    assert.match(bad.out, /^FAULT {2}configuration: \S+bad\.yaml:1: node: is missing/m);
  });

  test("packs what helps, closed to others and without secrets", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", `${configText(alone)}# password: geheim-4711\n`);
    await using daemon = await fakeDaemon({ "GET /status": status, "GET /devices": [device, { ...device, id: "asic-02" }], "GET /meters": [{ id: "pdu-1", role: "rack", failure: null }] });
    const bundle = join(directory.path, "help.tar.gz");
    assert.match((await run("curtailctl", ["doctor", "--config", file, "--socket", daemon.directory, "--bundle", bundle])).out, /help\.tar\.gz: \d+ KiB, without secrets/);
    assert.equal((await stat(bundle)).mode & 0o777, 0o600);
    const names = execFileSync("tar", ["-tzf", bundle], { encoding: "utf8" }).trim().split("\n");
    for (const name of ["doctor.json", "status.json", "config.yaml", "journal.txt", "inventory.json"]) assert.ok(names.includes(`curtaild/${name}`), names.join(" "));
    const config = execFileSync("tar", ["-xzOf", bundle, "curtaild/config.yaml"], { encoding: "utf8" });
    assert.match(config, /password: \(not shown\)/);
    assert.doesNotMatch(config, /geheim/);
  });

  test("a broker that takes connections and speaks no MQTT is told from one that is away", async () => {
    await using directory = await testDirectory();
    const mute = createServer((socket) => socket.on("error", () => undefined).on("data", () => socket.end("HTTP/1.1 400\r\n\r\n"))).listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as { port: number };
    const file = await directory.write("config.yaml", configText({ ...alone, "grid.brokers": [`mqtt://127.0.0.1:${port}`] }));
    const { out } = await run("curtailctl", ["doctor", "--config", file, "--socket", join(directory.path, "none")]);
    mute.close();
    assert.match(out, /^FAULT {2}grid broker mqtt:\S+: TCP is fine, MQTT is not: /m);
  });
});

test("secrets are taken out wherever they stand", () => {
  const nobody = new Secrets();
  for (const text of ['"password":"hunter2"', "password: hunter2", "mqtt://rack:hunter2@broker", "token=hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"]) assert.doesNotMatch(packed(text, nobody), /hunter2/);
  assert.equal(packed("passwordFile: /etc/curtaild/secrets/mqtt", nobody), "passwordFile: /etc/curtaild/secrets/mqtt");
});

test("an archive of ours is one that tar reads", async () => {
  await using directory = await testDirectory();
  const file = await directory.write("a.tar", tarOf([{ name: "a/empty", content: Buffer.alloc(0) }, { name: "a/full", content: Buffer.alloc(1_000, "x") }]).toString("latin1"));
  assert.equal((await readFile(file)).length % 512, 0);
  assert.equal(execFileSync("tar", ["-tf", file], { encoding: "utf8" }), "a/empty\na/full\n");
  assert.equal(execFileSync("tar", ["-xOf", file, "a/full"]).length, 1_000);
});
