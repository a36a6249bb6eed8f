/** What the allocation promises, measured against the linear-programming bound and against trying everything. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Allotment, Candidate } from "../../agent/core/allocate.ts";
import { allocate, FREE } from "../../agent/core/allocate.ts";
import { curveOf } from "../../agent/core/curve.ts";
import { watts } from "../../agent/core/units.ts";
import { fc } from "./properties.ts";
import type { Row } from "./rack.ts";
import { MINER, sleeper, SLEEP_W, tunable } from "./rack.ts";

const candidate = (rows: readonly Row[], gain = 1, { sleeps = true, ...over }: { readonly sleeps?: boolean } & Partial<Candidate> = {}): Candidate => ({
  ...FREE, curve: curveOf(sleeps ? [tunable(rows), sleeper()] : [tunable(rows)], watts(SLEEP_W)), gain, ...over,
});

/**
 * A model whose power bends upwards over its points, as voltage does to it: P = sleep + a f + b f^2, `spread` apart in
 * efficiency. 0.2 TH/s a megahertz.
 */
const modelled = (count: number, over: { readonly spread?: number; readonly step?: number } = {}): Row[] =>
  Array.from({ length: count }, (_, k): Row => {
    const mhz = 150 + k * (over.step ?? 25);
    return [mhz, (over.spread ?? 1) * (100 + 3 * mhz + 0.005 * mhz * mhz), 0.2 * mhz];
  });

const least = (candidates: readonly Candidate[]): number => candidates.reduce((sum, { curve, gain, ...range }) => sum + gain * (curve.hull(range).power[0] ?? 0), 0);
const most = (candidates: readonly Candidate[]): number => candidates.reduce((sum, { curve, gain }) => sum + gain * (curve.power.at(-1) ?? 0), 0);
const totals = (candidates: readonly Candidate[], { entries }: Allotment) => ({
  power: candidates.reduce((sum, { curve, gain }, i) => sum + gain * (curve.power[entries[i] ?? -1] ?? NaN), 0),
  hashrate: candidates.reduce((sum, { curve }, i) => sum + (curve.hashrate[entries[i] ?? -1] ?? NaN), 0),
});
/** The largest step a single machine can make: what "within a step" means. */
const step = (candidates: readonly Candidate[]): number =>
  Math.max(0, ...candidates.flatMap(({ curve, ...range }) => { const { hashrate } = curve.hull(range); return [...hashrate.slice(1)].map((value, k) => value - (hashrate[k] ?? 0)); }));

const rowsOf = fc.uniqueArray(fc.tuple(fc.integer({ min: 100, max: 4000 }), fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 8, selector: ([power]) => power })
  .map((pairs) => pairs.sort(([a], [b]) => a - b).map(([power, hashrate], index): Row => [100 + 50 * index, power, hashrate]));
const candidateOf = fc.tuple(rowsOf, fc.integer({ min: 80, max: 125 }), fc.boolean(), fc.nat(7))
  .map(([rows, percent, sleeps, from]) => candidate(rows, percent / 100, { sleeps, from: 1 + (from % rows.length) }));
const rackOf = (most: number): fc.Arbitrary<Candidate[]> => fc.array(candidateOf, { minLength: 1, maxLength: most });
const share = fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000);
const between = (candidates: readonly Candidate[], part: number): number => least(candidates) + part * (most(candidates) - least(candidates));

