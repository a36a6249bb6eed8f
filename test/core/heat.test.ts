/** Heat: down at once, up by steps, and nothing that is not known is cool. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { curveOf } from "../../agent/core/curve.ts";
import { decide } from "../../agent/core/decide.ts";
import { mostAt, nextHeat, NO_HEAT, type Heat, type HeatLimits } from "../../agent/core/heat.ts";
import type { Telemetry } from "../../agent/core/model.ts";
import { celsius, millis, watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import { device, input, metered, MINER, NOW, POLICY, rackOf, ROWS, says, SILENT_TELEMETRY, SLEEP_W, snapshot, to, told, wanted } from "./rack.ts";
import { allocation, heard } from "./signals.ts";

const LIMITS: HeatLimits = { board: celsius(80), chip: celsius(95), inlet: celsius(45), cool: null, rated: watts(2300) };
const CURVE = curveOf(MINER, watts(SLEEP_W));

interface Words {
  readonly board?: number | null;
  readonly chip?: number | null;
  readonly inlet?: number | null;
  readonly fans?: readonly number[];
  readonly at?: string;
}

function hot({ board = null, chip = null, inlet = null, fans = [], at = "500" }: Words): Telemetry {
  const reading = says(at);
  const temperature = (value: number | null) => (value === null ? null : celsius(value));
  const telemetry = reading.kind === "known" ? reading.telemetry : SILENT_TELEMETRY;
  return { ...telemetry, inlet: temperature(inlet), fansRpm: fans, boards: [{ index: 0, enabled: true, frequency: null, voltage: null, hashrate: null, boardTemperature: temperature(board), chipTemperature: temperature(chip) }] };
}

/** Lives through readings, each with the seconds since the one before; says the frequency left to it after each, 0 for sleep. */
function live(steps: readonly (readonly [seconds: number, words: Words])[], limits = LIMITS, air: number | null = null): number[] {
  let heat: Heat = NO_HEAT;
  let uptime = 1_000_000;
  let running = "500";
  return steps.map(([seconds, words]) => {
    uptime += 1000 * seconds;
    const at = words.at ?? running;
    const actual = at === "asleep" ? 0 : ROWS.findIndex(([mhz]) => String(mhz) === at) + 1;
    heat = nextHeat(heat, { telemetry: hot({ ...words, at }), curve: CURVE, actual, uptime: millis(uptime), air }, limits);
    const most = mostAt(heat, CURVE, limits);
    const left = most === 0 ? 0 : (ROWS[most - 1]?.[0] ?? NaN);
    if (most < actual) running = most === 0 ? "asleep" : String(left);
    return left;
  });
}

