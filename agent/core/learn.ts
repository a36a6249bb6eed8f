/**
 * Two owners, two errors. A machine's gain learns only from its own meter, and only when it has settled; the rack's
 * bias learns only what no machine explains, and only when the whole rack has settled. Two integrators on one error
 * would chase each other.
 */
import type { Metered, Snapshot } from "./snapshot.ts";
import type { DeviceState, RackState } from "./state.ts";
import { startDevice } from "./state.ts";
import type { View } from "./view.ts";
import { expectedAt, fresh } from "./view.ts";
import type { Policy } from "./policy.ts";
import type { Millis, Watts } from "./units.ts";
import { millis, seconds, watts } from "./units.ts";

const GAIN_RANGE = [0.8, 1.25] as const;
/** Share of the error a settled reading corrects: three readings reach 2/3 of a step, noise of one moves it by a third. */
const GAIN_STEP = 0.3;
/** More than calibration can explain: the machine does not do as told. */
const DEVIATION = { factor: 1.1, watts: 60 } as const;
/** A deviation has to last this long before the machine is put to sleep: longer than a reboot takes to be seen and corrected. */
export const DEVIATION_AT_MOST = seconds(12);
export const QUARANTINE = seconds(300);
/** Readings follow reality by at most this much: one poll of the meter and one of the miner. */
export const READING_LAG = seconds(3);

/** What every device draws compared with what it should: calibration where it does as told, a mark where it does not. */
export function learnDevice(view: View, context: { readonly uptime: Millis; readonly policy: Policy }): DeviceState {
  const { device, curve } = view;
  let { state } = view;
  const { uptime } = context;
  if (state.quarantine !== null && uptime >= state.quarantine.until) state = { ...state, quarantine: null };
  const target = state.target === null ? -1 : targetEntry(view);
  const own = ownMeter(view, context.policy);
  if (target < 0 || own === null || view.underway) return { ...state, deviatesSince: null };
  const settled = uptime >= state.settlesAt + READING_LAG;
  if (!settled) return { ...state, deviatesSince: null };
  const expected = expectedAt(view, target);
  const ceiling = Math.max(expected * DEVIATION.factor, (curve.power[target] as number) * GAIN_RANGE[1]) + DEVIATION.watts;
  const deviates = own.power - own.uncertainty > Math.min(ceiling, device.nameplate.highest);
  const deviatesSince = deviates ? (state.deviatesSince ?? uptime) : null;
  const inPlace = target > 0 && view.actual === target && view.known && !view.climbing && !deviates;
  return { ...state, deviatesSince, gain: inPlace ? nextGain(state.gain, own.power / (curve.power[target] as number)) : state.gain };
}

const targetEntry = (view: View): number => view.curve.setpoints.findIndex((setpoint) => sameSetpoint(setpoint, view.state.target));

export function sameSetpoint(a: DeviceState["target"], b: DeviceState["target"]): boolean {
  if (a === null || b === null) return a === b;
  switch (a.kind) {
    case "points":
      return b.kind === "points" && a.point === b.point;
    case "power-limit":
      return b.kind === "power-limit" && a.power === b.power;
    case "boards":
      return b.kind === "boards" && a.count === b.count;
    case "sleep":
      return b.kind === "sleep";
    case "outlet":
      return b.kind === "outlet" && a.on === b.on;
  }
}

function nextGain(gain: number, ratio: number): number {
  // A machine that hashes draws something near its model; less means it is starting or idling, which teaches nothing.
  if (ratio < 0.6) return gain;
  return Math.min(GAIN_RANGE[1], Math.max(GAIN_RANGE[0], gain + GAIN_STEP * (ratio - gain)));
}

/** Its outlet, else what it measures itself. */
function ownMeter(view: View, policy: Policy): { readonly power: number; readonly uncertainty: number } | null {
  const outlet = fresh(view.device.outlet, policy);
  if (outlet?.power != null) return { power: outlet.power, uncertainty: outlet.uncertainty };
  const reading = view.device.reading;
  if (reading.kind !== "known" || reading.telemetry.powerSource !== "measured" || reading.telemetry.power === null) return null;
  return { power: reading.telemetry.power, uncertainty: 0.02 * reading.telemetry.power };
}