describe("allocate", () => {
  const rows: [string, number, number[]][] = [
    ["nothing to give: all asleep", 0, [0, 0]],
    ["less than nothing: all asleep", -500, [0, 0]],
    ["exactly what sleep draws", 50, [0, 0]],
    ["one step", 1025, [1, 0]],
    ["one watt short of it", 1024.9, [0, 0]],
    ["the second machine's first step earns more than the first one's second", 2000, [1, 1]],
    ["then the first one's second", 2600, [2, 1]],
    ["everything", 8000, [5, 5]],
    ["more than everything", 1e9, [5, 5]],
    ["no limit", Infinity, [5, 5]],
  ];
  for (const [name, budget, expected] of rows) {
    test(`two alike: ${name}`, () => {
      const result = allocate([{ ...FREE, curve: curveOf(MINER, watts(SLEEP_W)), gain: 1 }, { ...FREE, curve: curveOf(MINER, watts(SLEEP_W)), gain: 1 }], budget);
      assert.deepEqual([...result.entries], expected);
      assert.ok(result.bound >= result.hashrate, `bound ${result.bound}`);
    });
  }

  test("nobody to share with", () => assert.deepEqual(allocate([], 5000), { entries: new Int32Array(0), power: 0, hashrate: 0, earns: 0, bound: 0 }));
  test("the efficient machine keeps running, the inefficient one gives way", () => {
    const [old, young] = [candidate(modelled(10, { spread: 1.4 })), candidate(modelled(10))];
    assert.deepEqual([...allocate([old, young], most([young]) + SLEEP_W).entries], [0, 10]);
  });
  test("a machine that draws more than its model counts for what it draws", () => {
    const rack = [candidate(modelled(10), 1.2), candidate(modelled(10), 0.9)];
    assert.deepEqual([...allocate(rack, 0.9 * most([candidate(modelled(10))]) + 1.2 * SLEEP_W).entries], [0, 10]);
  });
  test("what is left is spent on points off the hull too", () => {
    // 1,000 W for 10 TH/s is far below the hull to 2,000 W for 100; with 1,500 W it is all there is.
    assert.deepEqual([...allocate([candidate([[200, 1000, 10], [300, 2000, 100]])], 1500).entries], [1]);
  });
  test("of upgrades that gain alike the cheapest is taken", () => {
    // 1,900 W for 60 TH/s is off the hull: what 995 W over 3,300 W are good for, at 990 W or at 900 W.
    const rack = [1.2, 1.1, 1].map((gain) => candidate([[200, 1000, 50], [300, 1900, 60], [400, 2000, 100]], gain, { sleeps: false }));
    assert.deepEqual([...allocate(rack, 3300 + 995).entries], [1, 1, 2]);
  });
  test("one that cannot sleep stays at the lowest it may run at, over the budget or not", () => {
    const rack = [candidate(modelled(5), 1, { sleeps: false, from: 3 }), candidate(modelled(5))];
    assert.deepEqual([...allocate(rack, 0).entries], [3, 0]);
  });
  test("a pin: asleep or there, nothing else", () => {
    const rack = [candidate(modelled(10), 1, { from: 4, to: 4 }), candidate(modelled(10))];
    for (let budget = 0; budget < most(rack) + 100; budget += 50) assert.ok([0, 4].includes(allocate(rack, budget).entries[0] ?? -1));
  });
  test("pinned asleep", () => assert.deepEqual([...allocate([candidate(modelled(10), 1, { to: 0 })], 1e6).entries], [0]));
  test("one that can neither sleep nor run in its range runs at its upper end", () => assert.deepEqual([...allocate([candidate(modelled(10), 1, { sleeps: false, from: 5, to: 3 })], 1e6).entries], [3]));
  test("a higher rank is full before the next gets anything", () => {
    const rack = [candidate(modelled(10), 1, { rank: 2 }), candidate(modelled(10, { spread: 1.3 }), 1, { rank: 1 })];
    const full = most(rack.slice(1));
    assert.deepEqual([...allocate(rack, full + SLEEP_W).entries], [0, 10]);
    assert.ok((allocate(rack, full + 900).entries[0] ?? 0) > 0);
    assert.ok((allocate(rack, full).entries[1] ?? 10) < 10, "even asleep the others have to fit");
  });
  test("a watt that earns less than it costs is not drawn, budget or none", () => {
    const rack = [candidate(modelled(10)), candidate(modelled(10, { spread: 2 }))];
    const [first = 0, second = 0] = allocate(rack, Infinity, 0.04).entries;
    assert.ok(first > 0 && first < 10, `${first}`);
    assert.equal(second, 0, "its best point loses money: it sleeps");
    assert.deepEqual([...allocate(rack, Infinity, 1).entries], [0, 0]);
  });
  test("asleep or at `from` and above, nothing between", () => {
    const rack = [candidate(modelled(10), 1, { from: 6 })];
    for (let budget = 0; budget < most(rack) + 100; budget += 50) {
      const [entry = -1] = allocate(rack, budget).entries;
      assert.ok(entry === 0 || entry >= 6, `${entry} at ${budget} W`);
    }
  });

  test("whatever the rack: within the budget wherever that is possible, its sums are its entries', and no more than the bound", () => {
    fc.assert(fc.property(rackOf(12), share, (rack, part) => {
      const budget = between(rack, part);
      const result = allocate(rack, budget);
      const sums = totals(rack, result);
      assert.ok(sums.power <= budget + 1e-6, `${sums.power} W of ${budget} W`);
      assert.ok(Math.abs(sums.power - result.power) < 1e-6 && Math.abs(sums.hashrate - result.hashrate) < 1e-6, "sums");
      assert.ok(result.hashrate <= result.bound + 1e-6, `${result.hashrate} TH/s over the bound ${result.bound}`);
      rack.forEach(({ curve, from }, i) => assert.ok(result.entries[i] === 0 ? curve.setpoints[0] !== null : (result.entries[i] ?? -1) >= from));
    }));
  });
  test("whatever the rack: the same twice, and the input as it was", () => {
    fc.assert(fc.property(rackOf(12), share, (rack, part) => {
      const [budget, before] = [between(rack, part), structuredClone(rack.map(({ gain, from }) => ({ gain, from })))];
      assert.deepEqual(allocate(rack, budget), allocate(rack, budget));
      assert.deepEqual(rack.map(({ gain, from }) => ({ gain, from })), before);
    }));
  });
  test("whatever the rack: at most one step of one machine below the bound", () => {
    fc.assert(fc.property(rackOf(12), share, (rack, part) => {
      const { hashrate, bound } = allocate(rack, between(rack, part));
      assert.ok(bound - hashrate <= step(rack) + 1e-6, `${hashrate} TH/s, bound ${bound}, step ${step(rack)}`);
    }));
  });
  test("whatever the rack: more budget never costs more than a step", () => {
    fc.assert(fc.property(rackOf(12), share, share, (rack, a, b) => {
      const [less, more] = [between(rack, Math.min(a, b)), between(rack, Math.max(a, b))];
      assert.ok(allocate(rack, more).hashrate >= allocate(rack, less).hashrate - step(rack) - 1e-6);
      assert.ok(allocate(rack, more).bound >= allocate(rack, less).bound - 1e-6);
    }));
  });
});

