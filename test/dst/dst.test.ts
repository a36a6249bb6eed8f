/** The simulation judged by itself: honest lives pass, the same seed is the same life, and planted bugs are found. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Policy } from "../../agent/core/policy.ts";
import { watts } from "../../agent/core/units.ts";
import { live } from "./life.ts";

const life = (seed: number, bug: Partial<Policy> = {}) => live({ seed, forgeries: true, trace: null, bug });

describe("simulated lives", () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`seed ${seed} keeps every rule`, async () => {
      const { violations, orders } = await life(seed);
      assert.deepEqual(violations, []);
      assert.ok(orders > 20, `${orders} orders`);
    });
  }

  test("the same seed is the same life", async () => {
    const [once, again] = [await life(5), await life(5)];
    assert.equal(once.ordersHash, again.ordersHash);
  });

  test("what was refused changes nothing: without the forgeries the orders are the same", async () => {
    const honest = await live({ seed: 6, forgeries: false, trace: null });
    assert.equal((await life(6)).ordersHash, honest.ordersHash);
  });
});

describe("planted bugs are found", () => {
  const bugs: readonly [string, Partial<Policy>, RegExp][] = [
    ["planning 40 % over the limit", { margin: -0.4 }, /power within the limit/],
    ["a failsafe limit of everything", { failsafe: watts(1_000_000) }, /stated limit is never above the true one/],
  ];
  for (const [name, bug, rule] of bugs) {
    test(name, async () => {
      const found = new Set<string>();
      for (const seed of [1, 2, 3]) for (const violation of (await life(seed, bug)).violations) found.add(violation.rule);
      assert.match([...found].join("; "), rule);
    });
  }
});
