/** Who gets how much: a plan stands until it no longer fits or a better one is worth the change. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVIATION_AT_MOST, QUARANTINE } from "../../agent/core/learn.ts";
import type { Reading } from "../../agent/core/model.ts";
import type { Plan, PlanContext } from "../../agent/core/plan.ts";
import { makePlan } from "../../agent/core/plan.ts";
import type { DeviceSnapshot } from "../../agent/core/snapshot.ts";
import type { DeviceState, PlanMade } from "../../agent/core/state.ts";
import { millis, watts, seconds } from "../../agent/core/units.ts";
import { device, inWords, metered, NOW, passing, POLICY, rackOf, says, silent, snapshot, STEP, sleeper, tunable, viewsOf, to, wanted } from "./rack.ts";

type Machine = readonly [reading: Reading, state: DeviceState, over?: Partial<DeviceSnapshot>];
const at = (point: string, over: Partial<DeviceState> = {}): Machine => [says(point), wanted(point, over)];
const limited = (power: number) => ({ kind: "limited" as const, power: watts(power) });
/** Without any margin, so that the arithmetic of a case is its own. */
const BARE = { ...POLICY, margin: 0, dropMargin: 0, moveDoubt: 0 };
const made = (over: Partial<PlanMade> = {}): PlanMade => ({ at: NOW, budget: limited(8000), hurried: false, members: ["a", "b"], ...over });

function run(machines: readonly Machine[], budget: number | null, over: Partial<PlanContext> & { readonly made?: PlanMade | null } = {}): Plan {
  const { made: standing, ...rest } = over;
  const named = machines.map(([reading, state, more], i) => ({ id: String.fromCodePoint(97 + i), reading, state, more }));
  const states = Object.fromEntries(named.map(({ id, state }) => [id, state]));
  const views = viewsOf(snapshot(named.map(({ id, reading, more }) => device(id, reading, more))), states);
  return makePlan(rackOf(states, { plan: standing === undefined ? made({ members: named.map(({ id }) => id) }) : standing }), views, {
    budget: budget === null ? { kind: "unlimited" } : limited(budget), atLimit: true, bias: watts(0), uptime: NOW, policy: BARE, metered: true, settled: true, over: false, dark: [], horizon: seconds(300), ...rest,
  });
}
const targets = (plan: Plan): string => [...plan.targets.values()].map(inWords).join(" ");

describe("a plan", () => {
  const fresh = { made: null };
  const rows: [string, Plan, string][] = [
    ["no limit: everything", run([at("200"), at("200")], null, fresh), "600 600"],
    ["what earns most", run([at("200"), at("200")], 2600, fresh), "300 200"],
    ["0 W: all asleep", run([at("200"), at("200")], 0, fresh), "asleep asleep"],
    ["it stays while it fits", run([at("300"), at("200")], 2600), "300 200"],
    ["it stays though a better one would fit", run([at("200"), at("200")], 2600), "200 200"],
    ["it no longer fits", run([at("300"), at("300")], 2600), "300 200"],
    ["a higher limit is taken at once", run([at("200"), at("200")], 2600, { made: made({ budget: limited(2000) }) }), "300 200"],
    ["not while the budget still ramps to it", run([at("200"), at("200")], 2600, { made: made({ budget: limited(2000) }), atLimit: false }), "200 200"],
    ["a limit lifted is taken at once", run([at("200"), at("200")], null, { made: made({ budget: limited(2000) }) }), "600 600"],
    ["a hurried plan is made again when all is settled", run([at("200"), at("200")], 2600, { made: made({ hurried: true }) }), "300 200"],
    ["but not before", run([at("200"), at("200")], 2600, { made: made({ hurried: true }), settled: false }), "200 200"],
    ["someone joined", run([at("200"), at("200")], 2600, { made: made({ members: ["a"] }) }), "300 200"],
    ["someone was replaced", run([at("200"), at("200")], 2600, { made: made({ members: ["a", "c"] }) }), "300 200"],
    ["after its dwell", run([at("200"), at("200")], 2600, { made: made({ at: millis(NOW - POLICY.dwell) }) }), "300 200"],
    ["not just before", run([at("200"), at("200")], 2600, { made: made({ at: millis(NOW - POLICY.dwell + 1) }) }), "200 200"],
    ["by less than 0.5 % more it is not worth the change", run([at("500"), at("500"), ...Array.from({ length: 50 }, () => at("600"))], 207_100, { made: null }), `500 500 ${"600 ".repeat(50)}`.trim()],
    ["what the rack draws besides is kept free", run([at("300"), at("200")], 2600, { bias: watts(1) }), "200 200"],
    ["what machines draw beyond their model counts", run([at("300", { gain: 1.02 }), at("200")], 2625), "200 300"],
    ["no meter: at the high end, 10 % more", run([at("300"), at("200")], 2600, { metered: false }), "200 200"],
    ["a machine between points counts with what it is wanted to be", run([[passing(450), wanted("300")], at("200")], 2600), "300 200"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));

  test("one that stands says when it was made", () => assert.deepEqual(run([at("300"), at("200")], 2600).remade, made()));
  test("a new one says for what, for whom and how", () => {
    assert.deepEqual(run([at("300"), at("300")], 2600).remade, { at: NOW, budget: limited(2600), hurried: true, members: ["a", "b"] });
    assert.equal(run([at("300"), at("300")], 3150).remade?.hurried, false);
  });
});

