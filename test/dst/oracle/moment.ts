import type { MachineSight, Sight } from "./sight.ts";

/** One look with what the law makes of it. Every clause judges the same moment. */
export interface Moment {
  readonly sight: Sight;
  /** The lawful limit. */
  readonly limitW: number;
  /** When what binds ends by itself, by true wall time; Infinity: it does not. */
  readonly limitEndsMs: number;
  /** The limit as a meter that is off shows it; else the limit. */
  readonly shownW: number;
  readonly toleranceW: number;
  /** Of all open grants together. */
  readonly heightW: number;
  /** No grant is open. */
  readonly quiet: boolean;
  /** No grant but those of the limit and of a start is open, and no meter has taught anybody wrongly lately. */
  readonly alone: boolean;
  /** Nothing is wrong with anything: no fault is open. */
  readonly whole: boolean;
  /** No fault is open on the meter. */
  readonly meterTrue: boolean;
  /** A meter shows more than is drawn. */
  readonly shownHigh: boolean;
  readonly bootedMs: number;
  /** When the lawful limit last changed. */
  readonly limitSinceMs: number;
  readonly stepMs: number;
}

/** Accuracy class of the rack's meter. */
const METER_CLASS = 0.01;

/** Settled tolerance of the contract: 0.5 % of the limit, meter class x power, 2 W an outlet and 10 W. */
export const toleranceOf = (limitW: number, { powerW, meteredOutlets }: Pick<Sight, "powerW" | "meteredOutlets">): number =>
  Math.max(0.005 * limitW, METER_CLASS * powerW, 2 * meteredOutlets + 10);

/** What machines that obey draw asleep, give or take a tenth, and the others draw now: what boots hears nothing yet. */
export const floorOf = (machines: readonly MachineSight[]): number =>
  machines.reduce((sum, { saysW, asleepW, powerW }) => sum + (saysW === null ? powerW : 1.1 * asleepW), 0);

/** What has to be kept to: the limit, or the floor where that is higher. Nobody looks at the machines while the rack is under its limit anyway. */
export const keepOf = ({ sight, shownW, toleranceW }: Moment): number => (sight.powerW <= shownW + toleranceW ? shownW : Math.max(shownW, floorOf(sight.machines())));

export const roundW = (watts: number): string => `${Math.round(watts)} W`;
