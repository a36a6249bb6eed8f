/**
 * Two owners, two errors. A machine's gain learns only from its own meter, and only when it has settled; the rack's
 * bias learns only what no machine explains, and only when the whole rack has settled. Two integrators on one error
 * would chase each other.
 */
import { entryOf, withShare } from "./curve.ts";
import type { Metered, Snapshot } from "./snapshot.ts";
import type { DeviceState, RackState } from "./state.ts";
import { stateWith } from "./state.ts";
import type { View } from "./view.ts";
import { expectedAt, expectedNow, fresh, isComingDown, lowestOf, promisedBy, rests } from "./view.ts";
import type { Policy } from "./policy.ts";
import type { Millis, Watts } from "./units.ts";
import { middleOf, nearestIn, seconds, watts } from "./units.ts";
import type { Watch } from "./settle.ts";
import { falls, moves, observe, warms } from "./settle.ts";

const GAIN_RANGE = [0.8, 1.25] as const;
/** Share of the error a settled reading corrects: three readings reach 2/3 of a step, noise of one moves it by a third. */
const GAIN_STEP = 0.3;
/** The same of the base: half of it against noise, as of the rack's bias. */
const BASE_STEP = 0.5;
/** More than calibration can explain: the machine does not do as told. */
const DEVIATION = { factor: 1.1, watts: 60 } as const;
/** A deviation has to last this long before the machine is put to sleep: longer than a reboot takes to be seen and corrected. */
export const DEVIATION_AT_MOST = seconds(12);
export const QUARANTINE = seconds(300);

/**
 * What a meter may teach. `more`: the machines' own words say it shows too little or too much, so that nobody is believed to
 * draw less. `nothing`: it stands still while the machines say otherwise, late or frozen, until that is clear.
 */
export type Teaches = "all" | "more" | "nothing";

/** What every device draws compared with what it should: calibration where it does as told, a mark where it does not. */
export function learnDevice(view: View, context: { readonly uptime: Millis; readonly seen: Millis; readonly policy: Policy; readonly teaches: Teaches }): DeviceState {
  const { device, curve } = view;
  const { uptime, seen } = context;
  const state = forgetful(released(view.state, uptime), view, uptime);
  const own = ownMeter(view, context.policy);
  if (own === null || view.underway || context.teaches === "nothing") return obeying(state);
  const over = uptime >= state.settlesAt + seen;
  const watched = observe(state, own, { uptime, settled: over });
  const target = entryOf(curve, state.target);
  const expected = promisedBy(view, state.target);
  if (expected === null || !over || falls(watched.motion, uptime)) return obeying(watched);
  const ceiling = Math.max(expected * DEVIATION.factor, (curve.power[target] ?? 0) * GAIN_RANGE[1]) + DEVIATION.watts;
  const deviates = own.power - own.uncertainty > Math.min(ceiling, device.nameplate.highest);
  if (deviates) return stateWith(watched, { deviatesSince: state.deviatesSince ?? uptime });
  const { actual } = view;
  // One that waits for its raise teaches where it rests: counted too high, it would find no room for it.
  const atRest = actual > 0 && view.known && !view.climbing && !moves(watched.motion, uptime);
  if (!atRest) return obeying(watched);
  const cold = state.turnedAt !== null && uptime - state.turnedAt < COLD;
  const onlyMore = context.teaches === "more" || cold || warms(watched.trend, uptime);
  const { gain, base } = calibrated(view, own, onlyMore);
  return gain === state.gain && base === state.base && state.deviatesSince === null ? watched : stateWith(watched, { deviatesSince: null, gain, base });
}

/**
 * What its meter shows at rest. What a few boards draw less than planned is the base, which is only guessed at, and no promise
 * of all; what they draw more than with that base is a promise of all.
 */
