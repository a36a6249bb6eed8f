/** Numbers as firmware tells them. What no miner can be was not said: it is neither believed nor cut to fit. */
import { celsius, megahertz, millis, millivolts, terahash, watts, type Celsius, type Megahertz, type Millis, type Millivolts, type Terahash, type Watts } from "../../agent/core/units.ts";
import { numberAt, type Json } from "./json.ts";

/** A board without clock or power says 0, or next to it. */
const LEAST = { megahertz: 1, millivolts: 500 } as const;
/** The largest machines sold draw 15 kW and hash 1 PH/s; a hundred years is longer than any uptime. */
const MOST = { watts: 50_000, terahash: 10_000, megahertz: 5_000, millivolts: 50_000, celsius: 200, seconds: 3_155_760_000, rpm: 60_000, count: 1e15 } as const;

const within = (value: number | null, min: number, max: number): value is number => value !== null && value >= min && value <= max;

export function wattsAt(row: Json | undefined, key: string): Watts | null {
  const value = numberAt(row, key);
  return within(value, 0, MOST.watts) ? watts(value) : null;
}

/** `perTerahash`: how many of its units make one, 1,000 for GH/s. */
export function terahashAt(row: Json | undefined, key: string, perTerahash: number): Terahash | null {
  const value = numberAt(row, key);
  return within(value, 0, MOST.terahash * perTerahash) ? terahash(value / perTerahash) : null;
}

/** `perMegahertz`: 1,000,000 for Hz. */
export function megahertzAt(row: Json | undefined, key: string, perMegahertz: number): Megahertz | null {
  const value = numberAt(row, key);
  return within(value, LEAST.megahertz * perMegahertz, MOST.megahertz * perMegahertz) ? megahertz(Math.round((value / perMegahertz) * 10) / 10) : null;
}

/** Where a board that does not run has a clock of 0 MHz, and that is what it is. */
export function clockAt(row: Json | undefined, key: string): Megahertz | null {
  const value = numberAt(row, key);
  return within(value, 0, MOST.megahertz) ? megahertz(value) : null;
}

export function inMillivolts(value: number | null): Millivolts | null {
  return within(value, LEAST.millivolts, MOST.millivolts) ? millivolts(Math.round(value)) : null;
}

/** 0 is what stands where there is no sensor. */
export function celsiusAt(row: Json | undefined, key: string): Celsius | null {
  const value = numberAt(row, key);
  return value !== 0 && within(value, -60, MOST.celsius) ? celsius(value) : null;
}

export function secondsAt(row: Json | undefined, key: string): Millis | null {
  const value = numberAt(row, key);
  return within(value, 0, MOST.seconds) ? millis(value * 1000) : null;
}

/** Of shares and errors. */
export function countAt(row: Json | undefined, key: string): number | null {
  const value = numberAt(row, key);
  return within(value, 0, MOST.count) ? value : null;
}

export const rpmAt = (row: Json | undefined, key: string): number | null => inRpm(numberAt(row, key));
export const inRpm = (value: number | null): number | null => (within(value, 0, MOST.rpm) ? value : null);

/** Of what is known; null where nothing is. */
export function mean<T extends number>(values: readonly (T | null)[], unit: (value: number) => T): T | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : unit(known.reduce((sum, value) => sum + value, 0) / known.length);
}

/** Of what is known; null where nothing is, or where it is more than any machine. */
export function totalTerahash(values: readonly (Terahash | null)[]): Terahash | null {
  const known = values.filter((value) => value !== null);
  const sum = known.reduce((total: number, value) => total + value, 0);
  return known.length > 0 && within(sum, 0, MOST.terahash) ? terahash(sum) : null;
}
