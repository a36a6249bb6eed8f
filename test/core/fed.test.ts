/** A machine that answers has power, whatever its outlet reads. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fed } from "../../agent/core/fed.ts";
import type { Reading } from "../../agent/core/model.ts";
import type { Feed, OrderStatus } from "../../agent/core/snapshot.ts";
import type { OutletState } from "../../agent/core/outlets.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { device, metered, NAMEPLATE_W, NOW, says, silent, tick, viewOf, wanted } from "./rack.ts";

const open = (ago: number, order: OrderStatus | null = null): Feed => ({ outlet: { kind: "outlet", opens: "emergency", minOffTime: seconds(30), poweredUpAs: "last" }, on: false, offSince: millis(NOW - ago), order });
const lost = (heardAgo: number): Reading => ({ kind: "unknown", reason: "timeout", last: null, since: tick(NOW - heardAgo) });
const fallenSilent = (heardAgo: number): Reading => {
  const heard = says("400");
  return { kind: "unknown", reason: "timeout", last: heard.kind === "known" ? heard.telemetry : null, since: tick(NOW - heardAgo) };
};

describe("an outlet that reads open", () => {
  const rows: [string, Reading, Feed, boolean, number | null][] = [
    ["nobody answers behind it", silent(), open(60_000), false, 3],
    ["one answers", says("400"), open(60_000), true, null],
    ["one that answers is not believed at once: it may have said so before", says("400"), open(4_999), false, 3],
    ["one answered before it was opened and has been silent since", fallenSilent(60_000), open(55_001), false, 3],
    ["one has answered behind it and is silent now: it has power still", fallenSilent(10_000), open(60_000), true, null],
    ["one has never been heard of", lost(0), open(60_000), false, 3],
    ["nobody knows since when", says("400"), { ...open(0), offSince: null }, false, 3],
  ];
  for (const [name, reading, feed, on, shown] of rows) test(name, () => {
    const believed = fed(device("a", reading, { feed, outlet: metered(3) }));
    assert.deepEqual([believed.feed?.on, believed.outlet?.power], [on, shown]);
  });
  test("one that answers draws what it says, not what that outlet shows", () => {
    const { draw, known, actual } = viewOf(says("400", { own: 2300 }), wanted("400"), { feed: open(60_000), outlet: metered(0) });
    assert.deepEqual([draw, known, actual > 0], [{ low: 2070, high: 2530, by: "asic" }, true, true]);
  });
});

describe("an outlet that was closed and reads open", () => {
  const restore: OutletState = { on: true, cause: "restore", orderedAt: millis(NOW - 10_000), tries: 2 };
  const order = (state: OrderStatus["state"], on: boolean): OrderStatus => ({ id: 7, setpoint: { kind: "outlet", on }, state, at: millis(NOW - 10_000) });
  const rows: [string, OrderStatus | null, OutletState | null, number][] = [
    ["its PDU says that it closed it: its machine may boot", order("acknowledged", true), restore, NAMEPLATE_W],
    ["it said that it did not", order("failed", true), restore, 0],
    ["it is not to be closed", order("acknowledged", false), { ...restore, on: false }, 0],
    ["closed long ago, and opened by hand since", order("acknowledged", true), null, 0],
  ];
  for (const [name, last, outlet, reserve] of rows) test(name, () => assert.equal(viewOf(silent(), wanted("asleep", { outlet }), { feed: open(9_000, last), outlet: metered(0) }).reserve, reserve));
});
