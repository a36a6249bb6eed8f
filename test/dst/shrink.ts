/** Makes a failing life smaller while it still breaks the same clause: ended sooner, with fewer happenings. */
import type { Clause } from "./oracle/sight.ts";
import type { Plan } from "./plan.ts";
import type { Verdict } from "./verdict.ts";

/** Lives spent on one shrinking at most. */
const MOST_LIVES = 60;

export interface Shrunk {
  readonly plan: Plan;
  readonly verdict: Verdict;
  readonly lives: number;
}

/** `judge` decides whether a smaller plan still fails. */
export async function shrink(plan: Plan, verdict: Verdict, judge: (plan: Plan) => Promise<Verdict>): Promise<Shrunk> {
  const clause = verdict.violations[0]?.clause;
  if (clause === undefined) return { plan, verdict, lives: 0 };
  let best = { plan, verdict };
  let lives = 0;
  const attempt = async (smaller: Plan): Promise<boolean> => {
    if (lives >= MOST_LIVES) return false;
    lives += 1;
    const found = await judge(smaller);
    if (!breaks(found, clause)) return false;
    best = { plan: smaller, verdict: found };
    return true;
  };
  await attempt(endedSoonAfter(best.plan, best.verdict, clause));
  for (let size = Math.ceil(best.plan.happenings.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.plan.happenings.length; ) {
      const happenings = best.plan.happenings.filter((_, index) => index < from || index >= from + size);
      if (!(await attempt({ ...best.plan, happenings }))) from += size;
    }
  }
  await attempt(endedSoonAfter(best.plan, best.verdict, clause));
  return { ...best, lives };
}

const breaks = ({ violations }: Verdict, clause: Clause): boolean => violations.some((violation) => violation.clause === clause);

function endedSoonAfter(plan: Plan, { violations }: Verdict, clause: Clause): Plan {
  const atS = violations.find((violation) => violation.clause === clause)?.atS ?? 0;
  const minutes = atS === 0 ? plan.minutes : Math.min(plan.minutes, Math.ceil((atS + 5) / 60));
  return { ...plan, minutes, happenings: plan.happenings.filter((happening) => happening.atS < minutes * 60) };
}
