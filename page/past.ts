/** The curve of the rack, from what the daemon remembers and what it says since. */
import type { MachineHistory, RackHistory } from "../agent/report/history/history.ts";
import { emptyCurve, put, type Curve } from "./curve.ts";
import { ask } from "./link.ts";

/** null: the daemon did not answer. */
export async function rackPast(seconds: number): Promise<Curve | null> {
  const past = await ask<RackHistory>(`/history?seconds=${seconds}`);
  if (past === null) return null;
  const curve = emptyCurve(past.stepS);
  const from = Date.parse(past.from) / 1000;
  for (const [index, [least, mean, most, limit]] of past.rows.entries()) put(curve, { at: from + index * past.stepS, least, mean, most, limit });
  return curve;
}

export async function machinePast(id: string, seconds: number): Promise<Curve | null> {
  const past = await ask<MachineHistory>(`/history?seconds=${seconds}&device=${encodeURIComponent(id)}`);
  if (past === null) return null;
  const curve = emptyCurve(past.stepS);
  const from = Date.parse(past.from) / 1000;
  for (const [index, [mean]] of past.rows.entries()) put(curve, { at: from + index * past.stepS, least: mean, mean, most: mean, limit: null });
  return curve;
}
