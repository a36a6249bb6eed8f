import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Scope } from "../../agent/runtime/scope.ts";

describe("scope", () => {
  test("ends last in, first out, after its signal aborted", async () => {
    const scope = new Scope();
    const ended: string[] = [];
    scope.own("first", () => ended.push("first"));
    scope.own("second", async () => {
      await Promise.resolve();
      ended.push("second");
    });
    scope.use("third", { [Symbol.asyncDispose]: async () => void ended.push("third") });
    scope.signal.addEventListener("abort", () => ended.push("signal"));
    await scope.end();
    assert.deepEqual(ended, ["signal", "third", "second", "first"]);
  });

  test("every end runs, and what failed is summed with its name", async () => {
    const scope = new Scope();
    const ended: string[] = [];
    scope.own("store", () => ended.push("store"));
    scope.own("link", () => Promise.reject(new Error("no answer")));
    scope.own("meter", () => {
      throw new Error("stuck");
    });
    await assert.rejects(scope.end(), (error) => error instanceof AggregateError && error.errors.length === 2 && error.message === "meter did not end: stuck; link did not end: no answer");
    assert.deepEqual(ended, ["store"]);
  });

  test("ends once; what comes later ends at once", async () => {
    const scope = new Scope();
    let ends = 0;
    scope.own("counted", () => (ends += 1));
    await Promise.all([scope.end(), scope.end()]);
    scope.own("late", () => (ends += 10));
    await scope.end();
    assert.equal(ends, 11);
  });
});