function calibrated({ state, curve, actual }: View, own: Metered & { readonly power: Watts }, onlyMore: boolean): Pick<DeviceState, "gain" | "base"> {
  const { boards, first, power } = curve;
  if (actual >= first || boards === null) {
    const learnt = nextGain(state.gain, own.power / (power[actual] as number));
    return { gain: onlyMore ? Math.max(state.gain, learnt) : learnt, base: state.base };
  }
  const [share, all, known] = [actual / first, power[first] as number, state.base ?? boards.base];
  const gain = Math.max(state.gain, nextGain(state.gain, own.power / withShare(all, share, boards.base)));
  if (Math.abs(own.power - gain * withShare(all, share, known)) <= own.uncertainty) return { gain, base: state.base };
  const shown = Math.min(boards.base, Math.max(0, (own.power / gain - share * all) / (1 - share)));
  const next = watts(Math.round(known + BASE_STEP * (shown - known)));
  if (onlyMore && next < known) return { gain, base: state.base };
  return { gain, base: next < boards.base ? next : null };
}

/** Boards that were off are cold for so long, and draw some percent less than they will: the noise of one outlet hides how they warm. */
const COLD = seconds(180);

const released = (state: DeviceState, uptime: Millis): DeviceState => (state.quarantine !== null && uptime >= state.quarantine.until ? stateWith(state, { quarantine: null }) : state);
/** What a machine drew less than its model is no promise for when it wakes; what it drew more is kept. */
const FORGETS_AFTER = seconds(60);
const forgetful = (state: DeviceState, { known, actual }: View, uptime: Millis): DeviceState =>
  known && actual === 0 && state.gain < 1 && uptime - (state.turnedAt ?? 0) >= FORGETS_AFTER ? stateWith(state, { gain: 1 }) : state;
const obeying = (state: DeviceState): DeviceState => (state.deviatesSince === null ? state : stateWith(state, { deviatesSince: null }));

function nextGain(gain: number, ratio: number): number {
  // A machine that hashes draws something near its model; less means it is starting or idling, which teaches nothing.
  if (ratio < 0.6) return gain;
  return Math.min(GAIN_RANGE[1], Math.max(GAIN_RANGE[0], gain + GAIN_STEP * (ratio - gain)));
}

/** Its outlet, else what it measures itself. */
export function ownMeter(view: View, policy: Policy): (Metered & { readonly power: Watts }) | null {
  const outlet = fresh(view.device.outlet, policy);
  if (outlet?.power != null) return { ...outlet, power: outlet.power };
  const reading = view.device.reading;
  if (reading.kind !== "known" || reading.telemetry.powerSource !== "measured" || reading.telemetry.power === null) return null;
  return { power: reading.telemetry.power, age: null, uncertainty: watts(0.02 * reading.telemetry.power) };
}

export interface BiasContext {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  /** Of the rack's meter, this cycle. */
  readonly watch: Watch;
  readonly seen: Millis;
  readonly teaches: Teaches;
}

/** What the rack's meter shows beyond its machines. Rises at once with a settled excess, falls by what was seen twice. */
export function learnBias(rack: Pick<RackState, "bias" | "fallingSince" | "limit" | "plan">, views: readonly View[], context: BiasContext): Pick<RackState, "bias" | "fallingSince"> {
  const { snapshot, policy, watch, seen, teaches } = context;
  const { uptime } = snapshot.tick;
  const metered: Metered | null = fresh(snapshot.rack, policy);
  if (metered === null || metered.power === null || teaches === "nothing") return { bias: rack.bias, fallingSince: null };
  const explained = views.reduce((sum, view) => sum + explainedBy(view, { uptime, seen }), 0);
  const residual = bounded(metered.power - explained, policy.nominal);
  if (!watch.settled) {
    const shown = { snapshot, watch, seen, metered };
    const excess = Math.max(unexplainedExcess(rack, views, shown), Math.min(residual - rack.bias, foreseenExcess(rack, views, shown)));
    return { bias: watts(rack.bias + Math.max(0, excess)), fallingSince: null };
  }
  // Half-steps against noise: within the meter's own uncertainty nothing is learnt.
  if (Math.abs(residual - rack.bias) <= metered.uncertainty) return { bias: rack.bias, fallingSince: null };
  if (residual > rack.bias) return { bias: residual, fallingSince: null };
  if (teaches === "more" || warms(watch.trend, uptime)) return { bias: rack.bias, fallingSince: null };
  if (rack.fallingSince === null) return { bias: rack.bias, fallingSince: uptime };
  // The second reading has to be another one: a meter that lags would only repeat the first.
  if (uptime - rack.fallingSince < seen) return { bias: rack.bias, fallingSince: rack.fallingSince };
  return { bias: watts((rack.bias + residual) / 2), fallingSince: null };
}

