/**
 * What sharing out by the marginal watt earns over what others do with the same machines and the same power: all throttled to the
 * same share of their default point, or as many as fit at their default point and the others asleep, the best such choice.
 */
import { allocate, FREE, type Candidate } from "../../agent/core/allocate.ts";
import { curveOf } from "../../agent/core/curve.ts";
import type { Transition } from "../../agent/core/model.ts";
import { millis } from "../../agent/core/units.ts";
import { loadModel, type MinerModel } from "../../drivers/models.ts";
import { rounded, type Measured } from "./figures.ts";

/** Of what the rack draws at its default points. */
const LIMIT = 0.5;
const AT_ONCE: Transition = { fixed: millis(0), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" };

interface Machine {
  readonly candidate: Candidate;
  readonly model: MinerModel;
  /** Its default point. */
  readonly usual: { readonly power: number; readonly hashrate: number };
}

const RACKS = {
  gainMixedPct: ["antminer-s19j-pro", "antminer-s19k-pro", "antminer-s21"],
  gainNeighboursPct: ["antminer-s19k-pro", "antminer-s19-xp"],
  gainAlikePct: ["antminer-s19k-pro"],
} as const;
const MACHINES = 12;

export const measureGain = (): Measured => Object.fromEntries(Object.entries(RACKS).map(([name, models]) => [name, rounded(gainOf(rackOf(models)))]));

/** Percent over the better of the two. */
function gainOf(rack: readonly Machine[]): number {
  const limit = LIMIT * rack.reduce((sum, { usual }) => sum + usual.power, 0);
  const ours = allocate(rack.map(({ candidate }) => candidate), limit).hashrate;
  return 100 * (ours / Math.max(throttled(rack, limit), switched(rack, limit)) - 1);
}

function rackOf(models: readonly string[]): Machine[] {
  return Array.from({ length: MACHINES }, (_, i) => {
    const model = loadModel(models[i % models.length] ?? "");
    const usual = model.points.find(({ id }) => id === model.defaultPoint);
    if (usual === undefined) throw new Error(`${model.id} has no default point`);
    const curve = curveOf([{ kind: "points", points: model.points, down: AT_ONCE, up: AT_ONCE }, { kind: "sleep", sleepPower: model.sleepPower, down: AT_ONCE, up: AT_ONCE }], model.sleepPower);
    return { candidate: { ...FREE, curve, gain: 1 }, model, usual };
  });
}

/** Every machine at its highest point within the same share of its default; that share is as large as the limit allows. */
function throttled(rack: readonly Machine[], limit: number): number {
  const shares = [...new Set(rack.flatMap(({ model, usual }) => model.points.map(({ power }) => power / usual.power)))].toSorted((a, b) => b - a);
  for (const share of shares) {
    const points = rack.map(({ model, usual }) => model.points.findLast(({ power }) => power <= share * usual.power * (1 + 1e-9)));
    const power = points.reduce((sum, point, i) => sum + (point?.power ?? rack[i]?.model.sleepPower ?? 0), 0);
    if (power <= limit) return points.reduce((sum, point) => sum + (point?.hashrate ?? 0), 0);
  }
  return 0;
}

/** Every choice of whom to leave on: 2^12 of them. */
function switched(rack: readonly Machine[], limit: number): number {
  let best = 0;
  for (let on = 0; on < 2 ** rack.length; on++) {
    let [power, hashrate] = [0, 0];
    for (const [i, { usual, model }] of rack.entries()) {
      const runs = ((on >> i) & 1) === 1;
      power += runs ? usual.power : model.sleepPower;
      if (runs) hashrate += usual.hashrate;
    }
    if (power <= limit && hashrate > best) best = hashrate;
  }
  return best;
}
