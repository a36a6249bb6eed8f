/** Quick machines bridge while slow ones fall asleep: first legal in time, then optimal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { liveThrough } from "./loop-rack.ts";

/** Half of the rack is told in seconds, the other half, as stock firmware, sleeps after 75 s and wakes after 180 s. */
const MIXED = { settle: 2, lag: 1, assumed: 1, outlets: true, slow: { from: 3, sleep: 75, wake: 180 } } as const;

describe("a mixed rack", () => {
  const [, dropped] = liveThrough(MIXED, [1.1, 0.55, 1.1]);
  test("is within half its power in time, though half of it takes over a minute", () => assert.ok(dropped !== undefined && dropped.first >= 0 && dropped.first <= 15, `${dropped?.first} s`));
  test("and never over it again", () => assert.equal(dropped?.again, 0));
  test("and uses what it may when the slow ones are down", () => assert.ok(dropped !== undefined && dropped.settledW >= 0.9 * dropped.limitW, `${dropped?.settledW} W of ${dropped?.limitW} W`));
});