describe("a machine that gets too hot", () => {
  const cases: readonly [string, readonly (readonly [number, Words])[], readonly number[]][] = [
    ["is left alone below its limit", [[0, { board: 79.9, chip: 94 }]], [600]],
    ["gets no raise at it, by board or by chip", [[0, { board: 80 }], [1, { board: 60, chip: 95 }]], [500, 500]],
    ["gets less by steps while it stays so", [[0, { board: 81 }], [10, { board: 81 }], [6, { board: 81 }], [16, { board: 81 }]], [500, 500, 400, 300]],
    ["sleeps before its firmware trips", [[0, { board: 85 }]], [0]],
    ["is not let up by a sensor that falls silent", [[0, { board: 82 }], [600, {}]], [500, 500]],
    ["holds between, and comes back by steps when it has been cool for a minute", [[0, { board: 81 }], [16, { board: 80 }], [30, { board: 77 }], [59, { board: 74 }], [2, { board: 74 }], [60, { board: 74 }], [61, { board: 74 }], [61, { board: 74 }], [61, { board: 74 }], [61, { board: 74 }], [61, { board: 74 }]], [500, 400, 400, 400, 400, 500, 500, 600, 600, 600, 600]],
    ["wakes from its sleep after a rest, at its lowest", [[0, { board: 86 }], [200, { board: 40, at: "asleep" }], [101, { board: 40, at: "asleep" }]], [0, 0, 200]],
    ["rests twice as long the next time", [[0, { board: 86 }], [301, { board: 40, at: "asleep" }], [10, { board: 86, at: "200" }], [301, { board: 40, at: "asleep" }], [300, { board: 40, at: "asleep" }]], [0, 200, 0, 0, 200]],
    ["does not wake while it is warm", [[0, { board: 86 }], [900, { board: 70, at: "asleep" }]], [0, 0]],
    ["runs at its lowest with a fan that stands, and sleeps with most of them", [[0, { board: 60, fans: [5000, 0, 5000, 5000] }], [1, { board: 60, fans: [0, 0, 0, 5000] }]], [200, 0]],
    ["sleeps where its lowest point is not low enough, when its boards have had their minute", [[0, { board: 82, at: "200" }], [74, { board: 82 }], [1, { board: 82 }]], [200, 200, 0]],
    ["has that minute from when it was over, not from when a fan held it low", [[0, { board: 60, fans: [0, 5000, 5000, 5000] }], [600, { board: 81, fans: [0, 5000, 5000, 5000] }], [74, { board: 81, fans: [0, 5000, 5000, 5000] }], [1, { board: 81, fans: [0, 5000, 5000, 5000] }]], [200, 200, 200, 0]],
    ["begins it anew when it has been cool between", [[0, { board: 82, at: "200" }], [60, { board: 79 }], [60, { board: 82 }], [74, { board: 82 }], [1, { board: 82 }]], [200, 200, 200, 200, 0]],
    ["holds a machine low for a while after its fans turn again", [[0, { board: 60, fans: [0, 5000, 5000, 5000] }], [1, { board: 60, fans: [5000, 5000] }], ...Array.from({ length: 5 }, (): [number, Words] => [61, { board: 60, fans: [5000, 5000] }])], [200, 200, 200, 200, 200, 200, 300]],
    ["may have fans that stand while it sleeps", [[0, { board: 30, fans: [0, 0], at: "asleep" }]], [600]],
  ];
  for (const [name, steps, left] of cases) test(name, () => assert.deepEqual(live(steps), left));
});

test("what held it is over when its fans turn again: what it waits for is what it reads now; asleep the cause stands", () => {
  const fans = (count: number) => hot({ board: 60, fans: Array.from({ length: 4 }, (_, fan) => (fan < count ? 0 : 5000)), at: "500" });
  const then = (heat: Heat, telemetry: Telemetry, uptime: number): Heat => nextHeat(heat, { telemetry, curve: CURVE, actual: 4, uptime: millis(uptime), air: null }, LIMITS);
  const low = then(then(NO_HEAT, fans(1), 1_000), fans(0), 2_000).guard;
  assert.deepEqual([low?.by, low?.reading, low?.limit], ["board", 60, 80]);
  const asleep = then(then(NO_HEAT, fans(3), 1_000), hot({ board: 40, fans: [0, 0, 0, 0], at: "asleep" }), 2_000).guard;
  assert.deepEqual([asleep?.ceiling, asleep?.by, asleep?.reading], [0, "fan", 3]);
});

describe("air at the inlet", () => {
  test("narrows from 10 °C below its limit to the lowest point", () => assert.deepEqual(live([[0, { inlet: 35 }], [1, { inlet: 40 }], [1, { inlet: 45 }], [1, { inlet: 50 }]]), [600, 400, 200, 200]));
  test("is believed to be cooler only by two degrees", () => assert.deepEqual(live([[0, { inlet: 40 }], [1, { inlet: 38.5 }], [1, { inlet: 38 }]]), [400, 400, 500]));
  test("opens what lies above the rated point when it is cool, and not before it is known", () => {
    const limits = { ...LIMITS, cool: celsius(20) };
    assert.deepEqual(live([[0, {}], [1, { inlet: 21 }], [1, { inlet: 19 }], [1, { inlet: 20.5 }]], limits), [400, 400, 600, 400]);
  });
  test("of a machine that does not say is the rack's warmest", () => assert.deepEqual(live([[0, {}]], LIMITS, 45), [200]));
});