type Shown = Pick<BiasContext, "snapshot" | "watch" | "seen"> & { readonly metered: Metered };

/** Longer than a plan takes to show on the meter. */
const EXCESS_AFTER = seconds(8);

/** Power over the limit that does not fall and that no order at work takes away: one machine that never settles must not hide it. */
function unexplainedExcess(rack: Pick<RackState, "limit" | "plan">, views: readonly View[], context: Shown): number {
  const { limit, plan } = rack;
  const { metered, watch, seen, snapshot } = context;
  const { uptime } = snapshot.tick;
  if (limit.kind === "unlimited" || metered.power === null || plan === null || uptime - plan.at < Math.max(EXCESS_AFTER, seen) || falls(watch.motion, uptime)) return 0;
  if (views.some((view) => isComingDown(view, { uptime, seen }))) return 0;
  // Asleep they draw what they draw: a limit below that is no reason to believe that something else does.
  return Math.max(0, metered.power - metered.uncertainty - Math.max(limit.power, lowestOf(views)));
}

/** Power over the limit that raises at work will come to, by what the rest draws more than expected already: they are taken back on their way. */
function foreseenExcess(rack: Pick<RackState, "limit">, views: readonly View[], context: Shown): number {
  const { metered, watch, seen, snapshot } = context;
  const { uptime } = snapshot.tick;
  if (rack.limit.kind === "unlimited" || metered.power === null || falls(watch.motion, uptime) || views.some((view) => isComingDown(view, { uptime, seen }))) return 0;
  const coming = views.reduce((sum, view) => sum + remaining(view), 0);
  return coming === 0 ? 0 : metered.power - metered.uncertainty + coming - rack.limit.power;
}

/** What a raise at work has still to add. */
function remaining(view: View): number {
  const target = view.underway || view.climbing ? entryOf(view.curve, view.state.target) : -1;
  return target < 0 ? 0 : Math.max(0, expectedAt(view, target) - likelyDraw(view));
}

/** What its outlet shows. A machine's own word is rough: without an outlet, what its setting comes to, as far as its draw bears that out. */
function likelyDraw(view: View): number {
  const { draw } = view;
  return draw.by === "outlet" ? middleOf(draw) : nearestIn(draw, expectedNow(view));
}

/** What a device contributes to the plan's sum: its expectation where it does as told or rests elsewhere, else what it draws. */
function explainedBy(view: View, now: { readonly uptime: Millis; readonly seen: Millis }): number {
  const { draw, actual } = view;
  const target = entryOf(view.curve, view.state.target);
  const obeys = view.state.deviatesSince === null && view.state.quarantine === null;
  if (obeys && !view.climbing && target >= 0 && actual >= 0 && (actual === target || rests(view, now))) return countedAt(view, actual);
  return middleOf(draw);
}

/** What the plan's sum has of it where it is. What a few boards draw less by their outlet is theirs, and not free for others: more boards would take it along. */
function countedAt(view: View, entry: number): number {
  const expected = expectedAt(view, entry);
  return view.draw.by === "outlet" && entry > 0 && entry < view.curve.first ? Math.min(expected, middleOf(view.draw)) : expected;
}

const bounded = (power: number, nominal: Watts): Watts => watts(Math.min(0.2 * nominal, Math.max(-0.02 * nominal, power)));

/**
 * A calibration step of +X W moves the bias by -X W at once, so that their sum, which the meter vouches for, stays. A machine
 * that has come to draw more takes nothing from the rest: the bias falls no lower than what the meters show beside the machines.
 */
export function compensateBias(bias: Watts, before: readonly View[], after: readonly View[], metered: Metered | null): Watts {
  let moved = 0;
  let drawn = 0;
  for (const [i, view] of before.entries()) {
    if (view.actual > 0) moved += countedAt(after[i] as View, view.actual) - countedAt(view, view.actual);
    drawn += middleOf(view.draw);
  }
  const beside = metered === null || metered.power === null ? -Infinity : metered.power - drawn;
  return watts(Math.max(bias - moved, Math.min(bias, beside)));
}
