/** Who gets how much: a plan stands until it no longer fits or a better one is worth the change. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVIATION_AT_MOST, QUARANTINE } from "../../agent/core/learn.ts";
import type { Reading } from "../../agent/core/model.ts";
import type { PlanContext } from "../../agent/core/ground.ts";
import type { Plan } from "../../agent/core/plan.ts";
import { makePlan } from "../../agent/core/plan.ts";
import type { MachineRule } from "../../agent/core/policy.ts";
import type { DeviceSnapshot } from "../../agent/core/snapshot.ts";
import type { DeviceState, PlanMade } from "../../agent/core/state.ts";
import { millis, watts, seconds } from "../../agent/core/units.ts";
import { NEW } from "../../agent/core/wear.ts";
import { device, inWords, metered, NOW, passing, POLICY, rackOf, says, silent, snapshot, STEP, sleeper, tunable, viewsOf, to, wanted } from "./rack.ts";

type Machine = readonly [reading: Reading, state: DeviceState, over?: Partial<DeviceSnapshot>];
const at = (point: string, over: Partial<DeviceState> = {}, more: Partial<DeviceSnapshot> = {}): Machine => [says(point), wanted(point, over), more];
const limited = (power: number) => ({ kind: "limited" as const, power: watts(power) });
/** Without any margin, so that the arithmetic of a case is its own. */
const BARE = { ...POLICY, margin: 0, dropMargin: 0, moveDoubt: 0 };
const made = (over: Partial<PlanMade> = {}): PlanMade => ({ at: NOW, budget: limited(8000), hurried: false, members: ["a", "b"], ...over });

function run(machines: readonly Machine[], budget: number | null, over: Partial<PlanContext> & { readonly made?: PlanMade | null } = {}): Plan {
  const { made: standing, ...rest } = over;
  const named = machines.map(([reading, state, more], i) => ({ id: String.fromCodePoint(97 + i), reading, state, more }));
  const states = Object.fromEntries(named.map(({ id, state }) => [id, state]));
  const views = viewsOf(snapshot(named.map(({ id, reading, more }) => device(id, reading, more))), states);
  const before = standing === undefined ? made({ members: named.map(({ id }) => id) }) : standing;
  return makePlan(rackOf(states, { plan: before, looked: before === null ? null : { ...before, barred: null, verdict: { kind: "kept", because: "best", more: 0 } } }), views, {
    budget: budget === null ? { kind: "unlimited" } : limited(budget), atLimit: true, bias: watts(0), uptime: NOW, policy: BARE, metered: true, settled: true, over: false, dark: [], horizon: seconds(300), ...rest,
  });
}
const targets = (plan: Plan): string => [...plan.targets.values()].map(inWords).join(" ");

