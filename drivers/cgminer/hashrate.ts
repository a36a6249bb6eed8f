import type { Terahash } from "../../agent/core/units.ts";
import { terahashAt } from "./figures.ts";
import { numberAt, type Json } from "./json.ts";

const PER_TERAHASH = { "PHS": 1e-3, "THS": 1, "GHS": 1e3, "MHS": 1e6, "KHS": 1e9 } as const;

/** How many of a unit that is named ("GH/s", "TH") make one; null: no unit of hashrates, and then a figure in it says nothing. */
export function perTerahashOf(unit: string): number | null {
  const letter = /^\s*([PTGMK])H/i.exec(unit)?.[1]?.toUpperCase();
  return Object.entries(PER_TERAHASH).find(([name]) => name === `${letter}HS`)?.[1] ?? null;
}

/** The hashrate over `span` ("5s", "av", "30m"): each firmware of the family picks its own unit and says so in the key. */
export function hashrateAt(row: Json | undefined, span: string): Terahash | null {
  for (const [unit, perTerahash] of Object.entries(PER_TERAHASH)) {
    const key = `${unit} ${span}`;
    if (numberAt(row, key) !== null) return terahashAt(row, key, perTerahash);
  }
  return null;
}
