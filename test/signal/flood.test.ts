import assert from "node:assert/strict";
import { test } from "node:test";
import { flood } from "./flood.ts";

test("1,000 bad documents a second for 10 s: the cycle goes on, the disk is left alone, what is said stays a line a minute and code", (context) => {
  const { longestMs, commits, events, acks, refused } = flood(10);
  context.diagnostic(`the longest second took ${Math.round(longestMs)} ms`);
  assert.ok(longestMs < 1_500, `${longestMs} ms`);
  assert.ok(commits <= 1, `${commits} commits`);
  assert.ok(events <= 12, `${events} events`);
  assert.equal(acks, 2, "what is said again is answered once");
  assert.equal(refused, 10_000);
});
