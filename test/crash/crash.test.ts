import assert from "node:assert/strict";
import { test } from "node:test";
import { crashRounds } from "./rounds.ts";

test("kill -9 at five random moments loses nothing acknowledged and tears nothing", async () => {
  const { broken, journalLines, recordsTaken } = await crashRounds(5, () => undefined);
  assert.deepEqual(broken, []);
  assert.ok(journalLines > 10 && recordsTaken > 10, `${journalLines} lines, ${recordsTaken} records`);
});
