import type { Terahash } from "../../agent/core/units.ts";
import { terahashAt } from "./figures.ts";
import { numberAt, type Json } from "./json.ts";

const PER_TERAHASH = { "THS": 1, "GHS": 1e3, "MHS": 1e6, "KHS": 1e9 } as const;

/** The hashrate over `span` ("5s", "av", "30m"): each firmware of the family picks its own unit and says so in the key. */
export function hashrateAt(row: Json | undefined, span: string): Terahash | null {
  for (const [unit, perTerahash] of Object.entries(PER_TERAHASH)) {
    const key = `${unit} ${span}`;
    if (numberAt(row, key) !== null) return terahashAt(row, key, perTerahash);
  }
  return null;
}