describe("a plan", () => {
  const fresh = { made: null };
  const nearly = [at("500"), at("500"), ...Array.from({ length: 50 }, () => at("600"))];
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
    ["nor while one of it still waits", run([[says("200"), wanted("300")], at("200"), at("200")], 4250, { made: made({ hurried: true, members: ["a", "b", "c"] }) }), "300 200 200"],
    ["but not before", run([at("200"), at("200")], 2600, { made: made({ hurried: true }), settled: false }), "200 200"],
    ["someone joined", run([at("200"), at("200")], 2600, { made: made({ members: ["a"] }) }), "300 200"],
    ["someone was replaced", run([at("200"), at("200")], 2600, { made: made({ members: ["a", "c"] }) }), "300 200"],
    ["after its dwell", run([at("200"), at("200")], 2600, { made: made({ at: millis(NOW - POLICY.dwell) }) }), "300 200"],
    ["not just before", run([at("200"), at("200")], 2600, { made: made({ at: millis(NOW - POLICY.dwell + 1) }) }), "200 200"],
    ["by less than 0.5 % more it is not worth the change", run(nearly, 207_100, { made: made({ members: [] }) }), `500 500 ${"600 ".repeat(50)}`.trim()],
    ["unless it trims a plan that was made in a hurry", run(nearly, 207_100, { made: made({ hurried: true, members: [] }) }), `600 500 ${"600 ".repeat(50)}`.trim()],
    ["what the rack draws besides is kept free", run([at("300"), at("200")], 2600, { bias: watts(1) }), "200 200"],
    ["what machines draw beyond their model counts", run([at("300", { gain: 1.02 }), at("200")], 2625), "200 300"],
    ["no meter: at the high end, 10 % more", run([at("300"), at("200")], 2600, { metered: false }), "200 200"],
    ["a machine between points counts with what it is wanted to be", run([[passing(450), wanted("300")], at("200")], 2600), "300 200"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));

  test("one made in a hurry is to be trimmed until it is, whoever joins meanwhile", () => {
    const hurried = { made: made({ hurried: true, members: ["a"] }) };
    assert.equal(run([at("300"), at("200")], 2600, { ...hurried, settled: false }).looked?.hurried, true);
    assert.equal(run([at("300"), at("200")], 2600, hurried).looked?.hurried, false);
  });
  test("one that stands says when it was made", () => assert.deepEqual(run([at("300"), at("200")], 2600).remade, made()));
  test("a new one says for what, for whom and how", () => {
    assert.deepEqual(run([at("300"), at("300")], 2600).remade, { at: NOW, budget: limited(2600), hurried: true, members: ["a", "b"] });
    assert.equal(run([at("300"), at("300")], 3150).remade?.hurried, false);
  });
});

test("boards that have just fallen asleep wake hot: 5 % of what they are woken to is kept free", () => {
  const slept = (secondsAgo: number): Machine => [says("asleep", { frequency: 200 }), wanted("asleep", { turnedAt: millis(NOW - 1000 * secondsAgo) })];
  const woken = (secondsAgo: number, budget: number): string => targets(run([slept(secondsAgo)], budget, { made: null, policy: { ...BARE, moveDoubt: 0.05 } }));
  assert.deepEqual([woken(59, 1678), woken(59, 1679), woken(60, 1600)], ["200", "300", "300"]);
});

