/** The others make room for one that waits, where it fits at all. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PlanContext } from "../../agent/core/ground.ts";
import { makePlan, type Plan } from "../../agent/core/plan.ts";
import { roomFor } from "../../agent/core/room.ts";
import type { Feed } from "../../agent/core/snapshot.ts";
import type { DeviceState, RackState } from "../../agent/core/state.ts";
import { millis, seconds, watts, type Millis } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { device, inWords, NAMEPLATE_W, NOW, POLICY, rackOf, says, silent, snapshot, to, viewsOf, wanted } from "./rack.ts";

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
  return roomFor(null, obeying, { budget: { kind: "limited", power: watts(budget) }, uptime: NOW, dwelling: [], hashrate: 50, doubt: 1, dark: [b], least: 0, horizon: seconds(3600), spare })?.view.device.id ?? null;
}

test("one behind an open outlet gets it when its boot fits beside the others asleep", () => assert.equal(room("asleep", NAMEPLATE_W + 50), "b"));
test("not when it does not fit", () => assert.equal(room("asleep", NAMEPLATE_W + 49), null));
test("nobody is put to sleep for it while another boots and the two do not fit together", () => assert.equal(room("boots", 2 * NAMEPLATE_W + 24), null));
test("where they do, it gets it", () => assert.equal(room("boots", 2 * NAMEPLATE_W + 25), "b"));

test("one that has waited for a minute gets it, unless a plan with it has just been made: one without it is the one that makes room", () => {
  const [a, b] = viewsOf(snapshot([device("a", says("200")), device("b", says("asleep", { frequency: 600 }))]), { a: wanted("200"), b: wanted("asleep") }) as [View, View];
  const starving = { device: "b", setpoint: to("300"), peak: watts(4000), since: millis(NOW - 60_000) };
  const rises = (dwelling: readonly string[]): string | null => roomFor(starving, [a, b], { budget: { kind: "limited", power: watts(4100) }, uptime: NOW, dwelling, hashrate: 50, doubt: 1, dark: [], least: 0, horizon: seconds(3600), spare: (among) => 4100 - [a, b].filter((view) => !among.includes(view)).reduce((sum, { reserve }) => sum + reserve, 0) })?.view.device.id ?? null;
  assert.deepEqual([rises([]), rises(["a", "b"]), rises(["a"])], ["b", null, "b"]);
});

describe("a full machine goes down for one that wakes through all it can draw", () => {
  const states = { a: wanted("600"), b: wanted("asleep") };
  const starving = { device: "b", setpoint: to("300"), peak: watts(4000), since: millis(NOW - 60_000) };
  const seen = (states: Readonly<Record<string, DeviceState>>, uptime: number): View[] => viewsOf(snapshot([device("a", says("600")), device("b", says("asleep", { frequency: 600 }))], null, uptime), states);
  const context = (uptime: number, horizon: Millis): PlanContext =>
    ({ budget: { kind: "limited", power: watts(4100) }, atLimit: true, bias: watts(0), uptime: millis(uptime), policy: { ...POLICY, margin: 0, dropMargin: 0, moveDoubt: 0 }, metered: true, settled: true, over: false, dark: [], horizon });
  const plan = (rack: Partial<RackState>, given: Readonly<Record<string, DeviceState>>, { uptime = NOW, horizon = seconds(3600) }: { uptime?: number; horizon?: Millis } = {}) => makePlan(rackOf(given, { starving, ...rack }), seen(given, uptime), context(uptime, horizon));
  const targets = (made: Plan): string => [...made.targets].map(([id, setpoint]) => `${id} ${inWords(setpoint)}`).join(", ");

  test("where the two earn more together, and soon", () => assert.equal(targets(plan({}, states)), "a asleep, b 300"));
  test("not for a limit that ends before it has paid for itself", () => assert.equal(targets(plan({}, states, { horizon: seconds(60) })), "a 600, b asleep"));
  test("and stays down until it has come up", () => {
    const made = plan({}, states);
    const after = { a: wanted("asleep"), b: wanted("300") };
    assert.equal(targets(plan({ plan: made.remade, looked: made.looked }, after, { uptime: NOW + 400 })), "a asleep, b 300");
  });
});
