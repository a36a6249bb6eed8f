import { terahash, type Terahash } from "../../agent/core/units.ts";
import { numberAt, type Json } from "./json.ts";

const PER_TERAHASH = { "THS": 1, "GHS": 1e3, "MHS": 1e6, "KHS": 1e9 } as const;

/** The hashrate over `span` ("5s", "av", "30m"): each firmware of the family picks its own unit and says so in the key. */
export function hashrateAt(row: Json | undefined, span: string): Terahash | null {
  for (const [unit, divisor] of Object.entries(PER_TERAHASH)) {
    const value = numberAt(row, `${unit} ${span}`);
    if (value !== null) return value < 0 ? null : terahash(value / divisor);
  }
  return null;
}
