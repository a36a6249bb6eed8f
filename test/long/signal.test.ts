/** The signal room's figures at full length: forgeries, floods, and the way from a message to a decision with a real disk. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decide } from "../../agent/core/decide.ts";
import { startState } from "../../agent/core/state.ts";
import { openStore } from "../../agent/record/store.ts";
import { openJws } from "../../agent/signal/jws.ts";
import { input, metered, snapshot } from "../core/rack.ts";
import { Bench } from "../signal/bench.ts";
import { flood, machines } from "../signal/flood.ts";

test("100,000 forged documents change nothing", (context) => {
  const seed = Number(process.env["CURTAIL_SEED"] ?? Math.floor(performance.timeOrigin % 2 ** 31));
  context.diagnostic(`CURTAIL_SEED=${seed}`);
  const file = fileURLToPath(new URL("../signal/forgery.test.js", import.meta.url));
  const env = { ...process.env, CURTAIL_FORGERIES: "100000", CURTAIL_SEED: String(seed) };
  delete (env as Record<string, string | undefined>)["NODE_TEST_CONTEXT"];
  const { status, stdout } = spawnSync(process.execPath, ["--test", file], { env, encoding: "utf8" });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /100000 forged/);
});

test("1,000 bad documents a second for 60 s: the cycle stays under 1.5 s, memory flat, one write a minute at most", (context) => {
  const { longestMs, commits, heapGrowth } = flood(60);
  context.diagnostic(`the longest second took ${Math.round(longestMs)} ms; heap ${Math.round(heapGrowth / 1024)} KiB more`);
  assert.ok(longestMs < 1_500, `${longestMs} ms`);
  assert.ok(commits <= 2, `${commits} commits`);
  assert.ok(heapGrowth < 32 * 1_048_576, `${heapGrowth} bytes`);
});

test("verify, store, decide: p99 within 100 ms at 200 machines, with a synchronised write to disk", async (context) => {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-speed-"));
  const store = await openStore(dir);
  try {
    const bench = new Bench({ signatures: "required" });
    bench.hear(bench.keySet(undefined, { exp: bench.now() + 86_400_000 }));
    const times: number[] = [];
    const rack = startState(bench.tick().uptime);
    for (let round = 0; round < 300; round += 1) {
      const { topic, payload } = bench.allocation(400_000 + round, { key: bench.grid });
      const bytes = Buffer.from(payload);
      const begun = performance.now();
      const tick = bench.tick();
      for (const effect of bench.signal.receive({ topic, payload: bytes, retain: false }, tick)) {
        if (effect.kind !== "commit") continue;
        await store.commit(effect.changes);
        bench.signal.committed(effect.id, true, tick);
      }
      decide(rack, input({ ...snapshot(machines, metered(700_000)), tick }, { heard: bench.signal.heard(), now: bench.signal.now(tick) }));
      times.push(performance.now() - begun);
      bench.wait(1_000);
    }
    const sorted = times.sort((a, b) => a - b);
    const [p50 = 0, p99 = 0] = [sorted[150], sorted[296]];
    context.diagnostic(`p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    assert.ok(p99 <= 100, `${p99} ms`);
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
});

test("an Ed25519 signature is verified within 0.3 ms", (context) => {
  const bench = new Bench();
  const jws = JSON.parse(bench.allocation(1, { key: bench.grid }).payload) as object;
  const begun = performance.now();
  for (let round = 0; round < 2_000; round += 1) assert.ok(openJws(jws, () => bench.grid.publicKey).ok);
  const each = (performance.now() - begun) / 2_000;
  context.diagnostic(`${each.toFixed(3)} ms`);
  assert.ok(each <= 0.3, `${each} ms`);
});
