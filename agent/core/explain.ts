/**
 * Why the rack does what it does, read off the decision itself: what binds and what stands beside it, where each machine
 * stands on its curve and what its next step would cost and earn, and what is known to come.
 */
import { FREE } from "./allocate.ts";
import { entryOf, type Curve } from "./curve.ts";
import type { Decision } from "./decide.ts";
import type { Statement } from "./limit.ts";
import type { Setpoint } from "./model.ts";
import type { Wait } from "./reconcile.ts";
import type { Quarantine } from "./state.ts";
import type { Millis } from "./units.ts";
import { millis } from "./units.ts";
import type { View } from "./view.ts";
import { expectedAt } from "./view.ts";

export interface Explanation {
  readonly binding: Statement | null;
  /** What states a limit and does not bind, the smallest first. */
  readonly beside: readonly Statement[];
  /** TH/s that the last kilowatt given away earns, where it earns least; null: nobody has a step to lose. */
  readonly marginal: Step | null;
  readonly machines: readonly MachineReason[];
  /** By time. */
  readonly comings: readonly Coming[];
}

export interface MachineReason {
  readonly device: string;
  readonly view: View;
  readonly target: Setpoint | null;
  /** What the target comes to; null: no entry of its curve. */
  readonly power: number | null;
  readonly hashrate: number | null;
  /** Who decides over it. */
  readonly by: "plan" | "ladder" | "emergency" | "silence" | "deviation" | "no-means" | "outlet";
  readonly quarantine: Quarantine | null;
  /** The step up from its target, and why it is not taken; null: it is at its highest. */
  readonly next: (Step & { readonly because: "heat" | "no-room" | "no-plan" | "not-asked" }) | null;
  /** Whatever keeps it from its highest points besides: how warm it is. */
  readonly heat: View["state"]["heat"];
  /** The step down, which it would lose; null: it is at its lowest. */
  readonly last: Step | null;
  readonly wait: Wait | null;
}

export interface Step {
  readonly device: string;
  readonly to: Setpoint;
  /** Watts and TH/s between the two ends. */
  readonly power: number;
  readonly hashrate: number;
}

export interface Coming {
  readonly in: Millis;
  readonly what: "budget" | "wakes" | "deadline" | "quarantine-ends" | "retry" | "arrives" | "better-plan" | "may-raise";
  readonly device: string | null;
}

export function explain(decision: Decision): Explanation {
  const { reasons, uptime, effective } = decision;
  const { split } = reasons.plan;
  const free = split === null ? Infinity : split.available - split.planned;
  const quarantined = new Map(decision.quarantined.map((quarantine) => [quarantine.id, quarantine]));
  const machines = decision.views.map((view) => reasonOf(view, { decision, free, quarantine: quarantined.get(view.device.id) ?? null }));
  return {
    binding: effective.binding,
    beside: reasons.statements.filter((statement) => statement !== effective.binding).sort((a, b) => a.power - b.power),
    marginal: machines.reduce<Step | null>((least, { by, last }) => (by === "plan" && last !== null && (least === null || worth(last) < worth(least)) ? last : least), null),
    machines,
    comings: [...rackComings(decision), ...machines.flatMap((machine) => machineComings(machine, uptime))].sort((a, b) => a.in - b.in),
  };
}

/** TH/s for a watt. */
export const worth = ({ hashrate, power }: Step): number => (power > 0 ? hashrate / power : Infinity);

function reasonOf(view: View, { decision, free, quarantine }: { readonly decision: Decision; readonly free: number; readonly quarantine: Quarantine | null }): MachineReason {
  const { reasons, state } = decision;
  const { device, curve } = view;
  const target = reasons.targets.get(device.id) ?? null;
  const entry = entryOf(curve, target);
  const up = entry < 0 ? null : stepFrom(view, entry, 1);
  const down = entry < 0 ? null : stepFrom(view, entry, -1);
  const by = state === "emergency" ? "emergency" : deciderOf(view, quarantine);
  return {
    device: device.id, view, target, by, quarantine,
    power: entry < 0 ? null : expectedAt(view, entry),
    hashrate: entry < 0 ? null : (curve.hashrate[entry] as number),
    next: up === null ? null : { ...up, because: entry >= view.most ? "heat" : by !== "plan" ? "no-plan" : up.power > free ? "no-room" : "not-asked" },
    last: down, heat: view.state.heat,
    wait: reasons.waits.get(device.id) ?? null,
  };
}

function deciderOf({ device, state, known, curve }: View, quarantine: Quarantine | null): MachineReason["by"] {
  if (device.feed?.on === false) return "outlet";
  if (quarantine !== null) return "ladder";
  if (!known) return "silence";
  if (state.deviatesSince !== null) return "deviation";
  return curve.setpoints.some((setpoint) => setpoint !== null) ? "plan" : "no-means";
}

/** To the next corner of its hull: the steps the allocation walks. */
function stepFrom(view: View, entry: number, way: 1 | -1): Step | null {
  const { curve, device } = view;
  const to = neighbour(curve, entry, way);
  const setpoint = to === null ? null : (curve.setpoints[to] ?? null);
  if (to === null || setpoint === null) return null;
  return { device: device.id, to: setpoint, power: way * (expectedAt(view, to) - expectedAt(view, entry)), hashrate: way * ((curve.hashrate[to] as number) - (curve.hashrate[entry] as number)) };
}

function neighbour(curve: Curve, entry: number, way: 1 | -1): number | null {
  const here = curve.power[entry] as number;
  const beyond = [...curve.hull(FREE).index].filter((index) => way * ((curve.power[index] as number) - here) > 0);
  return (way > 0 ? beyond[0] : beyond.at(-1)) ?? null;
}

function rackComings({ reasons, uptime, compliance }: Decision): Coming[] {
  const { rampLasts, notBefore, dwellsUntil, plan: { verdict } } = reasons;
  const dwells = verdict.kind === "kept" && verdict.because === "dwell" && dwellsUntil !== null;
  const at = (what: Coming["what"], when: number): Coming[] => (when > uptime && Number.isFinite(when) ? [{ what, in: millis(when - uptime), device: null }] : []);
  return [
    ...(rampLasts === null ? [] : at("budget", uptime + rampLasts)),
    ...(notBefore === null || notBefore >= Number.MAX_SAFE_INTEGER ? [] : at("may-raise", notBefore)),
    ...(compliance.kind === "settling" ? at("deadline", compliance.deadline) : []),
    ...(dwells ? at("better-plan", dwellsUntil) : []),
  ];
}

function machineComings({ device, view, quarantine, wait }: MachineReason, uptime: Millis): Coming[] {
  const at = (what: Coming["what"], when: number): Coming[] => (when > uptime ? [{ what, in: millis(when - uptime), device }] : []);
  const { order, settlesAt } = view.state;
  return [
    ...(quarantine === null ? [] : at("quarantine-ends", quarantine.until)),
    // Of what does not answer nobody can say that.
    ...(order === null || !view.known ? [] : at("arrives", settlesAt)),
    ...(wait?.until == null ? [] : at(wait.because === "back-off" ? "retry" : "wakes", wait.until)),
  ];
}
