/** Power and limit over time, as far as they are known. Nothing here draws. */
import type { LiveStatus } from "./rack.ts";

/** Seconds since 1970, and watts; null: unknown. */
export interface Curve {
  /** Between two rows, at the most. */
  stepS: number;
  readonly at: number[];
  readonly least: (number | null)[];
  readonly mean: (number | null)[];
  readonly most: (number | null)[];
  readonly limit: (number | null)[];
}

export const emptyCurve = (stepS = 1): Curve => ({ stepS, at: [], least: [], mean: [], most: [], limit: [] });

/** A daemon that has just started has no past: its few minutes get the width. Two minutes at least. */
export function windowOf({ at, mean }: Curve, from: number, to: number): [number, number] {
  const first = at[mean.findIndex((watts) => watts !== null)];
  return [Math.min(to - 120, Math.max(from, first ?? to)), to];
}

/** Stretches of the window for which nothing is known: rows that say so, and time without rows. A row that comes late is no gap. */
export function gaps({ at, mean, stepS }: Curve, [from, to]: readonly [number, number]): [number, number][] {
  const known = at.filter((time, index) => mean[index] !== null && time >= from && time <= to);
  const step = Math.max(5, stepS * 2.5, (to - from) / 200);
  const edges = [from, ...known, to];
  return edges.slice(1).flatMap((end, index): [number, number][] => {
    const begin = edges[index] ?? from;
    return end - begin > step ? [[begin, end]] : [];
  });
}

/** What was seen before a restart, the daemon has forgotten and we have not. Between the two nothing is known. */
export function after(seen: Curve, past: Curve): Curve {
  const first = past.at[0];
  if (first === undefined) return seen;
  const curve = emptyCurve(past.stepS);
  for (const [index, at] of seen.at.entries()) if (at < first - 1) put(curve, rowOf(seen, index, at));
  const last = curve.at.at(-1);
  if (last !== undefined && first - last > 2) put(curve, { at: last + 1, least: null, mean: null, most: null, limit: null });
  for (const [index, at] of past.at.entries()) put(curve, rowOf(past, index, at));
  return curve;
}

const rowOf = ({ least, mean, most, limit }: Curve, index: number, at: number): Row => ({ at, least: least[index] ?? null, mean: mean[index] ?? null, most: most[index] ?? null, limit: limit[index] ?? null });

/** What was said just now, after a gap where nothing was said. `from`: what is older is let go. */
export function append(curve: Curve, { measuredW, effectiveLimitW }: LiveStatus, { at, from, everyS }: { readonly at: number; readonly from: number; readonly everyS: number }): void {
  const last = curve.at.at(-1);
  if (last !== undefined && at <= last) return;
  if (last !== undefined && at - last > everyS * 3) put(curve, { at: last + 1, least: null, mean: null, most: null, limit: null });
  curve.stepS = Math.max(curve.stepS, everyS);
  put(curve, { at, least: measuredW, mean: measuredW, most: measuredW, limit: effectiveLimitW });
  const old = curve.at.findIndex((time) => time >= from);
  if (old > 60) for (const column of [curve.at, curve.least, curve.mean, curve.most, curve.limit]) column.splice(0, old);
}

interface Row {
  readonly at: number;
  readonly least: number | null;
  readonly mean: number | null;
  readonly most: number | null;
  readonly limit: number | null;
}

export function put({ at, least, mean, most, limit }: Curve, row: Row): void {
  at.push(row.at);
  least.push(row.least);
  mean.push(row.mean);
  most.push(row.most);
  limit.push(row.limit);
}
