/** Outlets, the last resort: only as their rule allows, after the machines were told, and closed again with room and rest. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OutletRule } from "../../agent/core/model.ts";
import { Timeline } from "./timeline.ts";

const FACTORS = [1, 0.97, 1.03, 1.06];
const rackOf = (factors: readonly number[], opens: OutletRule) => new Timeline({ factors, opens }).signal(null).at(30);
const four = (opens: OutletRule) => rackOf(FACTORS, opens);

describe("a machine that says yes and does nothing", () => {
  test("is cut off when its outlet may be opened, and the others are used", () => {
    const rack = four("shortfall").fault(1, "stuck").signal(3000).at(75).expectFed(3).expectNever(3060, 300).expectDraw(">=", 2000).expect("limited", "compliant");
    assert.deepEqual(rack.orders.filter(({ setpoint }) => setpoint.kind === "outlet").map(({ device, cause }) => [device, cause]), [["asic-1", "deviation"]]);
  });
  test("keeps its power where the rule says emergency or never", () => {
    for (const opens of ["emergency", "never"] as const) four(opens).fault(1, "stuck").signal(3000).at(200).expectFed(4);
  });
  test("keeps its power while the others can make room", () => void four("shortfall").fault(1, "stuck").signal(8000).at(200).expectFed(4).expectDraw("<=", 8060));
});

describe("one that does not hear", () => {
  test("is cut off when the limit needs it", () => void four("shortfall").fault(2, "silent").signal(2500).at(75).expectFed(3).expectNever(2560, 200));
});

describe("a limit below what all draw asleep", () => {
  test("opens as many as it takes", () => void four("shortfall").signal(30).at(30 + 60).expectDraw("<=", 55).expectFed(2));
  test("0 W opens all, in steps", () => void four("shortfall").signal(0).at(30 + 60).expectDraw("<=", 10));
  test("is at its floor where outlets stay closed", () => void four("never").signal(0).at(90).expectFed(4).expect("limited", "at-floor"));
});

describe("an emergency", () => {
  test("sleep first; outlets open when the grace is over", () => {
    four("emergency").emergency(true).at(38).expectFed(4).expectDraw("<=", 300).at(60).expectFed(0).expectDraw("<=", 0);
  });
  test("they close one by one after their rest, never over the limit, and all run again", () => {
    four("emergency").signal(12_000).at(60).emergency(true).at(80).expectFed(0).emergency(false).expectNever(0, 130).expectNever(12_060, 400).expectFed(4).expectDraw(">=", 11_000);
  });
  test("one that did not close when there was room for it is not closed when there is none", () => {
    const rack = four("emergency").signal(12_000).at(60).emergency(true).at(80).expectFed(0).jam(true).emergency(false).at(240).expectFed(0);
    assert.ok(rack.orders.some(({ setpoint }) => setpoint.kind === "outlet" && setpoint.on), "it was tried");
    rack.signal(1000).jam(false).expectNever(0, 500).expectFed(0);
    rack.signal(12_000).expectNever(12_060, 800).expectFed(4);
  });
  test("where the meter stops measuring meanwhile, its relays too, they close one by one all the same", () => {
    const rack = four("emergency").signal(6000).at(60).emergency(true).at(80).expectFed(0).stall(true).emergency(false).expectNever(6060, 400).expectFed(4).expectDraw(">=", 3000);
    rack.stall(false).at(430).expectNever(6060, 600).expectDraw(">=", 5400).expect("limited", "compliant");
  });
  test("under a limit that one may break while it boots they stay open", () => void four("emergency").signal(4100).at(60).emergency(true).at(80).expectFed(0).emergency(false).expectNever(0, 500).expectFed(0));
  test("where it fits while the others sleep, they give way to each in turn", () => {
    rackOf(FACTORS.slice(1), "emergency").signal(4500).at(60).emergency(true).at(80).expectFed(0).emergency(false).expectNever(4560, 900).expectFed(3).expectDraw(">=", 4000);
  });
  test("the last stays dark where it would earn no more than the others do without it", () => {
    four("emergency").signal(4500).at(60).emergency(true).at(80).expectFed(0).emergency(false).expectNever(4560, 900).expectFed(3).expectDraw(">=", 4000);
  });
});
