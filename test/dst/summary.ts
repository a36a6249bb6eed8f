/** What a run has shown: how often each happening and each clause occurred, how fast it was, and which seeds broke what. */
import { CATALOGUE } from "./catalogue.ts";
import { CLAUSES } from "./oracle/sight.ts";
import type { Verdict } from "./verdict.ts";

/** Fewer lives than this may leave something out by chance. */
const COMPLETE_FROM = 300;

export interface Summary {
  readonly ok: boolean;
  readonly lives: number;
  readonly rackMinutes: number;
  readonly orders: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly livesPerCpuSecond: number;
  /** Of all journals, in the order of the seeds. */
  readonly logHashes: Readonly<Record<string, string>>;
  readonly happened: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
  /** What never occurred and should have. */
  readonly missing: readonly string[];
  readonly failed: readonly Pick<Verdict, "seed" | "violations">[];
}

export function summarise(verdicts: readonly Verdict[], seconds: number): Summary {
  const total = (part: (verdict: Verdict) => Readonly<Record<string, number>>): Record<string, number> => {
    const sums: Record<string, number> = {};
    for (const verdict of verdicts) for (const [what, times] of Object.entries(part(verdict))) sums[what] = (sums[what] ?? 0) + times;
    return sums;
  };
  const happened = total((verdict) => verdict.happened);
  const judged = total((verdict) => verdict.judged);
  const missing = verdicts.length < COMPLETE_FROM ? [] : [
    ...Object.keys(CATALOGUE).filter((kind) => happened[kind] === undefined).map((kind) => `${kind} never happened`),
    ...Object.keys(CLAUSES).filter((clause) => clause !== "alive" && judged[clause] === undefined).map((clause) => `clause ${clause} never had anything to judge`),
  ];
  const failed = verdicts.filter(({ violations }) => violations.length > 0).map(({ seed, violations }) => ({ seed, violations }));
  const cpuSeconds = verdicts.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1000;
  return {
    ok: failed.length === 0 && missing.length === 0, lives: verdicts.length, rackMinutes: verdicts.reduce((sum, { minutes }) => sum + minutes, 0),
    orders: verdicts.reduce((sum, { orders }) => sum + orders, 0), seconds, cpuSeconds, livesPerCpuSecond: verdicts.length / cpuSeconds,
    logHashes: Object.fromEntries(verdicts.map(({ seed, logHash }) => [seed, logHash])), happened, judged, missing, failed,
  };
}

/** Of a run in which nearly every life breaks something a few say enough. */
const MOST_SEEDS = 100;

export function print(summary: Summary, write: (line: string) => void): void {
  const { happened, judged, failed, missing, lives } = summary;
  for (const { seed, violations } of failed.slice(0, MOST_SEEDS)) {
    write(`seed ${seed}:`);
    for (const { atS, clause, detail } of violations.slice(0, 3)) write(`  ${atS.toFixed(1).padStart(8)} s  ${clause}: ${detail}`);
  }
  if (failed.length > MOST_SEEDS) write(`and ${failed.length - MOST_SEEDS} seeds more`);
  write("happened:");
  for (const what of Object.keys(happened).sort()) write(`  ${String(happened[what]).padStart(9)}  ${what}`);
  write("judged:");
  for (const [clause, meaning] of Object.entries(CLAUSES)) if (judged[clause] !== undefined) write(`  ${String(judged[clause]).padStart(9)}  ${clause.padEnd(6)}  ${meaning}`);
  for (const what of missing) write(`missing: ${what}`);
  write(`${lives} lives, ${Math.round(summary.rackMinutes / 60)} rack hours, ${summary.orders} orders in ${summary.seconds.toFixed(1)} s (${summary.livesPerCpuSecond.toFixed(1)} lives a CPU second)`);
  if (summary.ok) write("no clause was broken");
  else if (failed.length > 0) write(`${failed.length} of ${lives} lives broke a clause; replay one with: npm run dst -- --seed ${failed[0]?.seed ?? ""}`);
}