/** What the rack's meter shows beyond its machines. Rises at once with a settled excess, falls after two settled readings. */
export function learnBias(rack: Pick<RackState, "bias" | "biasFalling" | "limit" | "plan">, views: readonly View[], context: { readonly snapshot: Snapshot; readonly policy: Policy }): Pick<RackState, "bias" | "biasFalling"> {
  const { snapshot, policy } = context;
  const metered: Metered | null = fresh(snapshot.rack, policy);
  if (metered === null || metered.power === null) return { bias: rack.bias, biasFalling: false };
  if (!isSettled(views, snapshot.tick.uptime)) return { bias: watts(rack.bias + unexplainedExcess(rack, views, { metered, uptime: snapshot.tick.uptime })), biasFalling: false };
  const explained = views.reduce((sum, view) => sum + explainedBy(view), 0);
  const residual = bounded(metered.power - explained, policy.nominal);
  // Half-steps against noise: within the meter's own uncertainty nothing is learnt.
  if (Math.abs(residual - rack.bias) <= metered.uncertainty) return { bias: rack.bias, biasFalling: false };
  if (residual > rack.bias) return { bias: residual, biasFalling: false };
  return rack.biasFalling ? { bias: watts((rack.bias + residual) / 2), biasFalling: false } : { bias: rack.bias, biasFalling: true };
}

/** Longer than a plan takes to show on the meter. */
const EXCESS_AFTER = seconds(8);

/** Power over the limit that no order at work will take away: one machine that never settles must not hide it. */
function unexplainedExcess(rack: Pick<RackState, "limit" | "plan">, views: readonly View[], { metered, uptime }: { readonly metered: Metered; readonly uptime: Millis }): number {
  const { limit, plan } = rack;
  if (limit.kind === "unlimited" || metered.power === null || plan === null || uptime - plan.at < EXCESS_AFTER) return 0;
  if (views.some((view) => view.known && view.underway && view.state.order?.lowers === true)) return 0;
  return Math.max(0, metered.power - metered.uncertainty - limit.power);
}

/** Nothing ordered for longer than it takes to be done and to be seen. */
export const isSettled = (views: readonly View[], uptime: Millis): boolean => views.every((view) => !view.underway && uptime >= view.state.settlesAt + READING_LAG);

/** What a device contributes to the plan's sum: its expectation where it does as told, else what it draws. */
function explainedBy(view: View): number {
  const { draw } = view;
  const target = view.state.target === null ? -1 : targetEntry(view);
  const obeys = view.state.deviatesSince === null && view.state.quarantine === null;
  if (obeys && !view.climbing && target >= 0 && view.actual === target) return expectedAt(view, target);
  return (draw.low + draw.high) / 2;
}

const bounded = (power: number, nominal: Watts): Watts => watts(Math.min(0.2 * nominal, Math.max(-0.02 * nominal, power)));

/** A calibration step of +X W moves the bias by -X W at once, so that their sum, which the meter vouches for, stays. */
export function compensateBias(bias: Watts, before: readonly View[], after: ReadonlyMap<string, DeviceState>): Watts {
  let moved = 0;
  for (const { device, state, curve, actual } of before) {
    const gain = (after.get(device.id) ?? startDevice).gain;
    if (actual > 0) moved += (gain - state.gain) * (curve.power[actual] as number);
  }
  return watts(bias - moved);
}

/** How long a change may be at work: its fixed part, its way in megahertz, and half as much again for doubt. */
export function settleTime(view: View, to: number): Millis {
  const { curve, actual } = view;
  const here = actual > 0 ? (curve.frequency[actual] as number) : (view.frequency ?? 0);
  const there = curve.frequency[to] as number;
  const asleep = actual === 0;
  const transition = to === 0 ? curve.sleep?.down : asleep ? curve.sleep?.up : curve.points?.[to > actual ? "up" : "down"];
  if (transition === undefined) return seconds(5);
  const way = to === 0 ? 0 : Math.abs(there - (asleep ? 0 : here));
  return millis(1.5 * (transition.fixed + transition.perMegahertz * way));
}
