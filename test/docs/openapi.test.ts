import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceRowSchema, describedRoutes, openapiFile } from "../../scripts/docs/openapi.ts";
import { device, silent } from "../cli/answers.ts";

test("every route says what it does, and what changes something says what it takes", () => {
  const routes = describedRoutes();
  assert.ok(routes.length > 20);
  const named = (list: typeof routes): string[] => list.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(named(routes.filter(({ does }) => does === undefined)), [], "give the route a sentence: does");
  assert.deepEqual(named(routes.filter(({ socket, takes, path }) => socket === "act" && takes === undefined && path !== "/state")), [], "give the route the zod type of its body: takes");
});

test("no two operations share a name", () => {
  const ids = [...openapiFile().matchAll(/"operationId": "(\w+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test("a row of devices is as described", () => {
  for (const row of [device, silent]) deviceRowSchema.parse(JSON.parse(JSON.stringify(row)));
});
