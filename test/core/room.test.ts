/** The others make room for one that waits, where it fits at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { roomFor } from "../../agent/core/room.ts";
import type { Feed } from "../../agent/core/snapshot.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { device, NAMEPLATE_W, NOW, says, silent, snapshot, to, viewsOf, wanted } from "./rack.ts";

const outlet = (on: boolean): Feed => ({ outlet: { kind: "outlet", opens: "emergency", minOffTime: seconds(30), poweredUpAs: "on" }, on, offSince: on ? null : millis(NOW - 60_000), order: null });
const switched = (on: boolean) => ({ on, cause: "restore", orderedAt: millis(NOW - 10_000), tries: 1 });

/** A runs at 1,000 W, b waits behind an open outlet, c is asleep or boots behind one that has just been closed. */
function room(other: "asleep" | "boots", budget: number): string | null {
  const views = viewsOf(snapshot([
    device("a", says("200")),
    device("b", silent(), { feed: outlet(false) }),
    other === "boots" ? device("c", silent(), { feed: outlet(true) }) : device("c", says("asleep")),
  ]), { a: wanted("200"), b: wanted("asleep", { outlet: { ...switched(false), on: false } }), c: other === "boots" ? wanted("asleep", { outlet: switched(true) }) : wanted("asleep") });
  const [a, b, c] = views as [View, View, View];
  const obeying = other === "boots" ? [a] : [a, c];
  const spare = (among: readonly View[]): number => budget - views.filter((view) => !among.includes(view)).reduce((sum, { reserve }) => sum + reserve, 0);
  return roomFor(null, obeying, { budget: { kind: "limited", power: watts(budget) }, uptime: NOW, dwells: false, hashrate: 50, doubt: 1, dark: [b], least: 0, spare })?.view.device.id ?? null;
}

test("one behind an open outlet gets it when its boot fits beside the others asleep", () => assert.equal(room("asleep", NAMEPLATE_W + 50), "b"));
test("not when it does not fit", () => assert.equal(room("asleep", NAMEPLATE_W + 49), null));
test("nobody is put to sleep for it while another boots and the two do not fit together", () => assert.equal(room("boots", 2 * NAMEPLATE_W + 24), null));
test("where they do, it gets it", () => assert.equal(room("boots", 2 * NAMEPLATE_W + 25), "b"));

test("one that has waited for a minute gets it, unless the standing plan has just been made", () => {
  const [a, b] = viewsOf(snapshot([device("a", says("200")), device("b", says("asleep", { frequency: 600 }))]), { a: wanted("200"), b: wanted("asleep") }) as [View, View];
  const starving = { device: "b", setpoint: to("300"), peak: watts(4000), since: millis(NOW - 60_000) };
  const rises = (dwells: boolean): string | null => roomFor(starving, [a, b], { budget: { kind: "limited", power: watts(4100) }, uptime: NOW, dwells, hashrate: 50, doubt: 1, dark: [], least: 0, spare: (among) => 4100 - [a, b].filter((view) => !among.includes(view)).reduce((sum, { reserve }) => sum + reserve, 0) })?.view.device.id ?? null;
  assert.deepEqual([rises(false), rises(true)], ["b", null]);
});
