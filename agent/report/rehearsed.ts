/** What would happen under a limit, as it leaves the process. */
import type { Flexibility } from "../core/flexibility.ts";
import type { Ahead } from "../core/outlook.ts";
import type { Move, Rehearsal, Sum } from "../core/rehearse.ts";
import type { Instant } from "../core/units.ts";
import { hoursOf, shedOf } from "./capability.ts";
import { setpointWord } from "./devices.ts";
import { hundredths, isoTime, tenths, whole } from "./figures.ts";
import { limitW } from "./status.ts";

export type PlanDocument = ReturnType<typeof planDocument>;

export interface PlanContext {
  readonly askedW: number;
  /** null: now. */
  readonly at: Instant | null;
  /** As it is now. */
  readonly flexible: Flexibility;
  readonly ahead: readonly Ahead[];
}

const CURVE_STEPS = 60;

export function planDocument(rehearsal: Rehearsal, { askedW, at, flexible, ahead }: PlanContext) {
  const { first, last, begin, end, moves, within, done, lasted } = rehearsal;
  const { effective, compliance, floor, tolerance } = last;
  return {
    askedW,
    at: at === null ? null : isoTime(at),
    /** Something smaller may bind in its place. */
    effectiveLimitW: limitW(effective.limit), limitSource: effective.binding?.source ?? null, bindingDoc: effective.binding?.ref?.id ?? null,
    state: first.state, compliance: compliance.kind, floorW: whole(floor), toleranceW: whole(tolerance),
    before: sumOf(begin), after: sumOf(end),
    withinS: within === null ? null : tenths(within),
    doneS: done === null ? null : tenths(done),
    rehearsedS: tenths(lasted),
    /** Machines that do not answer: what they draw counts, what they hash is unknown. */
    unheard: first.views.filter(({ known }) => !known).length,
    restarts: moves.reduce((sum, { stops }) => sum + stops, 0),
    moves: moves.map(moveOf),
    /** What can be shed now, and after each change of the limit that is known. */
    shedNowW: shedOf(flexible),
    ahead: hoursOf(flexible, ahead),
    curve: flexible.curve(CURVE_STEPS).map(({ power, hashrate }) => sumOf({ power, hashrate })),
  };
}

const sumOf = ({ power, hashrate }: Sum) => ({ powerW: whole(power), hashrateThs: hundredths(hashrate), jPerTh: hashrate > 0 ? hundredths(power / hashrate) : null });

const moveOf = ({ device, from, told, power, begins, arrives, measured, stops }: Move) => ({
  device, from: setpointWord(from), told: told.map(setpointWord), fromW: whole(power.from), toW: whole(power.to),
  beginsS: tenths(begins), arrivesS: arrives === null ? null : tenths(arrives), measured, restarts: stops,
});
