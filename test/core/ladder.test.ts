/** retune -> power limit -> boards -> sleep: each rung for what the one before did not bring. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nextQuarantine } from "../../agent/core/ladder.ts";
import type { Capability, Reading, Setpoint } from "../../agent/core/model.ts";
import type { DeviceState } from "../../agent/core/state.ts";
import { millis, watts } from "../../agent/core/units.ts";
import { floorOf } from "../../agent/core/rack-draw.ts";
import { Timeline } from "./timeline.ts";
import { device, inWords, metered, MINER, NOW, POLICY, says, silent, snapshot, STEP, to, viewOf, viewsOf, wanted } from "./rack.ts";

const LIMIT: Capability = { kind: "power-limit", min: watts(900), max: watts(3500), down: STEP, up: STEP };
const BOARDS: Capability = { kind: "boards", count: 3, base: watts(100), down: STEP, up: STEP };
const held = (setpoint: Setpoint) => ({ quarantine: { until: millis(2 * NOW), reason: "before", held: setpoint } });
const LONG = { deviatesSince: millis(NOW - 12_000) };

function rung(state: DeviceState, over: { readonly capabilities?: readonly Capability[]; readonly at?: string; readonly over?: boolean; readonly reading?: Reading } = {}): string {
  const view = viewOf(over.reading ?? says(over.at ?? "600"), state, { capabilities: over.capabilities ?? [...MINER, LIMIT, BOARDS] });
  const found = nextQuarantine(view, { uptime: NOW, over: over.over ?? false, policy: POLICY });
  return found === null ? "none" : `${inWords(found.held)}${found.held.kind === "boards" ? ` ${found.held.count}` : found.held.kind === "power-limit" ? ` ${found.held.power}` : ""}`;
}

test("the floor counts one in quarantine where it says it is, as far as the meter bears that out", () => {
  const floor = (power: number): number => {
    const views = viewsOf(snapshot([device("a", says("asleep", { own: 26 })), device("b", says("asleep", { own: 26 }))], metered(power)), { a: wanted("asleep", held({ kind: "sleep" })), b: wanted("asleep") });
    return Math.round(floorOf(views, watts(0)));
  };
  // The other may draw 24 to 29 W by its own word.
  assert.deepEqual([floor(52), floor(3000)], [50, 25 + 2961]);
});

test("the reason names what its own meter shows, in quarantine too, where its draw may begin at 0 W", () => {
  const reason = (state: DeviceState): string | undefined => nextQuarantine(viewOf(says("600", { own: 3500, measured: true }), state, { capabilities: [...MINER, BOARDS] }), { uptime: NOW, over: false, policy: POLICY })?.reason;
  const expected = "draws 3430 W, which its setpoint does not explain";
  assert.deepEqual([reason(wanted("300", LONG)), reason(wanted("300", { ...held({ kind: "boards", count: 2 }), ...LONG }))], [expected, expected]);
});

describe("the ladder", () => {
  const rows: [string, string, string][] = [
    ["does as told: not on it", rung(wanted("600")), "none"],
    ["two orders without effect: it is told again", rung(wanted("300", { misses: 2 })), "none"],
    ["three: its power is limited to what was wanted", rung(wanted("300", { misses: 3 })), "power-limit 1600"],
    ["draws more than its setpoint explains, for long: the same", rung(wanted("300", LONG), { at: "300" }), "power-limit 1600"],
    ["not for long enough", rung(wanted("300", { deviatesSince: millis(NOW - 11_999) }), { at: "300" }), "none"],
    ["a power limit that it does not keep: boards at their lowest, 1,000 W for three", rung(wanted("300", { ...held({ kind: "power-limit", power: watts(700) }), target: { kind: "power-limit", power: watts(700) }, misses: 3 })), "boards 2"],
    ["boards that stay on: sleep", rung(wanted("300", { ...held({ kind: "boards", count: 2 }), target: { kind: "boards", count: 2 }, misses: 3 })), "asleep"],
    ["asleep is the last of them", rung(wanted("asleep", { ...held(to("asleep")), misses: 9 })), "asleep"],
    ["what it does not have is no rung", rung(wanted("300", { misses: 3 }), { capabilities: MINER }), "asleep"],
    ["over the limit there is no time for rungs", rung(wanted("300", { misses: 3 }), { over: true }), "asleep"],
    ["wanted below what a power limit reaches: boards", rung(wanted("200", { misses: 3 }), { capabilities: [...MINER, { ...LIMIT, min: watts(1200) }, BOARDS] }), "boards 2"],
    ["told to sleep and does not: nothing is left but its outlet", rung(wanted("asleep", { misses: 3 })), "asleep"],
    ["it refuses to rise: no reason to put it down", rung(wanted("600", { misses: 9 }), { at: "300" }), "none"],
    ["silent: nobody knows whether it refuses", rung(wanted("300", { misses: 9 }), { reading: silent() }), "none"],
  ];
  for (const [name, actual, expected] of rows) test(name, () => assert.equal(actual, expected));

  test("it says why", () => {
    const view = viewOf(says("600"), wanted("300", { misses: 3 }));
    assert.equal(nextQuarantine(view, { uptime: NOW, over: false, policy: POLICY })?.reason, "3 orders to lower it had no effect");
  });
  test("in the rack: one that refuses every order is named, and the limit is kept by the others", () => {
    const rack = new Timeline({ factors: [1, 1, 1, 1] }).signal(null).at(30).fault(1, "refuses").signal(9000).at(80).expectNever(9060, 200);
    assert.deepEqual(rack.decision?.quarantined.map(({ id }) => id), ["asic-1"]);
  });
});
