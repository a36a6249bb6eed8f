import assert from "node:assert/strict";
import { test } from "node:test";
import { storm } from "./mutations.ts";

test("50,000 damaged replies: a sound reading or a typed error of each, none slow", async () => {
  const { read, refused, slowestMs } = await storm(50_000, 20_261_122);
  assert.equal(read + refused, 50_000);
  // Were all refused, or none, the storm would show nothing.
  assert.ok(read > 5_000 && refused > 5_000, `${read} read, ${refused} refused`);
  assert.ok(slowestMs < 500, `${slowestMs} ms`);
});
