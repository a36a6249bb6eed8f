/** Alert rules and dashboard against what the daemon says: nothing it calls an alarm is without a rule, nothing they ask for is without a metric. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { METRICS } from "../../agent/report/prometheus/metrics.ts";
import { controllerAlarms, runbookNames } from "../../agent/report/runbook/runbook.ts";
import { alertName, errorEvents, rules } from "../../scripts/docs/alerts.ts";
import { panels, placed } from "../../scripts/docs/dashboard.ts";

const words = new Set(rules.map(({ word }) => word));

test("every alarm of the runbook, and every event that is an error, has its rule", () => {
  assert.ok(controllerAlarms.length >= 7 && errorEvents.length >= 10);
  assert.deepEqual([...controllerAlarms, ...errorEvents].filter((word) => !words.has(word)), [], "add a rule in scripts/docs/alerts.ts");
});

test("every rule has its entry in the runbook, and a name of its own", () => {
  assert.deepEqual([...words].filter((word) => word !== "unreachable" && !runbookNames.includes(word)), []);
  assert.equal(new Set(rules.map(({ word }) => alertName(word))).size, rules.length);
});

test("rules and panels ask for metrics there are", () => {
  const known = new Set(METRICS.map(({ name }) => name));
  const asked = [...rules.map(({ expr }) => expr), ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))].flatMap((expr) => expr.match(/\b(curtaild|process)_\w+/g) ?? []);
  assert.ok(asked.length > 40);
  assert.deepEqual(asked.filter((name) => !known.has(name)), []);
});

test("no two panels stand on each other, and all are within the page", () => {
  const cells = new Set<string>();
  for (const { x, y, width, height, title } of placed()) {
    assert.ok(x + width <= 24, title);
    for (let column = x; column < x + width; column += 1) for (let row = y; row < y + height; row += 1) {
      assert.ok(!cells.has(`${column} ${row}`), title);
      cells.add(`${column} ${row}`);
    }
  }
});
