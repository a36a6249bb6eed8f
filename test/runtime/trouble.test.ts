import assert from "node:assert/strict";
import { test } from "node:test";
import { Trouble } from "../../agent/runtime/trouble.ts";

test("a disk that stays full is said once, another reason again, and once more when it had been well", () => {
  const said: string[] = [];
  const trouble = new Trouble((reason) => said.push(reason));
  for (const reason of ["full", "full", "read-only", "read-only"]) trouble.failed(new Error(reason));
  trouble.over();
  trouble.failed(new Error("read-only"));
  assert.deepEqual(said, ["full", "read-only", "read-only"]);
});
