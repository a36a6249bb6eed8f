import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AgentEvent } from "../../agent/report/events.ts";
import { chronicle, tellDeafStory } from "../../scripts/demo/deaf.ts";
import { parseOptions } from "../../scripts/demo/options.ts";

describe("the story of deaf machines", () => {
  test("drops below what they draw alone, whatever the rack", () => {
    for (const [deaf, asics] of [[1, 6], [3, 12], [3, 100]] as const) {
      const drop = tellDeafStory(deaf, asics).steps.find(({ goal }) => goal === "lower");
      assert.ok(drop !== undefined && drop.limitPart !== null && drop.limitPart < deaf / asics && drop.limitPart > 0, String(drop?.limitPart));
    }
  });

  test("is asked for on the command line", () => {
    assert.equal(parseOptions(["--deaf", "3"]).deaf, 3);
  });

  test("tells from the drop on, in order and in words", () => {
    const at = (second: number): string => new Date(1_000 * second).toISOString();
    const events: AgentEvent[] = [
      { at: at(0), name: "limit.changed", fromW: null, toW: 45_000 },
      { at: at(1), name: "setpoint.ordered", device: "asic-01", setpoint: { kind: "points", point: "590" } },
      { at: at(10), name: "setpoint.ordered", device: "asic-01", setpoint: { kind: "sleep" } },
      { at: at(10), name: "limit.changed", fromW: 45_000, toW: 4_494 },
      { at: at(10.1), name: "setpoint.ordered", device: "asic-02", setpoint: { kind: "sleep" } },
      { at: at(25), name: "compliance.changed", from: "settling", to: "at-floor", powerW: 13_571 },
      { at: at(30), name: "setpoint.ordered", device: "asic-01", setpoint: { kind: "outlet", on: false } },
      { at: at(30), name: "outlet.switched", outlet: "pdu-1/1", device: "asic-01", on: false, why: "deviation", tookMs: 17 },
    ];
    assert.deepEqual(chronicle(events, new Set(["asic-01"])), [
      "", "in this order:",
      "   +0.0 s  the limit is 4.49 kW",
      "   +0.0 s  asic-01 is told: sleep",
      "  +15.0 s  the meter shows 13.6 kW: at-floor",
      "  +20.0 s  outlet pdu-1/1 of asic-01 opens (deviation), as read back after 17 ms",
    ]);
    assert.deepEqual(chronicle([], new Set()), ["", "in this order:"]);
  });
});
