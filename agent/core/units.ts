/**
 * Quantities as branded numbers. Whatever carries a brand went through its maker, and the makers refuse
 * NaN and the infinities: a number that is not a quantity cannot travel through core.
 */
declare const unit: unique symbol;
type Brand<U extends string> = { readonly [unit]: U };

export type Watts = number & Brand<"W">;
export type Megahertz = number & Brand<"MHz">;
export type Millivolts = number & Brand<"mV">;
export type Terahash = number & Brand<"TH/s">;
export type Celsius = number & Brand<"°C">;
/** A length of time in milliseconds. */
export type Millis = number & Brand<"ms">;
/** A point in wall time: milliseconds since 1970-01-01 UTC. */
export type Instant = number & Brand<"ms since 1970">;

function maker<T extends number>(symbol: string): (value: number) => T {
  return (value) => {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not a quantity in ${symbol}`);
    return value as T;
  };
}

export const watts = maker<Watts>("W");
export const megahertz = maker<Megahertz>("MHz");
export const millivolts = maker<Millivolts>("mV");
export const terahash = maker<Terahash>("TH/s");
export const celsius = maker<Celsius>("°C");
export const millis = maker<Millis>("ms");
export const instant = maker<Instant>("ms since 1970");

export const seconds = (value: number): Millis => millis(value * 1000);

/** Sums without losing the unit. */
export const sumWatts = (values: Iterable<Watts>): Watts => {
  let total = 0;
  for (const value of values) total += value;
  return watts(total);
};

/** One figure for what lies between two, where one is needed. */
export const middleOf = ({ low, high }: { readonly low: Watts; readonly high: Watts }): number => (low + high) / 2;

/** The power of an interval that is nearest to one. */
export const nearestIn = ({ low, high }: { readonly low: Watts; readonly high: Watts }, power: number): Watts => watts(Math.min(high, Math.max(low, power)));
