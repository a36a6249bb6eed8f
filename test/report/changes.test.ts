/** Events that follow from one decision to the next. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../agent/core/decide.ts";
import { celsius, millis, watts } from "../../agent/core/units.ts";
import { changesBetween } from "../../agent/report/changes.ts";
import type { HeatLimits } from "../../agent/core/heat.ts";
import { device, input, metered, NOW, POLICY, rackOf, says, snapshot } from "../core/rack.ts";

const COOL: HeatLimits = { board: celsius(80), chip: celsius(95), inlet: celsius(45), cool: celsius(20), rated: watts(2300) };

/** The air at two machines, look by look; what is said of it. */
function air(looks: readonly (readonly [a: number | null, b: number | null])[], cool = COOL.cool): string[] {
  const policy = { ...POLICY, heat: new Map(["a", "b"].map((id) => [id, { ...COOL, cool }])) };
  let rack = rackOf({});
  let before: ReturnType<typeof decide>["decision"] | null = null;
  return looks.map((inlets) => {
    const devices = inlets.map((inlet, at) => {
      const reading = says("300");
      assert.ok(reading.kind === "known");
      return device("ab"[at] ?? "", { ...reading, telemetry: { ...reading.telemetry, inlet: inlet === null ? null : celsius(inlet) }, readAt: { uptime: NOW, at: 0 as never, error: millis(0) } });
    });
    const { rack: next, decision } = decide(rack, input(snapshot(devices, metered(3_200)), { policy }));
    const said = changesBetween(before, decision).filter(({ name }) => name.startsWith("air.")).map(({ name, fields }) => `${name} ${String(fields["airC"])} ${String(fields["open"])}/${String(fields["machines"])}`);
    [rack, before] = [next, decision];
    return said.join();
  });
}

test("air that becomes cool or warm is told for the first machine and the last, once", () => {
  assert.deepEqual(air([[25, 25], [25, 25], [18, 25], [18, 25], [18, 18], [19.9, 20], [20.1, 20], [20.1, 20], [21, 22]]), [
    "air.warmed 25 0/2", "", "air.cooled 25 1/2", "", "air.cooled 18 2/2", "", "air.warmed 20.1 1/2", "", "air.warmed 22 0/2",
  ]);
});

test("air about the threshold is not told again and again: it is cooler by two degrees or not at all", () => {
  assert.deepEqual(air([[18, 18], [20.4, 20.4], [19.6, 19.6], [20.2, 20.2], [18.6, 18.6], [18.4, 18.4]]), ["air.cooled 18 2/2", "air.warmed 20.4 0/2", "", "", "", "air.cooled 18.4 2/2"]);
});

test("where nobody says the air nothing is open, and where no air is cool nothing is said", () => {
  assert.deepEqual(air([[null, null]]), ["air.warmed null 0/2"]);
  assert.deepEqual(air([[18, 18], [25, 25]], null), ["", ""]);
});
