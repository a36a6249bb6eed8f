import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { storm } from "../drivers/mutations.ts";

const MUTATIONS = 1_000_000;
const MOST_GROWTH = 16 * 1024 * 1024;

test("1,000,000 damaged replies: no crash, no hang, no growth", async (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap: number[] = [];
  const began = performance.now();
  const { read, refused, slowestMs } = await storm(MUTATIONS, 5, (done) => {
    if (done % 100_000 !== 0) return;
    collect();
    heap.push(process.memoryUsage().heapUsed);
  });
  const [, warm = 0] = heap;
  const grown = Math.max(...heap.slice(1)) - warm;
  t.diagnostic(`${read} read, ${refused} refused, slowest ${slowestMs.toFixed(1)} ms, ${((performance.now() - began) / 1000).toFixed(0)} s, heap ${(grown / 1024 / 1024).toFixed(1)} MB more than after the first tenth`);
  assert.equal(read + refused, MUTATIONS);
  assert.ok(slowestMs < 1_000, `${slowestMs} ms`);
  assert.ok(grown < MOST_GROWTH, `${grown} bytes`);
});
