import assert from "node:assert/strict";
import { test } from "node:test";
import { PoolGuard } from "../../agent/attend/pool-guard.ts";
import type { Decision } from "../../agent/core/decide.ts";
import type { Reading } from "../../agent/core/model.ts";
import { silence } from "../support/miner.ts";

const OURS = [{ host: "pool.example", accounts: ["farm"] }];
type Guarded = ConstructorParameters<typeof PoolGuard>[0];
const config = (pools: Guarded["pools"], own: Guarded["pools"] = null): Guarded => ({ pools, miners: [{ id: "a", pools: own }] as unknown as Guarded["miners"] });

function told(guard: PoolGuard, reading: Reading["kind"], url: string, worker = "farm.1"): string[] {
  const telemetry = { ...silence, pools: [{ url, worker, active: true }] };
  const views = [{ device: { id: "a", reading: reading === "known" ? { kind: "known", telemetry } : { kind: "unknown", last: telemetry } } }];
  return guard.decided({ views } as unknown as Decision).map(({ name, fields }) => `${name} ${String(fields["url"] ?? fields["to"])}`);
}

test("says a foreign pool once, another one again, and its end", () => {
  const guard = new PoolGuard(config(OURS));
  assert.deepEqual(told(guard, "known", "stratum+tcp://pool.example:1"), []);
  assert.equal(guard.about("a").poolGuard, "allowed");
  assert.deepEqual(told(guard, "known", "stratum+tcp://evil:1"), ["pool.strayed stratum+tcp://evil:1"]);
  assert.deepEqual(told(guard, "known", "stratum+tcp://evil:1"), []);
  assert.equal(guard.about("a").poolGuard, "foreign");
  assert.deepEqual(told(guard, "known", "stratum+tcp://worse:1"), ["pool.strayed stratum+tcp://worse:1"]);
  assert.deepEqual(told(guard, "known", "stratum+tcp://pool.example:1"), ["pool.returned allowed"]);
});

test("silence acquits nobody", () => {
  const guard = new PoolGuard(config(OURS));
  told(guard, "known", "stratum+tcp://evil:1");
  assert.deepEqual(told(guard, "unknown", "stratum+tcp://pool.example:1"), []);
  assert.equal(guard.about("a").poolGuard, "foreign");
});

test("a miner's own list stands instead of the rack's, and without any nobody watches", () => {
  const own = new PoolGuard(config(OURS, [{ host: "evil", accounts: ["*"] }]));
  assert.deepEqual(told(own, "known", "stratum+tcp://evil:1"), []);
  assert.deepEqual(told(own, "known", "stratum+tcp://pool.example:1"), ["pool.strayed stratum+tcp://pool.example:1"]);
  const none = new PoolGuard(config(null));
  assert.deepEqual(told(none, "known", "stratum+tcp://evil:1"), []);
  assert.equal(none.about("a").poolGuard, null);
});
