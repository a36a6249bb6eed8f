/** How the rack did under an order: in which time, how well, and what it did not use. */
import type { Cost, IntervalRecord } from "../energy/record.ts";
import type { Baseline, EnergyFacts, ResultFacts } from "./facts.ts";
import type { Seconds } from "./seconds.ts";

export interface Bound {
  /** ms since 1970: when it was what limits the rack. */
  readonly from: number;
  readonly to: number;
  /** What the response is counted from: its arrival, or its beginning where that is later. */
  readonly begins: number;
  readonly limitW: number | null;
  readonly toleranceW: number;
}

/** Under the limit is who stays there for so long. */
const STAYS_S = 5;
const BEFORE_S = 900;
/** Fewer seconds before the order say nothing of how the rack would have gone on. */
const LEAST_BEFORE_S = 30;
const BASELINE_DAYS = 10;
const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;

export function judge(seconds: Seconds, bound: Bound, orders: { readonly sent: readonly number[]; readonly acknowledged: readonly number[] }): ResultFacts {
  const { from, to, begins, limitW, toleranceW } = bound;
  // The second in which another limit takes over is judged by neither.
  const [first, last] = [Math.max(0, seconds.index(from)), Math.min(seconds.length, seconds.index(to))];
  const under = limitW === null ? null : firstUnder(seconds, limitW + toleranceW, { first: Math.max(0, seconds.index(begins)), last });
  let [measuredS, withinS, overWh, worstOverW] = [0, 0, 0, 0];
  for (let at = under ?? first; at < last; at += 1) {
    const power = seconds.powerAt(at);
    const limit = seconds.limitAt(at) ?? limitW;
    if (power === null) continue;
    measuredS += 1;
    if (limit === null || power <= limit + toleranceW) withinS += 1;
    const over = limit === null ? 0 : Math.max(0, power - limit);
    overWh += over / 3600;
    worstOverW = Math.max(worstOverW, over);
  }
  const after = (times: readonly number[]): number[] => times.filter((at) => at >= begins && at <= to);
  const [sent, acknowledged] = [after(orders.sent), after(orders.acknowledged)];
  return {
    boundFrom: new Date(from).toISOString(),
    boundTo: new Date(to).toISOString(),
    limitW,
    toleranceW: Math.round(toleranceW),
    firstOrderS: sent.length === 0 ? null : lengthS(begins, Math.min(...sent)),
    // Later ones trim what is under the limit already.
    lastAcknowledgedS: lastBefore(acknowledged, under === null ? to : seconds.from + (under + 1) * 1000, begins),
    underLimitS: under === null ? null : Math.max(0, lengthS(begins, seconds.from + under * 1000)),
    ordersSent: sent.length,
    measuredS,
    withinS,
    withinPct: measuredS === 0 ? null : Math.floor((withinS / measuredS) * 10_000) / 100,
    overWh: Math.round(overWh * 10) / 10,
    worstOverW: Math.round(worstOverW),
  };
}

const lengthS = (from: number, to: number): number => Math.round((to - from) / 100) / 10;

function lastBefore(times: readonly number[], end: number, begins: number): number | null {
  const before = times.filter((at) => at <= end);
  return before.length === 0 ? null : lengthS(begins, Math.max(...before));
}

function firstUnder(seconds: Seconds, most: number, { first, last }: { readonly first: number; readonly last: number }): number | null {
  let since: number | null = null;
  for (let at = first; at < last; at += 1) {
    const power = seconds.powerAt(at);
    if (power === null || power > most) since = null;
    else since ??= at;
    if (since !== null && (at - since + 1 >= STAYS_S || at === last - 1)) return since;
  }
  return null;
}