/** Every combination: the exact optimum of a small rack. */
function exact(rack: readonly Candidate[], budget: number): number {
  const walk = (machine: number, left: number): number => {
    const candidate = rack[machine];
    if (candidate === undefined) return 0;
    let best = -Infinity;
    for (const [entry, power] of candidate.curve.power.entries()) {
      if ((entry === 0 ? candidate.curve.setpoints[0] === null : entry < candidate.from) || candidate.gain * power > left + 1e-9) continue;
      best = Math.max(best, (candidate.curve.hashrate[entry] ?? 0) + walk(machine + 1, left - candidate.gain * power));
    }
    return best;
  };
  return walk(0, budget);
}

describe("distance to the optimum", () => {
  const shares = Array.from({ length: 19 }, (_, k) => 0.1 + 0.05 * k);
  /** Every unit its own gain: +-5 % in a fixed pattern. */
  const spread = (i: number): number => 0.95 + ((i * 7919) % 101) / 1000;
  /** Percent below the linear-programming bound that no limit from 10 % of nominal on exceeds; measured, and held. */
  const racks: [string, (i: number) => Candidate, number, number][] = [
    ["1,000 of three models, +-5 % x 20 points", (i) => candidate(modelled(20, { spread: 1 + 0.25 * (i % 3) }), spread(i)), 1000, 0.05],
  ];
  for (const [name, make, count, percent] of racks) {
    test(`${name}: within ${percent} % of the bound`, (t) => {
      const rack = Array.from({ length: count }, (_, i) => make(i));
      const gaps = shares.map((part) => {
        const { hashrate, bound } = allocate(rack, part * most(rack));
        return (bound - hashrate) / bound;
      });
      const worst = Math.max(...gaps);
      t.diagnostic(`worst gap ${(100 * worst).toFixed(4)} %`);
      assert.ok(100 * worst <= percent, `${(100 * worst).toFixed(4)} % at ${shares[gaps.indexOf(worst)]}`);
    });
  }

  /** A rack of few machines has few combinations: the last step is a large part of it. */
  for (const [count, entries, percent] of [[3, 20, 0.5], [4, 10, 0.5], [5, 6, 0.5]] as const) {
    test(`${count} machines x ${entries} points: within ${percent} % of trying everything`, (t) => {
      let worst = 0;
      for (let i = 0; i < 40; i++) {
        const rack = Array.from({ length: count }, (_, k) => candidate(modelled(entries, { spread: 1 + 0.2 * (k % 3) }), spread(i * count + k)));
        const budget = (0.1 + (0.9 * i) / 40) * most(rack);
        const best = exact(rack, budget);
        const { hashrate } = allocate(rack, budget);
        if (best > 0) worst = Math.max(worst, (best - hashrate) / best);
      }
      t.diagnostic(`worst gap ${(100 * worst).toFixed(3)} %`);
      assert.ok(100 * worst <= percent, `${(100 * worst).toFixed(3)} %`);
    });
  }
});
