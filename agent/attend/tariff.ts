/** What a kilowatt-hour costs when: the first period that is running, else the price outside all of them. */
import type { Config } from "../config/schema.ts";
import { instant, watts } from "../core/units.ts";
import type { Cost } from "../report/energy/record.ts";
import { occurrences, type Window } from "../schedule/window.ts";
import { offsetsOf } from "../schedule/zone.ts";

type Tariff = Config["evidence"]["tariff"];

/** What so many kilowatt-hours from `from` on cost; null: no tariff. */
export function costBy(tariff: Tariff): (from: number, kWh: number) => Cost | null {
  if (tariff === null) return () => null;
  const { currency, pricePerKWh, taxPerKWh, periods, zone } = tariff;
  const offsetAt = offsetsOf(zone);
  const windows = periods.map(({ days, from, to, pricePerKWh: price }) => {
    const window: Window = { name: "tariff", days: new Set(days), from, to, zone, offsetAt, limit: watts(0) };
    return { window, price };
  });
  return (from, kWh) => {
    const at = instant(from);
    const price = windows.find(({ window }) => occurrences(window, at, at).length > 0)?.price ?? pricePerKWh;
    return { currency, energy: cents(price * kWh), tax: cents(taxPerKWh * kWh) };
  };
}

/** Four decimals: a quarter hour of one machine costs cents. */
const cents = (value: number): number => Math.round(value * 10_000) / 10_000;
