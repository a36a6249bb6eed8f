import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse, type Document } from "yaml";
import { differences, taken } from "../../agent/config/live.ts";
import { loadConfig } from "../../agent/config/load.ts";
import { migrated } from "../../agent/config/migrate.ts";
import { configText, testDirectory } from "../config/config-files.ts";
import { fakeDaemon, run } from "./programs.ts";

describe("curtaild config", { concurrency: 2 }, () => {
  test("show: the file as it is, or everything that holds, as a file that is valid again", async () => {
    await using directory = await testDirectory();
    const text = configText();
    const file = await directory.write("config.yaml", text);
    assert.equal((await run("curtaild", ["config", "show", file])).out, text);
    const effective = (await run("curtaild", ["config", "show", file, "--effective"])).out;
    const { policy, miners } = parse(effective) as { policy: { onStop: string }; miners: { address: string; outlet: string }[] };
    assert.deepEqual([policy.onStop, miners[0]?.address, miners[0]?.outlet], ["failsafe", "127.0.0.1:41001", "pdu-1/1"]);
    // Where a secret lies and where it is asked for are none.
    const vtn = await directory.write("vtn.yaml", configText({ openadr: { url: "https://vtn.example/openadr3/3.1.0", clientId: "rack-7", clientSecretFile: await directory.write("vtn", "a secret of the VTN's\n"), tokenUrl: "https://login.example/oauth/token" } }));
    const { out } = await run("curtaild", ["config", "show", vtn, "--effective"]);
    assert.match(out, new RegExp(`clientSecretFile: ${join(directory.path, "vtn")}\\n {2}tokenUrl: https://login.example/oauth/token$`, "m"));
    assert.doesNotMatch(out, /not shown|a secret of/);
    const second = await directory.write("effective.yaml", effective);
    assert.deepEqual(await loadConfig(second), await loadConfig(file));
  });

  test("diff: against the running daemon, with what needs a restart; 1 when there is something", async () => {
    await using directory = await testDirectory();
    const before = await loadConfig(await directory.write("before.yaml", configText()));
    await using daemon = await fakeDaemon({ "GET /config": before });
    const changes = { "grid.failsafeLimitW": 9_000, "miners.1.address": "127.0.0.1:41009", "paths.run": daemon.directory, "paths.state": directory.path };
    const file = await directory.write("config.yaml", configText(changes));
    const { code, out } = await run("curtaild", ["config", "diff", file]);
    assert.equal(code, 1, out);
    assert.match(out, /against the running daemon:$/m);
    assert.match(out, /^ {2}grid\.failsafeLimitW: 10000 -> 9000$/m);
    assert.match(out, /^ {2}miners\[asic-02\]\.address\.port: 41002 -> 41009 {3}\(needs a restart\)$/m);
  });

  test("diff: nothing to compare with is 69", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText({ "paths.run": join(directory.path, "run"), "paths.state": join(directory.path, "state") }));
    const { code, err } = await run("curtaild", ["config", "diff", file]);
    assert.equal(code, 69);
    assert.match(err, /nothing to compare with/);
  });

  test("migrate: the present version stays as it is", async () => {
    await using directory = await testDirectory();
    const file = await directory.write("config.yaml", configText());
    assert.match((await run("curtaild", ["config", "migrate", file])).out, /needs no migration/);
    assert.equal(await readFile(file, "utf8"), configText());
    assert.equal((await run("curtaild", ["config", "migrate", join(directory.path, "none.yaml")])).code, 65);
  });
});

describe("migrations", () => {
  const by = {
    1: (document: Document): void => document.set("second", true),
    2: (document: Document): void => {
      document.delete("old");
    },
  };
  test("step by step, with comments and order kept", () => {
    const result = migrated("# mine\nversion: 1 # first\nold: 1\nnode: {}\n", "f", { present: 3, by });
    assert.deepEqual(result, { from: 1, text: "# mine\nversion: 3 # first\nnode: {}\nsecond: true\n" });
  });
  test("nothing to do, a newer one, one that nothing leads from", () => {
    assert.equal(migrated("version: 3\n", "f", { present: 3, by }), null);
    assert.throws(() => migrated("version: 4\n", "f", { present: 3, by }), /knows up to 3: install a newer/);
    assert.throws(() => migrated("version: 0\n", "f", { present: 3, by }), /nothing leads from there/);
  });
});

test("what is taken while running is what is listed as live, and nothing else", async () => {
  await using directory = await testDirectory();
  const at = async (changes: Parameters<typeof configText>[0]) => loadConfig(await directory.write("config.yaml", configText(changes)));
  const wired = await at({});
  const next = await at({ "node.nominalW": 30_000, "node.breakerW": 35_000, "grid.failsafeLimitW": 9_000, "policy.onStop": "sleep", "policy.pduGraceS": 60, "miners.1.id": "asic-09" });
  const runs = taken(wired, next);
  assert.deepEqual(differences(wired, runs).map(({ path }) => path), ["node.breakerW", "grid.failsafeLimitW", "policy.onStop"]);
  assert.ok(differences(runs, next).every(({ live }) => !live));
});

test("differences name things by their id, and show no secret", async () => {
  await using directory = await testDirectory();
  const at = async (changes: Parameters<typeof configText>[0]) => loadConfig(await directory.write("config.yaml", configText(changes)));
  const [before, after] = [await at({}), await at({ "miners.1.id": "asic-09", "policy.onStop": "hold", "grid.username": "rack" })];
  const found = differences(before, after);
  assert.deepEqual(found.filter(({ live }) => live).map(({ path }) => path), ["policy.onStop"]);
  assert.ok(found.some(({ path, after: now }) => path === "miners[asic-02]" && now === "nothing"));
  assert.ok(found.some(({ path }) => path === "grid.username"));
  assert.deepEqual(differences(before, before), []);
});
