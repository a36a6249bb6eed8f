/** How deep one machine is dipped to see which outlet moves: deep enough to be seen, no deeper than allowed, and quickly over. */
import type { Capability, Setpoint, Transition } from "./model.ts";
import { capability } from "./curve.ts";
import { millis, type Millis } from "./units.ts";

export interface DipPlan {
  readonly setpoint: Setpoint;
  /** What it should draw less, W. */
  readonly depth: number;
  /** From the acknowledgement until it draws that little. */
  readonly settles: Millis;
}

/** Seen against noise of a few watts an outlet. */
const LEAST_DEPTH = 150;
const WANTED = 0.3;
/** A tune that takes longer is no quick look. */
const QUICK = 30_000;

/** `power`: what it draws now. `most`: what it may draw less. null: nothing it can do is deep enough and allowed. */
export function dipOf(capabilities: readonly Capability[], { power, most }: { readonly power: number; readonly most: number }): DipPlan | null {
  const points = capability(capabilities, "points");
  const sleep = capability(capabilities, "sleep");
  const reach = Math.min(most, WANTED * power);
  const tuned = points === null || !isLive(points.down) ? [] : points.points
    .map((point) => ({ setpoint: { kind: "points", point: point.id } as const, depth: power - point.power, settles: settling(points.down, points.points, { power, to: point.frequency }) }))
    .filter(({ depth, settles }) => depth >= LEAST_DEPTH && depth <= most && settles <= QUICK)
    .toSorted((a, b) => Math.abs(a.depth - reach) - Math.abs(b.depth - reach));
  if (tuned[0] !== undefined) return tuned[0];
  const depth = sleep === null ? 0 : power - sleep.sleepPower;
  return sleep !== null && depth >= LEAST_DEPTH && depth <= most ? { setpoint: { kind: "sleep" }, depth, settles: millis(1.5 * sleep.down.fixed) } : null;
}

const isLive = ({ highest, hashing }: Transition): boolean => highest === "ends" && hashing;

function settling(down: Transition, points: readonly { readonly power: number; readonly frequency: number | null }[], { power, to }: { readonly power: number; readonly to: number | null }): Millis {
  const from = points.reduce((best, point) => (Math.abs(point.power - power) < Math.abs(best.power - power) ? point : best), points[0] ?? { power, frequency: null }).frequency;
  const way = from === null || to === null ? 0 : Math.abs(from - to);
  return millis(1.5 * (down.fixed + down.perMegahertz * way));
}
