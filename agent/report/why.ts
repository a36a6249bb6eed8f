/** The decision's own reasons, as they leave the process. */
import type { Decision } from "../core/decide.ts";
import { explain, worth, type Coming, type Explanation, type MachineReason, type Step } from "../core/explain.ts";
import type { EffectiveLimit, Statement } from "../core/limit.ts";
import type { Ahead } from "../core/outlook.ts";
import type { Instant, Millis } from "../core/units.ts";
import { setpointWord } from "./devices.ts";
import { hundredths, isoTime, tenths, whole } from "./figures.ts";
import { limitW, type StatusDocument } from "./status.ts";

export interface WhyContext {
  readonly at: Instant;
  readonly status: StatusDocument;
  readonly ahead: readonly Ahead[];
  /** What was refused of a machine lately, in the words of its driver; and why it does not answer. */
  readonly refused: (device: string) => Refusal | null;
  readonly failure: (device: string) => string | null;
}

export interface Refusal {
  readonly at: string;
  readonly setpoint: string | null;
  readonly message: string;
}

export type WhyDocument = ReturnType<typeof whyDocument>;

/** `only`: one machine instead of all. */
export function whyDocument(decision: Decision, context: WhyContext, only: string | null = null) {
  const { at, status, ahead } = context;
  const why = explain(decision);
  const { state, compliance, complianceW, effectiveLimitW, limitSource, bindingDoc, bindingSince, remainingS, failsafeLimitW, heartbeatAgeS, heartbeatTimeoutS, measuredW, hashrateThs } = status;
  return {
    at: isoTime(at), state, compliance, complianceW, effectiveLimitW, limitSource, bindingDoc, bindingSince, remainingS, failsafeLimitW, heartbeatAgeS, heartbeatTimeoutS, measuredW, hashrateThs,
    beside: why.beside.map(stated),
    setpoint: decision.setpoint === null ? null : stated(decision.setpoint),
    budget: budgetOf(decision),
    plan: planOf(decision),
    raisesWait: decision.reasons.raisesWait,
    marginal: why.marginal === null ? null : stepOf(why.marginal),
    devices: why.machines.filter(({ device }) => only === null || device === only).map((machine) => machineOf(machine, decision, context)),
    next: nextOf(why, { at, ahead, only }),
  };
}

const stated = ({ source, power, ref, until }: Statement) => ({ source, powerW: Math.floor(power), doc: ref?.id ?? null, until: until === null ? null : isoTime(until) });

/** The sum of its parts, but for rounding: margin, bias, beside, climb, available. */
function budgetOf({ budget, reasons: { rampLasts, plan: { split } } }: Decision) {
  const common = { budgetW: limitW(budget), risesForS: rampLasts === null ? null : tenths(rampLasts) };
  if (split === null) return { ...common, parts: null };
  const { margin, hurried, bias, beside, climb, available, planned } = split;
  return {
    ...common,
    parts: {
      marginW: whole(margin), wideMargin: hurried, biasW: whole(bias), besideW: whole(beside.reduce((sum, { power }) => sum + power, 0)),
      beside: beside.map(({ device, power }) => ({ device, powerW: whole(power) })),
      climbW: whole(climb), availableW: whole(available), plannedW: whole(planned), freeW: whole(available - planned),
    },
  };
}

function planOf({ uptime, reasons: { plan: { verdict, barred }, made, dwellsUntil } }: Decision) {
  return {
    verdict: verdict.kind,
    because: "because" in verdict ? verdict.because : null,
    betterByPct: "more" in verdict ? hundredths(100 * verdict.more) : null,
    madeAgoS: made === null ? null : tenths(uptime - made.at),
    dwellsForS: dwellsUntil === null ? null : tenths(Math.max(0, dwellsUntil - uptime)),
    barred: barred === null ? null : { device: barred.device, setpoint: setpointWord(barred.setpoint), throughW: whole(barred.peak) },
  };
}

const stepOf = (step: Step) => ({ device: step.device, to: setpointWord(step.to), powerW: whole(step.power), hashrateThs: hundredths(step.hashrate), thsPerKW: Number.isFinite(worth(step)) ? hundredths(1000 * worth(step)) : null });

function machineOf(machine: MachineReason, { uptime }: Decision, { refused, failure }: WhyContext) {
  const { view, target, by, quarantine, next, last, wait } = machine;
  const { device, draw, state } = view;
  const seconds = (until: Millis): number => tenths(Math.max(0, until - uptime));
  return {
    id: machine.device, by, setpoint: setpointWord(target), powerW: whole(machine.power), hashrateThs: hundredths(machine.hashrate),
    drawLowW: whole(draw.low), drawHighW: whole(draw.high), drawBy: draw.by, reserveW: whole(view.reserve),
    there: state.order === null && wait === null && by === "plan",
    unknownReason: device.reading.kind === "unknown" ? device.reading.reason : null,
    failure: failure(machine.device),
    quarantine: quarantine === null ? null : { reason: quarantine.reason, held: setpointWord(quarantine.held), endsInS: seconds(quarantine.until) },
    order: state.order === null ? null : { setpoint: setpointWord(state.order.setpoint), cause: state.order.cause, state: device.order?.state ?? "waiting", settlesInS: seconds(state.settlesAt) },
    wait: wait === null ? null : { because: wait.because, forS: wait.until === null ? null : seconds(wait.until), needsW: whole(wait.needs) },
    refused: refused(machine.device),
    heat: machine.heat.guard === null ? null : { by: machine.heat.guard.by, reading: tenths(1000 * machine.heat.guard.reading), limit: machine.heat.guard.limit, asleep: machine.heat.guard.ceiling === 0 },
    airC: machine.heat.air === null ? null : tenths(1000 * machine.heat.air),
    misses: state.misses,
    next: next === null ? null : { ...stepOf(next), because: next.because },
    last: last === null ? null : stepOf(last),
    gain: hundredths(state.gain),
    tookS: { down: tenths(state.observed.down), up: tenths(state.observed.up), sleep: tenths(state.observed.sleep), wake: tenths(state.observed.wake), boards: tenths(state.observed.boards) },
  };
}

/** Besides what has an end of its own: what the limit will be next. */
function nextOf({ comings }: Explanation, { at, ahead, only }: { readonly at: Instant; readonly ahead: readonly Ahead[]; readonly only: string | null }) {
  const line = (what: Coming["what"] | "limit", ms: number, device: string | null, limit: EffectiveLimit | null) => ({
    inS: tenths(ms), at: isoTime(at + ms), what, device,
    limitW: limit === null ? null : limitW(limit.limit), source: limit?.binding?.source ?? null, doc: limit?.binding?.ref?.id ?? null,
  });
  const own = comings.filter(({ device }) => only === null || device === null || device === only);
  return [...own.map((coming) => line(coming.what, coming.in, coming.device, null)), ...ahead.map(({ at: when, effective }) => line("limit", when - at, null, effective))].sort((a, b) => a.inS - b.inS);
}
