/** What a proof test has measured of a machine takes the place of what its driver assumes. */
import type { Capability, Transition } from "./model.ts";
import type { Way } from "./settle.ts";
import type { Watts } from "./units.ts";
import { millis } from "./units.ts";

export interface Proven {
  /** Measured over assumed time of each way; absent: not measured. */
  readonly factors: Readonly<Partial<Record<Way, number>>>;
  readonly sleepPower: Watts | null;
}

/** A measurement of one day is no promise: a tenth is kept, and no machine is believed to be instantaneous. */
const FACTOR = { reserve: 1.1, least: 0.2, most: 20 } as const;

export const factorOf = (took: number, assumed: number): number =>
  assumed <= 0 ? 1 : Math.min(FACTOR.most, Math.max(FACTOR.least, (FACTOR.reserve * took) / assumed));

export function withProven(capabilities: readonly Capability[], { factors, sleepPower }: Proven): readonly Capability[] {
  return capabilities.map((one): Capability => {
    if (one.kind === "points") return { ...one, down: scaled(one.down, factors.down), up: scaled(one.up, factors.up) };
    if (one.kind === "sleep") return { ...one, sleepPower: sleepPower ?? one.sleepPower, down: scaled(one.down, factors.sleep), up: scaled(one.up, factors.wake) };
    return one.kind === "boards" ? { ...one, up: scaled(one.up, factors.boards) } : one;
  });
}

const scaled = (transition: Transition, factor: number | undefined): Transition =>
  factor === undefined ? transition : { ...transition, fixed: millis(factor * transition.fixed), perMegahertz: millis(factor * transition.perMegahertz) };
