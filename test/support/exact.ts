/** The exact optimum of an allocation, by HiGHS: a mixed-integer program that shares no idea with ours. */
import * as highsModule from "highs";
import type { Candidate } from "../../agent/core/allocate.ts";

// Its types are those of a CommonJS module, what Node loads is an ES module: its default export is the loader.
const highs = await (highsModule.default as unknown as typeof highsModule.default.default)();

export interface Optimum {
  /** TH/s less `least` a watt: the most that any choice earns, or, where it is not proven, the most that was found. */
  readonly earns: number;
  readonly proven: boolean;
}

/** null: no choice fits. Alike machines are one, by count. */
export function optimum(candidates: readonly Candidate[], budget: number, { least = 0, seconds = 30 }: { readonly least?: number; readonly seconds?: number } = {}): Optimum | null {
  const groups = groupsOf(candidates);
  const columns = groups.flatMap(({ candidate, count }, group) => openTo(candidate).map((entry) => ({
    name: `x${group}_${entry}`, group, count,
    power: candidate.gain * (candidate.curve.power[entry] ?? NaN),
    earns: (candidate.curve.hashrate[entry] ?? NaN) - least * candidate.gain * (candidate.curve.power[entry] ?? NaN),
  })));
  const sum = (terms: readonly { readonly name: string; readonly by: number }[]): string => terms.map(({ name, by }) => `${by < 0 ? "-" : "+"} ${Math.abs(by)} ${name}`).join(" ");
  const problem = [
    "Maximize", ` earns: ${sum(columns.map(({ name, earns }) => ({ name, by: earns })))}`,
    "Subject To", ` budget: ${sum(columns.map(({ name, power }) => ({ name, by: power })))} <= ${budget}`,
    ...groups.map(({ count }, group) => ` each${group}: ${sum(columns.filter((column) => column.group === group).map(({ name }) => ({ name, by: 1 })))} = ${count}`),
    "Generals", ` ${columns.map(({ name }) => name).join(" ")}`, "End",
  ].join("\n");
  const { Status: status, ObjectiveValue: value } = highs.solve(problem, { output_flag: false, mip_rel_gap: 1e-5, time_limit: seconds });
  if (status === "Infeasible") return null;
  if (status !== "Optimal" && status !== "Time limit reached") throw new Error(`HiGHS: ${status}`);
  return { earns: value, proven: status === "Optimal" };
}

/**
 * What no choice earns more than, TH/s, and proven: every sum of watts is walked through, each machine's watts rounded down to
 * `grid`, so that whatever fits in truth fits here. Its own looseness is half a grid a machine of the budget.
 */
export function ceiling(candidates: readonly Candidate[], budget: number, grid: number): number {
  const sums = Math.floor(budget / grid) + 1;
  let [best, next] = [new Float64Array(sums), new Float64Array(sums)];
  for (const candidate of candidates) {
    next.fill(-Infinity);
    for (const entry of openTo(candidate)) {
      const [steps, earns] = [Math.floor((candidate.gain * (candidate.curve.power[entry] ?? NaN)) / grid), candidate.curve.hashrate[entry] ?? NaN];
      for (let sum = steps; sum < sums; sum++) {
        const value = (best[sum - steps] as number) + earns;
        if (value > (next[sum] as number)) next[sum] = value;
      }
    }
    [best, next] = [next, best];
  }
  return best[sums - 1] ?? -Infinity;
}

function groupsOf(candidates: readonly Candidate[]): { readonly candidate: Candidate; count: number }[] {
  const groups: { readonly candidate: Candidate; count: number }[] = [];
  for (const candidate of candidates) {
    const alike = groups.find((group) => group.candidate.curve === candidate.curve && group.candidate.gain === candidate.gain && group.candidate.from === candidate.from && group.candidate.to === candidate.to);
    if (alike === undefined) groups.push({ candidate, count: 1 });
    else alike.count += 1;
  }
  return groups;
}

/** Written again on purpose: what a machine may be at. */
const openTo = ({ curve, from, to }: Candidate): number[] => [...curve.setpoints.keys()].filter((entry) => (entry === 0 ? curve.setpoints[0] !== null : entry >= from && entry <= to));
