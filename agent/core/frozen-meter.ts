/** A meter that answers and no longer measures: its raw values stay the same to the last digit while the miners behind it change. */
import { seconds, watts, type Millis, type Watts } from "./units.ts";

/** What is remembered of one meter between its readings. */
export interface MeterMotion {
  /** All values of the last reading that differed from the one before; null: not said. */
  readonly values: readonly (number | null)[];
  /** Uptime of that reading. */
  readonly since: Millis;
  /** Least and most the miners behind the meter were said to draw since; null: never said. */
  readonly least: Watts | null;
  readonly most: Watts | null;
}

export interface FrozenPolicy {
  /** Readings are the same for this long before anything is said: some meters measure anew only every few seconds. */
  readonly after: Millis;
  /** The miners' draw must have moved by this much meanwhile, in watts and as a fraction of the larger end. */
  readonly moved: Watts;
  readonly movedFraction: number;
}

/** Three measuring intervals of the slowest meters we know (5 s), and a move that no noise makes. */
export const FROZEN_POLICY: FrozenPolicy = { after: seconds(15), moved: watts(100), movedFraction: 0.05 };

export interface MeterLook {
  readonly at: Millis;
  /** Power and whatever else a reading brought, in any fixed order. */
  readonly values: readonly (number | null)[];
  /** What the miners behind this meter say they draw together, or what is ordered of them; null: one of them is silent. */
  readonly draw: Watts | null;
}

/**
 * Takes one reading. `frozen`: the same values for longer than `after` while the draw moved by more than `moved`: the meter's word no longer
 * counts. Values that say nothing at all are silence, which is not frozen but unknown.
 */
export function watchMotion(before: MeterMotion | null, look: MeterLook, policy: FrozenPolicy = FROZEN_POLICY): { readonly motion: MeterMotion; readonly frozen: boolean } {
  const { at, values, draw } = look;
  if (before === null || !same(before.values, values) || values.every((value) => value === null)) {
    return { motion: { values, since: at, least: draw, most: draw }, frozen: false };
  }
  const motion: MeterMotion = { ...before, least: smaller(before.least, draw), most: larger(before.most, draw) };
  const { least, most } = motion;
  const moved = least !== null && most !== null && most - least >= Math.max(policy.moved, policy.movedFraction * most);
  return { motion, frozen: moved && at - before.since >= policy.after };
}

const same = (a: readonly (number | null)[], b: readonly (number | null)[]): boolean => a.length === b.length && a.every((value, index) => value === b[index]);
const smaller = (a: Watts | null, b: Watts | null): Watts | null => (a === null || b === null ? (a ?? b) : a < b ? a : b);
const larger = (a: Watts | null, b: Watts | null): Watts | null => (a === null || b === null ? (a ?? b) : a > b ? a : b);