describe("margin", () => {
  /** Four at 200 MHz draw 4,000 W; 0.75 % kept free to plan, 0.25 % to stand. */
  const four = [at("200"), at("200"), at("200"), at("200")];
  const rows: [string, Plan, string][] = [
    ["a plan is made to the whole of it", run([at("300"), ...four.slice(1)], 4030, { policy: POLICY }), "300 200 200 asleep"],
    ["with room for it", run([at("300"), ...four.slice(1)], 4150, { policy: POLICY }), "200 200 200 200"],
    ["a plan stands on a third of it", run(four, 4011, { policy: POLICY }), "200 200 200 200"],
    ["and not on less", run(four, 4009, { policy: POLICY }), "300 200 200 asleep"],
    ["a drop keeps 2 % more", run([at("400"), ...four.slice(1)], 4112, { policy: POLICY }), "300 200 200 asleep"],
    ["room enough for a drop", run([at("400"), ...four.slice(1)], 4114, { policy: POLICY }), "200 200 200 200"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));
});

describe("reach: what cannot be tuned down in time sleeps", () => {
  /** 2 s + 20 ms a megahertz in 7 s: 250 MHz down. At 30 ms a megahertz: 166 MHz. */
  const slow = { capabilities: [tunable(undefined, { down: { ...STEP, perMegahertz: millis(30) } }), sleeper()] };
  const stuck = { capabilities: [tunable(undefined, { down: { ...STEP, fixed: millis(8000) } }), sleeper()] };
  const rows: [string, Plan, string][] = [
    ["from 600 MHz down to 400 is within reach", run([at("600")], 2300), "400"],
    ["300 is not: asleep", run([at("600")], 2299), "asleep"],
    ["and who is asleep takes over", run([at("600"), [says("asleep", { frequency: 200 }), wanted("asleep")]], 1625), "asleep 300"],
    ["a slower one reaches 500 only", run([[says("600"), wanted("600"), slow]], 2300), "asleep"],
    ["and does", run([[says("600"), wanted("600"), slow]], 3100), "500"],
    ["one that takes 8 s for any step does not tune at all", run([[says("600"), wanted("600"), stuck]], 3100), "asleep"],
    ["from where it is on its way counts, not from where it was told", run([[passing(450), wanted("600")]], 1000), "200"],
    ["a plan that fits may take its time", run([at("600")], 4000, { made: null }), "600"],
    ["woken to any point: a sleeping machine is not tuned down", run([[says("asleep", { frequency: 200 }), wanted("asleep")]], 1000, { made: null }), "200"],
    ["not woken where what it passes through on its way does not fit", run([at("asleep")], 1000, { made: null }), "asleep"],
    ["nor waited for: what it was to take goes to the others", run([[says("asleep"), wanted("300")], [says("asleep", { frequency: 200 }), wanted("asleep")]], 2600), "asleep 400"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));
});

