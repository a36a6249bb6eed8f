/** Distance of the allocation to the exact optimum, which HiGHS finds; and where the optimum itself is far below the linear-programming bound. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Candidate } from "../../agent/core/allocate.ts";
import { allocate, FREE } from "../../agent/core/allocate.ts";
import { curveOf, type Curve } from "../../agent/core/curve.ts";
import { watts } from "../../agent/core/units.ts";
import { loadModel } from "../../drivers/models.ts";
import { ceiling, optimum } from "../support/exact.ts";
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
/** Sums of watts are walked in steps so fine that 102 machines loosen the optimum of 40 kW by some hundredths of a percent at the most. */
const GRID_W = 0.2;
/** The solver's own tolerance. */
const SOLVER_PCT = 0.002;

describe("a hundred machines and more, from 10 % of nominal on", () => {
  // Alike machines are one integer for HiGHS, which proves its optimum in no time; where all differ it proves nothing in minutes, and all sums of watts are walked through.
  const proven = (rack: readonly Candidate[], budget: number): number => {
    const best = optimum(rack, budget);
    assert.ok(best?.proven === true, "HiGHS has proven nothing");
    return best.earns;
  };
  const walked = (rack: readonly Candidate[], budget: number): number => ceiling(rack, budget, GRID_W);
  const racks: readonly [name: string, count: number, make: (i: number) => Candidate, best: typeof proven][] = [
    ["100 of one model, alike", 100, () => ({ ...FREE, curve: modelOf(1), gain: 1 }), proven],
    ["100 of one model, +-5 %", 100, (i) => ({ ...FREE, curve: modelOf(1), gain: spread(i) }), walked],
    ["102 of three models, +-5 %", 102, (i) => ({ ...FREE, curve: modelOf(i), gain: spread(i) }), walked],
  ];
  for (const [name, count, make, best] of racks) {
    test(`${name}: within ${BOUND_PCT} % of the bound; where not, proven within ${NEAR_PCT} % of the optimum, so that the rest is the bound's own`, (t) => {
      const rack = Array.from({ length: count }, (_, i) => make(i));
      const tried = SHARES.map((share) => ({ share, budget: share * most(rack), ...allocate(rack, share * most(rack)) }));
      const beyond = tried.filter(({ bound, earns }) => under(bound, earns) > BOUND_PCT);
      for (const { power, budget } of tried) assert.ok(power <= budget * (1 + 1e-9), `${power} W of ${budget} W`);
      t.diagnostic(`within ${BOUND_PCT} % of the bound at ${tried.length - beyond.length} of ${tried.length} limits`);
      for (const { share, budget, bound, earns } of beyond) {
        const most = best(rack, budget);
        const found = `at ${(100 * share).toFixed(1)} % ${under(bound, earns).toFixed(4)} % under the bound; at the most ${under(most, earns).toFixed(4)} % under the optimum, which is itself at least ${under(bound, most).toFixed(4)} % under the bound`;
        t.diagnostic(found);
        assert.ok(under(most, earns) <= NEAR_PCT, found);
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
