import type { Random } from "./random.ts";
import { around } from "./random.ts";

/** How one machine differs from its table: factors on its power, its hashrate, and what it says of its own power. */
export interface Unit {
  readonly power: number;
  readonly hashrate: number;
  readonly selfReport: number;
}

export const EXACT_UNIT: Unit = { power: 1, hashrate: 1, selfReport: 1 };

/** One out of a shipment: ±2.5 % in power, ±1 % in hashrate, and a power estimate that is wrong by up to 5 %. */
export const drawUnit = (random: Random): Unit => ({
  power: 1 + around(random, 0.025),
  hashrate: 1 + around(random, 0.01),
  selfReport: 1 + around(random, 0.05),
});
