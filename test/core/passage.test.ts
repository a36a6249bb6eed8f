/** A plan is planned with the way to it: who passes through more than there is stays where it is, and the others have its watts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FREE } from "../../agent/core/allocate.ts";
import type { Reading } from "../../agent/core/model.ts";
import { allocatePassable, barredOf, resigned } from "../../agent/core/passage.ts";
import { nextStarving } from "../../agent/core/room.ts";
import type { DeviceState, Order, Starving } from "../../agent/core/state.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { device, inWords, NOW, ordered, says, snapshot, to, viewsOf, wanted } from "./rack.ts";

const rack = (machines: readonly (readonly [Reading, DeviceState])[]): readonly View[] => {
  const named = machines.map(([reading, state], i) => ({ id: String.fromCodePoint(97 + i), reading, state }));
  return viewsOf(snapshot(named.map(({ id, reading }) => device(id, reading))), Object.fromEntries(named.map(({ id, state }) => [id, state])));
};
/** It fell asleep at 600 MHz and wakes through it: 4,000 W, wherever it goes. */
const high = [says("asleep", { frequency: 600 }), wanted("asleep")] as const;
const low = [says("asleep", { frequency: 200 }), wanted("asleep")] as const;
const runs = (point: string) => [says(point), wanted(point)] as const;
/** Entries of the curve: 0 asleep, 1 at 200 MHz (1,000 W), 2 at 300 (1,600 W), 3 at 400 (2,300 W). */
const barred = (views: readonly View[], entries: readonly number[], available: number): string => barredOf(views, (i) => entries[i] as number, available).map(({ view, peak }) => `${view.device.id} ${peak}`).join(", ");

describe("whose way is barred", () => {
  const cases: readonly [string, string, string][] = [
    ["what passes through more than it ends at needs room for that beside the others", barred(rack([high, runs("200")]), [1, 1], 4999), "a 4000"],
    ["and finds it", barred(rack([high, runs("200")]), [1, 1], 5000), ""],
    ["who lowers has done so by then", barred(rack([high, runs("400")]), [1, 1], 5000), ""],
    ["a raise that ends at its highest needs no more than the plan has", barred(rack([low, runs("200")]), [1, 1], 2000), ""],
    ["the dearer raise goes last, and is not there yet when the cheaper passes", barred(rack([high, runs("200"), low]), [2, 1, 3], 1000 + 2300 + 4000), ""],
    ["one watt less", barred(rack([high, runs("200"), low]), [2, 1, 3], 1000 + 2300 + 3999), "a 4000"],
    ["one that is on its way already is no longer asked", barred(rack([[says("asleep", { frequency: 600 }), ordered("200", { ago: 1000, settle: 20_000 })], runs("200")]), [1, 1], 4999), ""],
  ];
  for (const [name, found, expected] of cases) test(name, () => assert.equal(found, expected));
});

describe("a plan whose raises all find their way", () => {
  const planned = (available: number) => {
    const views = rack([high, runs("200")]);
    const { entries, barred: left } = allocatePassable(views, views.map(({ curve }) => ({ curve, ...FREE, gain: 1 })), { available, least: 0, passable: available });
    return [[...entries], left.map(({ view, setpoint }) => `${view.device.id} to ${inWords(setpoint)}`)];
  };
  // 2 x 74 TH/s for 3,200 W earn more than 97 for 2,300, but the way there takes 5,600 W.
  test("leaves out who does not, and gives its watts to the others", () => assert.deepEqual(planned(3300), [[0, 4], ["a to 300"]]));
  test("takes it in where it fits", () => assert.deepEqual(planned(8000), [[5, 5], []]));
});

test("a standing raise that no longer finds its way is given up", () => {
  const views = rack([[says("asleep", { frequency: 600 }), wanted("200")], runs("200")]);
  const at = (available: number) => {
    const found = resigned(views, { obeys: () => true, free: () => available });
    return [found.views.map(({ state }) => inWords(state.target)), [...found.gaveUp].map(({ device: { id } }) => id)];
  };
  assert.deepEqual([at(4999), at(5000)], [[["asleep", "200"], ["a"]], [["200", "200"], []]]);
});

describe("who waits for room", () => {
  const [a, b] = [{ device: "a", setpoint: to("200"), peak: watts(4000) }, { device: "b", setpoint: to("300"), peak: watts(1600) }];
  const since: Starving = { ...a, since: millis(NOW - 30_000) };
  const next = (before: Starving | null, found: readonly (typeof a | null)[], views: readonly View[] = [], orders: readonly Order[] = []) => nextStarving(before, { found, orders, views, uptime: NOW });
  test("the first that is named begins", () => assert.deepEqual(next(null, [null, b]), { ...b, since: NOW }));
  test("who waits goes on waiting though another is named before", () => assert.deepEqual(next(since, [b, { ...a, peak: watts(3900) }]), { ...since, peak: 3900 }));
  test("in the moment in which its order goes out too", () => assert.deepEqual(next(since, [b], rack([low]), [{ id: 1, device: "a", setpoint: to("200"), cause: "test", lowers: false, issuedAt: NOW, settle: seconds(20) }]), since));
  test("and until its order has arrived", () => assert.deepEqual(next(since, [null], rack([[says("asleep"), ordered("200", { ago: 1000, settle: 20_000 })]])), since));
  test("nobody any more", () => assert.equal(next(since, [null], rack([low])), null));
});
