import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PoolTelemetry, Telemetry } from "../../agent/core/model.ts";
import { judgePools, type PoolRule } from "../../agent/core/pools.ts";

const RULES: readonly PoolRule[] = [
  { host: "*.pool.example", accounts: ["farm", "bc1qfarm"] },
  { host: "Backup.example:3333", accounts: ["*"] },
];
const pool = (url: string, worker: string | null, active: boolean | null = true): PoolTelemetry => ({ url, worker, active });
const verdict = (pools: readonly PoolTelemetry[], state: Telemetry["state"] = "hashing"): string | null => judgePools({ pools, state }, RULES)?.kind ?? null;

describe("whom a machine hashes for", () => {
  const cases: readonly [string, readonly PoolTelemetry[], string | null][] = [
    ["our account", [pool("stratum+tcp://eu.pool.example:3333", "farm")], "allowed"],
    ["a worker of it", [pool("stratum+tcp://eu.pool.example:3333", "farm.rack-1.07")], "allowed"],
    ["another of our accounts, without a scheme, with a path", [pool("EU.Pool.Example:700/#xnsub", "bc1qfarm.w")], "allowed"],
    ["an account that only begins like ours", [pool("stratum+tcp://eu.pool.example:3333", "farmer.w")], "foreign"],
    ["somebody else at our pool", [pool("stratum+tcp://eu.pool.example:3333", "thief.w")], "foreign"],
    ["our account at another pool", [pool("stratum+tcp://pool.example.evil:3333", "farm.w")], "foreign"],
    ["a host that only ends like ours", [pool("stratum+tcp://evilpool.example:3333", "farm.w")], "foreign"],
    ["our pool as somebody's user", [pool("stratum+tcp://eu.pool.example:3333@evil.example:3333", "farm.w")], "foreign"],
    ["the port of the rule, whoever", [pool("stratum+ssl://backup.example:3333", "anybody")], "allowed"],
    ["another port", [pool("stratum+ssl://backup.example:4444", "anybody")], "foreign"],
    ["a foreign pool in reserve", [pool("stratum+tcp://eu.pool.example:1", "farm"), pool("stratum+tcp://evil:1", "x", false)], "allowed"],
    ["a foreign pool that does not say whether it is in use", [pool("stratum+tcp://eu.pool.example:1", "farm"), pool("stratum+tcp://evil:1", "x", null)], "foreign"],
    ["a worker that was not said", [pool("stratum+tcp://eu.pool.example:1", null)], "unknown"],
    ["no pool said", [], "unknown"],
  ];
  for (const [name, pools, expected] of cases) test(name, () => assert.equal(verdict(pools), expected));

  test("nobody, asleep", () => assert.equal(verdict([pool("stratum+tcp://evil:1", "x")], "asleep"), null));
  test("nobody yet, starting", () => assert.equal(verdict([], "starting"), null));
});