test("one that is left where it is because its way there does not fit is named, until a look finds none", () => {
  const asleep: Machine = [says("asleep", { frequency: 600 }), wanted("asleep")];
  const barred = (plan: Plan) => plan.why.barred === null ? null : [plan.why.barred.device, inWords(plan.why.barred.setpoint), Number(plan.why.barred.peak)];
  const rows: [string, Plan, ReturnType<typeof barred>][] = [
    ["two awake earn more than one, and one would wake through 4,000 W", run([asleep, at("400")], 4500, { made: null }), ["a", "200", 4000]],
    ["with room for that", run([asleep, at("400")], 8000, { made: null }), null],
  ];
  for (const [name, plan, expected] of rows) assert.deepEqual(barred(plan), expected, name);
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

describe("a change for more work that goes far", () => {
  /** One at 1,100 W, whose next point is at 1,760, and one asleep that would run there at 1,600, 28 W beside it. */
  const two = [at("200", { gain: 1.1 }), [says("asleep", { frequency: 200 }), wanted("asleep")] as Machine];
  const stood = { policy: POLICY, made: made({ at: millis(NOW - POLICY.dwell) }), horizon: seconds(4 * 3600) };
  const rows: [string, Plan, string, boolean | undefined][] = [
    ["keeps 2 % free", run(two, 1675, stood), "asleep 300", true],
    ["or 0.75 % where nothing better fits by more", run(two, 1660, stood), "asleep 300", false],
    ["which is not worth lowering one for that earns a hundredth more: it may draw more there than its model says", run([at("200", { gain: 1.2 }), at("500")], 4320, stood), "200 500", false],
    ["and not less", run(two, 1640, { ...stood, bias: watts(1) }), "200 asleep", false],
    ["what the machines draw less than expected is no promise for it", run(two, 1639, { ...stood, bias: watts(-10) }), "200 asleep", false],
  ];
  for (const [name, plan, expected, hurried] of rows) test(name, () => assert.deepEqual([targets(plan), plan.remade?.hurried], [expected, hurried]));
  test("where the standing plan does not fit the wide margin binds", () => assert.equal(targets(run([at("300"), two[1] as Machine], 1600, stood)), "200 asleep"));
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

describe("room for one behind an open outlet", () => {
  const feed: DeviceSnapshot["feed"] = { outlet: { kind: "outlet", minOffTime: seconds(30), poweredUpAs: "on", opens: "emergency" }, on: false, offSince: null, order: null };
  const [dark] = viewsOf(snapshot([device("z", silent(), { feed })]));
  const turns = (ago: number) => run([at("200", { turnedAt: millis(NOW - ago) })], 4300, { dark: dark === undefined ? [] : [dark], policy: { ...BARE, turns: { minOff: seconds(20), minOn: seconds(60) } } });
  test("is made by the others", () => assert.equal(targets(turns(60_000)), "asleep"));
  test("not by one that has just been woken", () => assert.equal(targets(turns(59_999)), "200"));
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

describe("pins and priorities", () => {
  const under = (rules: Readonly<Record<string, Partial<MachineRule>>>) => ({ policy: { ...BARE, rules: new Map(Object.entries(rules).map(([id, rule]) => [id, { priority: 0, pin: null, ...rule }])) } });
  const rows: [string, Plan, string][] = [
    ["a pinned one runs there, the others share the rest", run([at("400"), at("500"), at("400")], 5700, under({ b: { pin: to("500") } })), "300 500 200"],
    ["though it earned more elsewhere", run([at("200"), at("200")], null, { made: null, ...under({ a: { pin: to("300") } }) }), "300 600"],
    ["pinned asleep", run([at("200"), at("200")], null, { made: null, ...under({ a: { pin: to("asleep") } }) }), "asleep 600"],
    ["a pin that is new is taken in a standing plan", run([at("300"), at("300")], 3200, { made: made({ at: millis(NOW - POLICY.dwell) }), ...under({ a: { pin: to("400") } }) }), "400 asleep"],
    ["the limit goes before the pin", run([at("400"), at("500")], 1700, under({ b: { pin: to("500") } })), "300 asleep"],
    ["a point it does not have is no pin", run([at("300"), at("300")], 2600, under({ a: { pin: to("333") } })), "300 200"],
    ["the first priority is full before the second gets anything", run([at("400"), at("600")], 5100, under({ a: { priority: 2 }, b: { priority: 1 } })), "200 600"],
    ["a plan that stands against the priorities is made again", run([at("600"), at("200")], 5100, { made: made({ at: millis(NOW - POLICY.dwell) }), ...under({ a: { priority: 2 }, b: { priority: 1 } }) }), "200 600"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));
});

describe("revenue", () => {
  /** The last steps of MINER earn 0.028, 0.0275, 0.023 TH/s a watt and so on down: 50/975, 24/600, 23/700, 22/800, 21/900. */
  const worth = (least: number) => ({ made: null, policy: { ...BARE, least } });
  const rows: [string, Plan, string][] = [
    ["energy for nothing: everything", run([at("200")], null, worth(0)), "600"],
    ["a watt that costs more than its hash is not drawn", run([at("600")], null, worth(0.03)), "400"],
    ["a machine whose best point loses money sleeps", run([at("600"), at("600")], null, worth(0.06)), "asleep asleep"],
    ["and under a limit the others share it", run([at("600"), at("600", {}, { capabilities: [tunable([[200, 1000, 25]]), sleeper()] })], 3000, worth(0.03)), "400 asleep"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));
});

describe("wear", () => {
  const long = millis(NOW - POLICY.dwell);
  const lately = { changedAt: millis(NOW - 60_000) };
  const slept = (hours: number, over: Partial<DeviceState> = {}): Machine => at("asleep", { wear: { ...NEW, rest: millis(hours * 3_600_000), last: { ...NEW.last, rests: true, restsSince: millis(0) } }, ...over });
  const rotating = { made: made({ at: long }), horizon: seconds(4 * 3600), policy: { ...BARE, wear: { between: seconds(300), rotation: 600_000 } } };
  const ran = (hours: number, over: Partial<DeviceState> = {}): Machine => at("200", { wear: { ...NEW, rest: millis(hours * 3_600_000) }, ...over });
  const rows: [string, Plan, string][] = [
    ["an overdraft of one step changes one machine, however many there are", run([at("400"), at("400"), at("400"), at("400")], 4 * 2300 - 100), "400 400 400 300"],
    ["and not the one that has just been changed", run([at("400"), at("400"), at("400"), at("400", lately)], 4 * 2300 - 100), "400 400 300 400"],
    ["unless nobody else is left", run([at("400", lately)], 2200), "300"],
    ["what only earns more leaves alone whoever has just been changed", run([at("300", lately), at("300", lately), at("400"), at("600")], 9700, { made: made({ at: long, members: ["a", "b", "c", "d"] }) }), "300 300 400 600"],
    ["but not watts that nobody draws", run([at("200", lately), at("200", lately)], 5000, { made: made({ at: long }) }), "400 400"],
    ["nor does one point more at the one for one less at the other", run([at("200", lately), at("400", lately), at("200")], 5000, { made: made({ at: long, members: ["a", "b", "c"] }), horizon: seconds(4 * 3600) }), "200 400 300"],
    ["trimming what was made in a hurry is no second change", run([at("200", lately), at("400", lately), at("200")], 5000, { made: made({ at: long, hurried: true, members: ["a", "b", "c"] }), horizon: seconds(4 * 3600) }), "300 300 300"],
    ["of equals the one that has rested least goes to sleep", run([at("200", { wear: { ...NEW, rest: seconds(360_000) } }), at("200", { wear: { ...NEW, rest: seconds(3600) } })], 1100), "200 asleep"],
    ["rest goes round", run([slept(5), ran(1)], 1025, rotating), "200 asleep"],
    ["not to one that has rested as long", run([slept(5), ran(5)], 1025, rotating), "asleep 200"],
    ["not to one of another kind", run([slept(5), at("200", {}, { capabilities: [tunable([[200, 1000, 50]]), sleeper()] })], 1025, rotating), "asleep 200"],
    ["not to one that has just been changed", run([slept(5), ran(1, lately)], 1025, rotating), "asleep 200"],
    ["not before it has slept for long", run([slept(5), ran(1)], 1025, { ...rotating, policy: { ...BARE, wear: { between: seconds(300), rotation: 2_000_000 } } }), "asleep 200"],
    ["not from its pin", run([slept(5), ran(1)], 1025, { ...rotating, policy: { ...rotating.policy, rules: new Map([["b", { priority: 0, pin: to("200") }]]) } }), "asleep 200"],
    ["not when the other draws more than there is", run([slept(5, { gain: 1.015 }), ran(1)], 1030, rotating), "asleep 200"],
    ["not while anything is on its way", run([slept(5), ran(1)], 1025, { ...rotating, settled: false }), "asleep 200"],
    ["not when the limit changes soon", run([slept(5), ran(1)], 1025, { ...rotating, horizon: seconds(200) }), "asleep 200"],
  ];
  for (const [name, plan, expected] of rows) test(name, () => assert.equal(targets(plan), expected));
});

describe("what a change loses on its way is part of what it earns", () => {
  /** 300 s asleep on its way through a restart. */
  const restarts = { up: { ...STEP, fixed: seconds(200), hashing: false }, down: { ...STEP, fixed: seconds(200), hashing: false } };
  const machine = (point: string): Machine => at(point, {}, { capabilities: [tunable(undefined, restarts), sleeper({ up: { ...STEP, fixed: seconds(200), hashing: false } })] });
  const long = made({ at: millis(NOW - POLICY.dwell) });
  test("not for a few minutes", () => assert.equal(targets(run([machine("200"), machine("600")], 6300, { made: long, horizon: seconds(300) })), "200 600"));
  test("for hours", () => assert.notEqual(targets(run([machine("200"), machine("600")], 6300, { made: long, horizon: seconds(4 * 3600) })), "200 600"));
});
