import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore, StoreError } from "../../agent/record/store.ts";

const writer = fileURLToPath(new URL("./writer.js", import.meta.url));

async function temporary(context: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-store-"));
  context.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const has = (code: StoreError["code"], words: RegExp) => (error: unknown): boolean =>
  error instanceof StoreError && error.code === code && words.test(error.message) && error.cause !== undefined;

test("a batch is kept whole, in key order under its prefix, and null deletes", async (context) => {
  const dir = await temporary(context);
  const store = await openStore(dir);
  await store.commit(new Map([["b/2", "two"], ["b/1", "one"], ["c", "other"]]));
  await store.commit(new Map([["b/2", null], ["b/3", "three"]]));
  assert.deepEqual([...(await store.load("b/"))], [["b/1", "one"], ["b/3", "three"]]);
  await store.close();
  const again = await openStore(dir);
  assert.deepEqual([...(await again.load(""))], [["b/1", "one"], ["b/3", "three"], ["c", "other"]]);
  await again.close();
});

test("commits reach the disk in the order they were asked for", async (context) => {
  const store = await openStore(await temporary(context));
  await Promise.all(Array.from({ length: 50 }, (_, count) => store.commit(new Map([["last", `${count}`]]))));
  assert.equal((await store.load("last")).get("last"), "49");
  await store.close();
});

test("a store that is open elsewhere says so", async (context) => {
  const dir = await temporary(context);
  const store = await openStore(dir);
  await assert.rejects(openStore(dir), has("locked", /running twice/));
  await store.commit(new Map([["still", "works"]]));
  await store.close();
});

test("a damaged store says so and does not start empty", async (context) => {
  const dir = await temporary(context);
  const store = await openStore(dir);
  await store.commit(new Map([["a", "1"]]));
  await store.close();
  for (const file of await readdir(dir)) if (file.startsWith("MANIFEST")) await writeFile(join(dir, file), "not a manifest");
  await assert.rejects(openStore(dir), has("damaged", /move it away/));
});

test("a store that is no directory names the cure", async (context) => {
  const file = join(await temporary(context), "file");
  await writeFile(file, "");
  await assert.rejects(openStore(file), has("unwritable", /may write to/));
});

test("a closed store refuses", async (context) => {
  const store = await openStore(await temporary(context));
  await store.close();
  await assert.rejects(store.commit(new Map([["a", "1"]])), /closed/);
});

test("kill -9 amid writes loses nothing acknowledged and tears no batch", async (context) => {
  const dir = await temporary(context);
  let next = 1;
  for (const acknowledgements of [1, 7, 23, 40]) {
    const child = spawn(process.execPath, [writer, dir, String(next)], { stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(child, "exit");
    let told = 0;
    let last = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line);
      told += 1;
      if (told === acknowledgements) child.kill("SIGKILL");
    }
    await exit;
    const store = await openStore(dir);
    const kept = Number((await store.load("pair/a")).get("pair/a"));
    assert.ok(kept >= last, `${last} was acknowledged, ${kept} is kept`);
    assert.equal(Number((await store.load("pair/b")).get("pair/b")?.split(" ")[0]), kept);
    assert.equal((await store.load("each/")).size, kept);
    await store.close();
    next = kept + 1;
  }
});

test("a full disk is an error, and what was kept before is still there", async (context) => {
  const dir = await temporary(context);
  // A limit on the size of one file stands for the full disk; without the trap the signal would end the process.
  const child = spawn("/bin/sh", ["-c", `trap '' XFSZ; ulimit -f 128; exec "$0" "$@"`, process.execPath, writer, dir], { stdio: ["ignore", "pipe", "ignore"] });
  const exit = once(child, "exit");
  let last = 0;
  let said = "";
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("failed")) said = line;
    else last = Number(line);
  }
  assert.deepEqual(await exit, [3, null]);
  assert.equal(said, "failed StoreError");
  const store = await openStore(dir);
  assert.ok(Number((await store.load("pair/a")).get("pair/a")) >= last && last > 0);
  await store.close();
});
