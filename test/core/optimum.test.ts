/** Distance of the allocation to the exact optimum, which HiGHS finds; and where the optimum itself is far below the linear-programming bound. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Candidate } from "../../agent/core/allocate.ts";
import { allocate, FREE } from "../../agent/core/allocate.ts";
import { curveOf, type Curve } from "../../agent/core/curve.ts";
import { watts } from "../../agent/core/units.ts";
import { loadModel } from "../../drivers/models.ts";
import { optimum } from "../support/exact.ts";
import { fc } from "./properties.ts";
import { sleeper, SLEEP_W, STEP } from "./rack.ts";

const MODELS = ["antminer-s19j-pro", "antminer-s19k-pro", "antminer-s21-pro"].map((id): Curve => curveOf([{ kind: "points", points: loadModel(id).points, down: STEP, up: STEP }, sleeper()], watts(SLEEP_W)));
const modelOf = (k: number): Curve => MODELS[k % MODELS.length] ?? assert.fail();
/** Every unit its own gain: +-5 % in a fixed pattern. */
const spread = (i: number): number => 0.95 + ((i * 7919) % 101) / 1000;
const most = (rack: readonly Candidate[]): number => rack.reduce((sum, { curve, gain }) => sum + gain * (curve.power.at(-1) ?? 0), 0);
const under = (of: number, value: number): number => (of === 0 ? 0 : (100 * (of - value)) / Math.abs(of));

const SHARES = [0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Percent under the linear-programming bound. */
const BOUND_PCT = 0.05;
/** Of the optimum, where it is itself about that far under the bound. */
const NEAR_PCT = 0.02;
const EXACT_PCT = 0.5;
/** The solver's own tolerance. */
const SOLVER_PCT = 0.002;

describe("a hundred machines and more, from 10 % of nominal on", () => {
  const racks: readonly [name: string, count: number, make: (i: number) => Candidate][] = [
    ["100 of one model, alike", 100, () => ({ ...FREE, curve: modelOf(1), gain: 1 })],
    ["100 of one model, +-5 %", 100, (i) => ({ ...FREE, curve: modelOf(1), gain: spread(i) })],
    ["102 of three models, +-5 %", 102, (i) => ({ ...FREE, curve: modelOf(i), gain: spread(i) })],
  ];
  for (const [name, count, make] of racks) {
    test(`${name}: within ${BOUND_PCT} % of the bound; where not, of the optimum within ${NEAR_PCT} %`, (t) => {
      const rack = Array.from({ length: count }, (_, i) => make(i));
      const tried = SHARES.map((share) => ({ share, budget: share * most(rack), ...allocate(rack, share * most(rack)) }));
      const beyond = tried.filter(({ bound, earns }) => under(bound, earns) > BOUND_PCT);
      for (const { power, budget } of tried) assert.ok(power <= budget * (1 + 1e-9), `${power} W of ${budget} W`);
      t.diagnostic(`within ${BOUND_PCT} % of the bound at ${tried.length - beyond.length} of ${tried.length} limits`);
      for (const { share, budget, bound, earns } of beyond) {
        const best = optimum(rack, budget, { seconds: 1.5 }) ?? assert.fail();
        const found = `at ${Math.round(100 * share)} % ${under(bound, earns).toFixed(4)} % under the bound; ${best.proven ? "the optimum" : "the best that HiGHS finds in 1.5 s"} is ${under(bound, best.earns).toFixed(4)} % under it`;
        t.diagnostic(found);
        assert.ok(under(best.earns, earns) <= NEAR_PCT, found);
      }
    });
  }
});

describe("any rack", () => {
  const rackOf = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 85, max: 120 }), fc.boolean(), fc.nat(12)), { minLength: 2, maxLength: 14 })
    .map((machines) => machines.map(([model, percent, alike, from]): Candidate => ({ ...FREE, curve: modelOf(model), gain: alike ? 1 : percent / 100, from: 1 + from })));

  for (const [name, least] of [["hashrate", 0], ["revenue", 0.04]] as const) {
    test(`${name}: within ${EXACT_PCT} % of the optimum`, (t) => {
      let worst = 0;
      fc.assert(fc.property(rackOf, fc.integer({ min: 30, max: 1100 }), (rack, share) => {
        const budget = (share / 1000) * most(rack);
        const best = optimum(rack, budget, { least });
        const { earns, power } = allocate(rack, budget, least);
        if (best === null) return;
        assert.ok(power <= budget * (1 + 1e-9));
        const gap = under(best.earns, earns);
        worst = Math.max(worst, gap);
        assert.ok(gap <= EXACT_PCT && gap >= -SOLVER_PCT, `${gap} % under ${best.earns} TH/s`);
      }), { numRuns: 40 });
      t.diagnostic(`worst ${worst.toFixed(4)} %`);
    });
  }
});
