import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "../support/memory-store.ts";

test("keeps whole batches, in order, and answers by prefix", async () => {
  const store = memoryStore();
  const first = store.commit(new Map([["b", "1"], ["a", "1"], ["c", "1"]]));
  await store.commit(new Map([["a", "2"], ["c", null]]));
  await first;
  assert.deepEqual([...(await store.load(""))], [["a", "2"], ["b", "1"]]);
  assert.deepEqual([...(await store.load("b"))], [["b", "1"]]);
});

test("refuses as often as it was told, and keeps nothing of what it refused", async () => {
  const store = memoryStore();
  store.failNext(2);
  await assert.rejects(store.commit(new Map([["a", "1"]])));
  await assert.rejects(store.commit(new Map([["a", "2"]])));
  await store.commit(new Map([["a", "3"]]));
  assert.deepEqual([...store.synced], [["a", "3"]]);
});

test("a power cut takes what was still under way, and nothing that was acknowledged", async () => {
  const store = memoryStore();
  await store.commit(new Map([["a", "kept"]]));
  const released: (() => void)[] = [];
  store.delay = () => new Promise((resolve) => released.push(resolve));
  let acknowledged = false;
  void store.commit(new Map([["a", "lost"]])).then(() => (acknowledged = true));
  await new Promise(setImmediate);
  const after = store.crash();
  for (const release of released) release();
  await new Promise(setImmediate);
  assert.equal(acknowledged, false);
  assert.deepEqual([...(await after.load(""))], [["a", "kept"]]);
});