test("whatever it reads, the guard allows an entry of its curve, and the same readings bring it back to rest", () => {
  const words = fc.record({ board: fc.option(fc.integer({ min: -20, max: 130 })), chip: fc.option(fc.integer({ min: -20, max: 140 })), inlet: fc.option(fc.integer({ min: -40, max: 70 })), fans: fc.array(fc.constantFrom(0, 3000), { maxLength: 4 }), at: fc.constantFrom("asleep", "200", "400", "600") });
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 600 }), words), { maxLength: 30 }), (steps) => {
    for (const left of live(steps)) assert.ok(left === 0 || ROWS.some(([mhz]) => mhz === left), String(left));
    const quiet = Array.from({ length: 200 }, (): [number, Words] => [61, { board: 30, chip: 40, inlet: 10, at: "200" }]);
    assert.equal(live([...steps, ...quiet]).at(-1), 600);
  }), { numRuns: 100 });
});

describe("the decision", () => {
  const policy = { ...POLICY, heat: new Map([["a", LIMITS], ["b", LIMITS]]) };
  const at = (temperatures: Words) => ({ kind: "known" as const, telemetry: hot(temperatures), readAt: { uptime: NOW, at: 0 as never, error: millis(0) } });
  const limited = (ceiling: number | null) => heard({ allocations: [allocation({ ceiling })] });

  test("takes a hot machine down at once because of heat, whatever the dwell, and leaves the cool one", () => {
    const rack = rackOf({ a: wanted("500"), b: wanted("500") });
    const given = input(snapshot([device("a", at({ board: 86 })), device("b", at({ board: 60 }))], metered(6_200)), { heard: limited(6_400), policy });
    assert.deepEqual(told(rack, given), ["a:asleep"]);
    const { decision } = decide(rack, given);
    assert.deepEqual([decision.orders[0]?.cause, decision.hot.map(({ id, by, ceiling }) => [id, by, ceiling])], ["heat", [["a", "board", 0]]]);
  });

  test("lowers for warm air because of heat, and says that it is the air, so that the order has its cause in the journal", () => {
    const rack = rackOf({ a: wanted("600") });
    const { decision } = decide(rack, input(snapshot([device("a", at({ board: 60, inlet: LIMITS.inlet - 1, at: "600" }))], metered(4_000)), { heard: limited(16_000), policy }));
    assert.deepEqual([decision.orders[0]?.cause, decision.hot.map(({ id, by, reading, limit }) => [id, by, reading, limit])], ["heat", [["a", "air", LIMITS.inlet - 1, LIMITS.inlet]]]);
    const cool = decide(rack, input(snapshot([device("a", at({ board: 60, inlet: LIMITS.inlet - 11, at: "600" }))], metered(4_000)), { heard: limited(16_000), policy })).decision;
    assert.deepEqual([cool.orders, cool.hot], [[], []]);
  });

  test("gives what a hot one leaves to the others, and never raises it", () => {
    const rack = rackOf({ a: wanted("300", { heat: { air: null, guard: { ceiling: 1600, by: "board", reading: 81, limit: 80, movedAt: NOW, warmAt: NOW, overAt: null, rest: millis(300_000) } } }), b: wanted("300") });
    const given = input(snapshot([device("a", at({ board: 79, at: "300" })), device("b", at({ board: 60, at: "300" }))], metered(3_200)), { heard: limited(16_000), policy });
    assert.deepEqual(told(rack, given), ["b:600"]);
  });

  test("does not let machines sleep in the cold while the limit lets them run, and lets them where it does not", () => {
    const cold = { ...policy, keepWarm: celsius(3) };
    const run = (ceiling: number, keepWarm: typeof cold.keepWarm | null) => decide(rackOf({ a: wanted("500"), b: wanted("500") }), input(snapshot([device("a", at({ inlet: 1 })), device("b", at({ inlet: 1 }))], metered(6_200)), { heard: limited(ceiling), policy: { ...cold, keepWarm, tuneTime: millis(60_000) } })).decision.reasons.targets;
    assert.deepEqual([...run(2_100, celsius(3)).values()], [to("200"), to("200")]);
    assert.ok([...run(1_500, celsius(3)).values()].some((target) => target?.kind === "sleep"));
    assert.ok([...run(500, celsius(3)).values()].every((target) => target?.kind === "sleep"));
  });
});
