/** The network after a black start: a rack that was told to hold wakes only when it has been whole for a while. */
import type { Millis } from "./units.ts";

/** What the meters say of the mains; null: they do not. */
export interface Supply {
  /** Volts. */
  readonly voltage: number | null;
  readonly frequencyHz: number | null;
  /** null: never read. */
  readonly age: Millis | null;
}

/** Where the mains are in order: volts and hertz, both ends included. */
export interface SupplyBand {
  readonly voltage: readonly [low: number, high: number];
  readonly frequencyHz: readonly [low: number, high: number];
}

/** Around nominal values, as EN 50160 has them for a connected network. */
export function bandAround(nominal: { readonly voltageV: number; readonly frequencyHz: number }): SupplyBand {
  const { voltageV, frequencyHz } = nominal;
  return { voltage: [voltageV * 0.9, voltageV * 1.1], frequencyHz: [frequencyHz * 0.99, frequencyHz * 1.01] };
}

/** null: no band is configured, nobody can say. Otherwise what is not shown in order, or not lately, is not. */
export function inBand(supply: Supply | null, band: SupplyBand | null, stale: Millis): boolean | null {
  if (band === null) return null;
  if (supply === null || supply.age === null || supply.age > stale) return false;
  return within(supply.voltage, band.voltage) && within(supply.frequencyHz, band.frequencyHz);
}

const within = (value: number | null, [low, high]: readonly [number, number]): boolean => value !== null && value >= low && value <= high;