/** What was used, and by which baselines how much was not. `history`: quarter hours of the days before. */
export function weigh(seconds: Seconds, bound: Bound | null, { intervals, history }: { readonly intervals: readonly IntervalRecord[]; readonly history: readonly IntervalRecord[] }): EnergyFacts {
  const totals = sumOf(intervals);
  if (bound === null) return { usedWh: null, meterBefore: null, meterAfterW: null, tenOfTen: null, missing: [], ...totals };
  const missing: string[] = [];
  const [first, last] = [seconds.index(bound.from), seconds.index(bound.to)];
  const hours = (last - first) / 3600;
  const mean = seconds.mean(first, last);
  const usedWh = mean === null ? null : mean * hours;
  if (usedWh === null) missing.push("nothing was measured while the order held");
  const before = measured(seconds, seconds.index(bound.begins) - BEFORE_S, seconds.index(bound.begins));
  if (before === null) missing.push(`meter before: less than ${LEAST_BEFORE_S} s were measured before the order`);
  const tenOfTen = usedWh === null ? null : byHistory(history, bound, { usedWh, hours });
  if (usedWh !== null && tenOfTen === null) missing.push(`10 of 10: fewer than ${BASELINE_DAYS} whole days without an order are recorded before it`);
  const after = measured(seconds, last + 1, last + 1 + BEFORE_S);
  return {
    usedWh: usedWh === null ? null : Math.round(usedWh),
    meterBefore: before === null || usedWh === null ? null : baseline(before, hours, usedWh),
    meterAfterW: after === null ? null : Math.round(after),
    tenOfTen,
    missing,
    ...totals,
  };
}

function measured(seconds: Seconds, first: number, last: number): number | null {
  let count = 0;
  for (let at = Math.max(0, first); at < last; at += 1) if (seconds.powerAt(at) !== null) count += 1;
  return count < LEAST_BEFORE_S ? null : seconds.mean(first, last);
}

const baseline = (powerW: number, hours: number, usedWh: number): Baseline => ({ powerW: Math.round(powerW), baselineWh: Math.round(powerW * hours), notUsedWh: Math.round(powerW * hours - usedWh) });

/** A day counts when all its quarter hours of the order's time of day are recorded and nothing was cut short in them. */
function byHistory(history: readonly IntervalRecord[], { from, to }: Bound, { usedWh, hours }: { readonly usedWh: number; readonly hours: number }): EnergyFacts["tenOfTen"] {
  const [first, last] = [Math.floor(from / QUARTER_MS), Math.ceil(to / QUARTER_MS)];
  const byQuarter = new Map(history.map((record) => [Date.parse(record.from) / QUARTER_MS, record]));
  const days: string[] = [];
  let sum = 0;
  for (let back = 1; back <= 60 && days.length < BASELINE_DAYS; back += 1) {
    let dayWh: number | null = 0;
    for (let quarter = first; quarter < last && dayWh !== null; quarter += 1) {
      const record = byQuarter.get(quarter - (back * DAY_MS) / QUARTER_MS);
      dayWh = record === undefined || record.energyWh === null || record.quality === "missing" || isCurtailed(record) ? null : dayWh + record.energyWh;
    }
    if (dayWh === null) continue;
    sum += dayWh / ((last - first) / 4);
    days.push(new Date(from - back * DAY_MS).toISOString().slice(0, 10));
  }
  return days.length < BASELINE_DAYS ? null : { ...baseline(sum / days.length, hours, usedWh), days };
}

/** The limit was lowered within it: it says nothing of an ordinary day. */
function isCurtailed({ limits }: IntervalRecord): boolean {
  return limits.length > 1;
}

function sumOf(intervals: readonly IntervalRecord[]): Pick<EnergyFacts, "totalWh" | "allottedWh" | "cost"> {
  let [totalWh, allottedWh]: (number | null)[] = [null, intervals.length === 0 ? null : 0];
  let cost = null as Cost | null;
  for (const record of intervals) {
    if (record.energyWh !== null) totalWh = (totalWh ?? 0) + record.energyWh;
    allottedWh = record.allottedWh === null || allottedWh === null || allottedWh === undefined ? null : allottedWh + record.allottedWh;
    if (record.cost !== null) cost = { currency: record.cost.currency, energy: (cost?.energy ?? 0) + record.cost.energy, tax: (cost?.tax ?? 0) + record.cost.tax };
  }
  const rounded = (value: number | null | undefined): number | null => (value == null ? null : Math.round(value * 10) / 10);
  return { totalWh: rounded(totalWh), allottedWh: rounded(allottedWh), cost: cost === null ? null : { ...cost, energy: Math.round(cost.energy * 100) / 100, tax: Math.round(cost.tax * 100) / 100 } };
}