describe("what does not do as told is not planned with but counted", () => {
  const since = (ago: number): Partial<DeviceState> => ({ deviatesSince: millis(NOW - ago) });
  const quarantine = { quarantine: { until: millis(2 * NOW), reason: "", held: to("asleep") } };
  const outlet = { outlet: metered(3500, { uncertainty: 0 }) };
  const rows: [string, Plan, string][] = [
    ["a silent one costs the others its nameplate", run([[silent(), wanted("200")], at("400")], 5800), "200 300"],
    ["behind an outlet what that shows", run([[silent(), wanted("200"), outlet], at("600")], 5800), "200 400"],
    ["it keeps its target while the others can make room", run([[silent(), wanted("600")], at("600")], 4225), "600 asleep"],
    ["when they cannot, it is told to sleep: it may still hear", run([[silent(), wanted("600")], at("600")], 4224), "asleep asleep"],
    ["nothing was ever wanted of it, nothing is", run([[silent(), wanted(null)], at("600")], 9000), "- 600"],
    ["a deviating one is counted at what it may draw", run([[says("200"), wanted("200", since(0)), outlet], at("600")], 5800), "200 400"],
    ["12 s of it, and it sleeps", run([[says("200"), wanted("200", since(DEVIATION_AT_MOST)), outlet], at("600")], 5800), "asleep 400"],
    ["not before", run([[says("200"), wanted("200", since(DEVIATION_AT_MOST - 1)), outlet], at("600")], 5800), "200 400"],
    ["in quarantine it stays asleep, budget or not", run([[says("asleep"), wanted("asleep", quarantine)], at("600")], null, { made: null }), "asleep 600"],
    ["not polled, as recorded: planned with", run([[silent("not-polled"), wanted("300")], at("200")], 2600), "300 200"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));

  test("quarantine lasts 300 s and says why", () => {
    const { quarantined } = run([[says("200"), wanted("200", since(DEVIATION_AT_MOST)), outlet], at("600")], 9000);
    assert.deepEqual([...quarantined], [["a", { until: NOW + QUARANTINE, reason: "draws 3500 W, which its setpoint does not explain", held: to("asleep") }]]);
  });
  test("it is not begun anew while it lasts", () => {
    assert.equal(run([[says("asleep"), wanted("asleep", { ...quarantine, ...since(DEVIATION_AT_MOST) }), outlet]], 9000).quarantined.get("a"), quarantine.quarantine);
  });
});

describe("machines with fewer ways", () => {
  const sleepless = { capabilities: [tunable()] };
  const mute: Partial<DeviceSnapshot> = { capabilities: [], reading: says("600", { own: 1000 }) };
  const rows: [string, Plan, string][] = [
    ["one that cannot sleep stays at its lowest", run([[says("600"), wanted("600"), { capabilities: [tunable(undefined, { down: { ...STEP, perMegahertz: millis(0) } })] }], at("asleep")], 900), "200 asleep"],
    ["one that cannot sleep and cannot be tuned in time goes as low as it reaches", run([[says("600"), wanted("600"), sleepless], at("asleep")], 900), "400 asleep"],
    ["one that can nothing is counted, and the others are planned", run([[says("600"), wanted(null), mute], at("200")], 2700, { made: null }), "- 300"],
    ["and costs them what it may draw", run([[says("600"), wanted(null), mute], at("300")], 2699), "- 200"],
    ["one that only sleeps, awake: it earns nothing we know of", run([[says("600"), wanted(null), { capabilities: [sleeper()] }], at("200")], 3000, { made: null }), "asleep 400"],
    ["nobody", run([], 1000, { made: null }), ""],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));
});
