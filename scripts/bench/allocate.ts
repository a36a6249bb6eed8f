/** Sharing out a budget over racks larger than any there is: pure computation, no rig. */
import { allocate, FREE, type Candidate } from "../../agent/core/allocate.ts";
import { curveOf } from "../../agent/core/curve.ts";
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { startDevice } from "../../agent/core/state.ts";
import { instant, megahertz, millis, millivolts, seconds, terahash, watts } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { candidatesOf } from "../../agent/core/worth.ts";
import { seeded } from "../../drivers/sim/random.ts";
import { rounded, type Measured } from "./figures.ts";
import { median } from "./statistics.ts";

const SLEEP_W = 25;
const AT_ONCE: Transition = { fixed: millis(0), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" };
/** Limits tried, in percent of what the rack draws at its highest points. */
const LIMITS = Array.from({ length: 81 }, (_, step) => 10 + step);

export function measureAllocation({ quick }: { readonly quick: boolean }): Measured {
  const thousand = run(rack(1000, 20), quick ? 1 : 3);
  const machines = rack(5000, 40);
  const five = run(machines, 1);
  return {
    allocate1000Ms: rounded(median(thousand.times)),
    allocate1000GapPct: rounded(Math.max(...thousand.gaps)),
    allocate5000Ms: rounded(median(five.times)),
    allocate5000CostsMs: rounded(median(costs(machines, quick ? 9 : 27))),
  };
}

/** The same with what each change loses on its way and wears: every machine's curve is valued anew from where it stands, and shared out. */
function costs(candidates: readonly Candidate[], rounds: number): number[] {
  const top = candidates.reduce((sum, { curve, gain }) => sum + gain * (curve.power.at(-1) ?? 0), 0);
  const standing = allocate(candidates, 0.5 * top).entries;
  const views = candidates.map(({ curve, gain }, i): View => {
    const [id, actual] = [`asic-${i}`, standing[i] ?? 0];
    const [draw, target] = [curve.power[actual] ?? 0, curve.setpoints[actual] ?? null];
    return {
      device: { id, reading: { kind: "unknown", reason: "stale", last: null, since: { uptime: millis(0), at: instant(0), error: null } }, nameplate: { highest: watts(5000), asleep: watts(SLEEP_W) }, capabilities: [], outlet: null, order: null, feed: null },
      state: { ...startDevice, target, gain }, curve, actual, most: curve.power.length - 1, boards: curve.first, frequency: curve.frequency[actual] ?? null, voltage: null,
      known: true, underway: false, climbing: false, rising: false, hot: false, draw: { low: watts(draw), high: watts(draw), by: "model" }, reserve: watts(draw),
    };
  });
  const policy = { ...DEFAULT_POLICY, nominal: watts(top), failsafe: watts(0) };
  return Array.from({ length: rounds }, (_, round) => {
    const begun = performance.now();
    const planned = candidatesOf(views, { uptime: seconds(1000), policy, horizon: seconds(4 * 3600), doubt: 1, from: () => 1, steady: false, trims: false });
    allocate(planned, (0.1 + (0.8 * round) / rounds) * top);
    return performance.now() - begun;
  }).slice(1);
}

/** The first round warms up and does not count for time; the gap counts always. */
function run(candidates: readonly Candidate[], rounds: number): { times: number[]; gaps: number[] } {
  const top = candidates.reduce((sum, { curve, gain }) => sum + gain * (curve.power.at(-1) ?? 0), 0);
  const times: number[] = [];
  const gaps: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const percent of LIMITS) {
      const budget = (percent / 100) * top;
      const begun = performance.now();
      const { power, hashrate, bound } = allocate(candidates, budget);
      const took = performance.now() - begun;
      if (round > 0) times.push(took);
      // Summed in another order than the budget: the last bit may differ.
      if (power > budget * (1 + 1e-9)) throw new Error(`the allocation draws ${power} W of ${budget} W`);
      gaps.push((100 * (bound - hashrate)) / bound);
    }
  }
  return { times, gaps };
}

/** No two machines alike: each has a curve of its own, as if each had told its own profiles, and a calibration of its own. */
function rack(machines: number, points: number): readonly Candidate[] {
  const random = seeded(1);
  return Array.from({ length: machines }, () => {
    const capabilities: Capability[] = [
      { kind: "points", points: curve(points, random), down: AT_ONCE, up: AT_ONCE },
      { kind: "sleep", sleepPower: watts(SLEEP_W), down: AT_ONCE, up: AT_ONCE },
    ];
    return { curve: curveOf(capabilities, watts(SLEEP_W)), ...FREE, gain: 0.95 + 0.1 * random() };
  });
}

/** P = a f V^2 + b f + c with the S19k Pro's coefficients (drivers/models), spread by unit; the voltage rises above 315 MHz. */
function curve(points: number, random: () => number): OperatingPoint[] {
  const spread = 0.75 + 0.5 * random();
  const thsPerMhz = 0.2064 * (0.9 + 0.2 * random());
  return Array.from({ length: points }, (_, index) => {
    const mhz = 190 + (600 / (points - 1)) * index;
    const volts = 11.88 + Math.max(0, mhz - 315) * 0.006;
    return {
      id: String(index),
      frequency: megahertz(mhz),
      voltage: millivolts(volts * 1000),
      power: watts(spread * (0.016965 * mhz * volts ** 2 + 1.6073 * mhz + 25)),
      hashrate: terahash(thsPerMhz * mhz * (1 + 0.004 * (random() - 0.5))),
    };
  });
}
