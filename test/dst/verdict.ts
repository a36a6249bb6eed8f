/** What is said of one seed: its life, and every so often the same life without its refused documents. */
import { live, type LifeReport } from "./life.ts";
import type { Violation } from "./oracle/sight.ts";
import { drawPlan, honest, type Plan } from "./plan.ts";

export interface Verdict {
  readonly seed: number;
  readonly minutes: number;
  readonly orders: number;
  readonly cpuMs: number;
  readonly logHash: string;
  readonly violations: readonly Violation[];
  readonly happened: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
}

/** Every so many lives one is lived again without what was refused: its orders have to be the same, byte for byte. */
const TWIN_EVERY = 20;
const TWIN_AT = 5;

export const hasTwin = (seed: number): boolean => seed % TWIN_EVERY === TWIN_AT;

/** The plan of a seed, as it is judged. */
export const planOf = (seed: number): Plan => drawPlan(seed, { twin: hasTwin(seed) });

/** `plan`: that of the seed, or a part of it. */
export async function judge(plan: Plan): Promise<Verdict> {
  const begun = process.cpuUsage();
  const life = await live(plan);
  const violations = [...life.violations];
  const judged: Record<string, number> = { ...life.judged };
  if (hasTwin(plan.seed)) {
    judged["b-twin"] = 1;
    violations.push(...twinViolations(life, await live(honest(plan))));
  }
  const { user, system } = process.cpuUsage(begun);
  const { orders, logHash, happened } = life;
  return { seed: plan.seed, minutes: plan.minutes, orders, cpuMs: Math.round((user + system) / 1000), logHash, violations, happened, judged };
}

export function twinViolations(life: LifeReport, twin: LifeReport): Violation[] {
  if (life.ordersHash === twin.ordersHash) return [];
  return [{ atS: 0, clause: "b-twin", detail: `orders ${life.ordersHash} with the refused documents, ${twin.ordersHash} without` }];
}
