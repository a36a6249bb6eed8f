/**
 * One device as this cycle sees it: where it stands on its curve, what it may draw, and the most it may come to draw
 * from what is already under way.
 */
import type { Curve } from "./curve.ts";
import { curveOf, entryOf, onBase, powerBetween, transitionOf, withShare } from "./curve.ts";
import { fed } from "./fed.ts";
import { mostAt, nextHeat } from "./heat.ts";
import type { Draw, Setpoint, Telemetry } from "./model.ts";
import type { DeviceSnapshot, Metered, Snapshot } from "./snapshot.ts";
import type { DeviceState } from "./state.ts";
import { stateWith } from "./state.ts";
import { boots } from "./outlets.ts";
import type { Policy } from "./policy.ts";
import type { Millis, Watts } from "./units.ts";
import { middleOf, millis, nearestIn, seconds, watts } from "./units.ts";

export interface View {
  readonly device: DeviceSnapshot;
  readonly state: DeviceState;
  readonly curve: Curve;
  /** Where the reading says it is; -1: between points or unknown. */
  readonly actual: number;
  /** The highest entry that heat leaves it. */
  readonly most: number;
  /** How many of its boards are switched on, of those it has by its curve; all where nobody says. Asleep: with how many it wakes. */
  readonly boards: number;
  /** Frequency it runs at, or would wake to; null: unknown. */
  readonly frequency: number | null;
  readonly voltage: number | null;
  readonly known: boolean;
  /** An order is still on its way or at work. */
  readonly underway: boolean;
  /** By its own word its mining process is on its way to its setting: what it draws now says nothing of what it will. */
  readonly climbing: boolean;
  /** Its draw may still grow without a further order, or has grown and the meter does not show it yet: a raise at work, or a setting that is not the wanted one. */
  readonly rising: boolean;
  /** Asleep, and its boards are still hot from before: woken now it would draw more than it should. */
  readonly hot: boolean;
  readonly draw: Draw;
  /** The most it may draw until what is under way has ended. */
  readonly reserve: Watts;
}

/** Boards leak 0.3 % more for every degree; so long after they have fallen asleep they have cooled. */
const COOLS = seconds(60);
/** What a machine says of its own power, or its model says for it, may be off by this fraction. */
export const OWN_WORD = 0.1;

export interface ViewContext {
  readonly policy: Policy;
  /** What is remembered of a device nobody has a record of. */
  readonly start: DeviceState;
  /** How long after its end a change is surely seen. */
  readonly seen: Millis;
  /** The first polls are still out: recorded orders stand for readings. */
  readonly awaiting: boolean;
}

export function viewDevices(snapshot: Snapshot, states: ReadonlyMap<string, DeviceState>, context: ViewContext): View[] {
  const { uptime } = snapshot.tick;
  const { policy, start, seen, awaiting } = context;
  const moment = { policy, seen, awaiting, uptime, air: warmestAir(snapshot) };
  const views = snapshot.devices.map((device) => viewDevice(device, states.get(device.id) ?? start, moment));
  return narrowByInlet(views, fresh(snapshot.rack, policy));
}

/** The same with some of it changed; spelt out as `stateWith` is. */
export function viewWith(view: View, change: Partial<Pick<View, "state" | "curve" | "draw" | "reserve">>): View {
  const { device, actual, most, boards, frequency, voltage, known, underway, climbing, rising, hot } = view;
  const { state = view.state, curve = view.curve, draw = view.draw, reserve = view.reserve } = change;
  return { device, state, curve, actual, most, boards, frequency, voltage, known, underway, climbing, rising, hot, draw, reserve };
}

/** Nothing is at work in it, and its meters have shown what was: what it draws is what its setting comes to. */
export const rests = ({ underway, climbing, state }: View, { uptime, seen }: { readonly uptime: Millis; readonly seen: Millis }): boolean => !underway && !climbing && uptime >= state.settlesAt + seen;

/** Told to lower, for the first time, and not over yet: what did not come of the order before is no promise. */
export function isComingDown({ known, state }: View, { uptime, seen }: { readonly uptime: Millis; readonly seen: Millis }): boolean {
  const lowers = state.change !== null && (state.change.way === "down" || state.change.way === "sleep");
  return known && lowers && state.misses === 0 && uptime < state.settlesAt + seen;
}

/** A reading young enough to act on. */
export function fresh(metered: Metered | null, policy: Policy): Metered | null {
  return metered !== null && metered.power !== null && metered.age !== null && metered.age <= policy.meterStale ? metered : null;
}

function viewDevice(shown: DeviceSnapshot, kept: DeviceState, context: Omit<ViewContext, "start"> & { readonly uptime: Millis; readonly air: number | null }): View {
  const device = fed(shown);
  const ordered = acknowledged(device, kept);
  const curve = onBase(modelOf(device), kept.base);
  const off = device.feed?.on === false && !boots(device, kept);
  const telemetry = off ? null : believed(device);
  const limits = context.policy.heat.get(device.id);
  const assumed = context.awaiting && device.reading.kind === "unknown" && device.reading.reason === "not-polled";
  const actual = telemetry !== null ? position(curve, telemetry) : assumed ? entryOf(curve, kept.target) : -1;
  const heat = telemetry === null || limits === undefined ? kept.heat : nextHeat(kept.heat, { telemetry, curve, actual, uptime: context.uptime, air: context.air }, limits);
  const state = heat === ordered.heat ? ordered : stateWith(ordered, { heat });
  const most = mostAt(heat, curve, limits);
  const frequency = telemetry?.frequency ?? (actual > 0 ? (curve.frequency[actual] as number) : null);
  const voltage = telemetry?.voltage ?? (actual > 0 ? (curve.voltage[actual] as number) : null);
  const underway = !off && isUnderway(device, state, context.uptime);
  const draw: Draw = off ? { low: watts(0), high: watts(0), by: "outlet" } : drawOf({ device, state, curve, actual, telemetry, outlet: fresh(device.outlet, context.policy) });
  const known = telemetry !== null || (assumed && actual >= 0);
  const climbing = telemetry?.state === "starting" || telemetry?.state === "ramping";
  const atWork = underway || context.uptime < state.settlesAt + context.seen;
  const rising = off ? false : boots(device, state) || climbing || (known && actual !== entryOf(curve, state.target)) || (atWork && !(known && fallen(state, curve, actual)));
  const boards = telemetry === null ? curve.first : boardsOn(curve, telemetry);
  const hot = actual === 0 && state.turnedAt !== null && context.uptime - state.turnedAt < COOLS;
  const view = { device, state, curve, actual, most, boards, frequency, voltage, known, underway, climbing, rising, hot, draw, reserve: watts(0) };
  return off ? view : viewWith(view, { reserve: reserveOf(view) });
}

/** What it can be set to, as its model has it. */
export const modelOf = ({ capabilities, nameplate }: DeviceSnapshot): Curve => curveOf(capabilities, nameplate.asleep);

/** One that is off or asleep says what the room has; the warmest counts. */
function warmestAir({ devices }: Snapshot): number | null {
  let air: number | null = null;
  for (const { reading } of devices) {
    const inlet = reading.kind === "known" ? reading.telemetry.inlet : null;
    if (inlet !== null && (air === null || inlet > air)) air = inlet;
  }
  return air;
}

/** It begins to move when it acknowledges: a slow mailbox leaves a machine its time to settle. */
function acknowledged(device: DeviceSnapshot, state: DeviceState): DeviceState {
  const { order } = state;
  if (order === null || device.order?.id !== order.id || device.order.state !== "acknowledged") return state;
  const settlesAt = millis(device.order.at + order.settle);
  return settlesAt === state.settlesAt ? state : stateWith(state, { settlesAt, change: state.change === null ? null : { ...state.change, at: device.order.at } });
}

const believed = (device: DeviceSnapshot): Telemetry | null => (device.reading.kind === "known" ? device.reading.telemetry : null);

function position(curve: Curve, telemetry: Telemetry): number {
  if (telemetry.state === "asleep") return 0;
  const point = telemetry.point === null ? -1 : entryOf(curve, { kind: "points", point: telemetry.point });
  const on = boardsOn(curve, telemetry);
  return on === curve.first || point < 0 ? point : point === curve.first ? on : -1;
}

function boardsOn({ first }: Curve, { boards }: Telemetry): number {
  if (first === 1) return 1;
  const on = boards.reduce((sum, { enabled }) => (enabled === true ? sum + 1 : sum), 0);
  return on === 0 ? first : Math.min(on, first);
}

function isUnderway(device: DeviceSnapshot, state: DeviceState, uptime: Millis): boolean {
  if (state.order === null) return false;
  const mailbox = device.order?.id === state.order.id ? device.order.state : "waiting";
  return mailbox === "waiting" || mailbox === "sending" || uptime < state.settlesAt;
}

/** Told to lower while at rest, and read where it was told to be: what a meter that is late still shows of it is what it drew before, and no less. */
function fallen({ order, change, gain }: DeviceState, curve: Curve, actual: number): boolean {
  const lowered = change !== null && (change.way === "down" || change.way === "sleep");
  return order === null && lowered && actual >= 0 && change.from >= gain * (curve.power[actual] as number);
}

/** Expected power at an entry; for a setting between points, the point above it. */
export function expectedAt(view: Pick<View, "curve" | "state">, entry: number): number {
  return view.state.gain * (view.curve.power[entry] ?? 0);
}

/** What it should draw where it says it is: at a point, with so many boards, or by its frequency between two points; else the middle of what it may. */
export function expectedNow(view: Pick<View, "curve" | "state" | "actual" | "draw" | "frequency" | "boards">): number {
  if (view.actual >= 0) return expectedAt(view, view.actual);
  const onTheWay = expectedBetween(view);
  return onTheWay === null ? middleOf(view.draw) : nearestIn(view.draw, onTheWay);
}

function expectedBetween(view: Pick<View, "curve" | "state" | "frequency" | "boards">): number | null {
  const { curve, state, frequency, boards } = view;
  if (boards < curve.first) return expectedAt(view, boards);
  const power = frequency === null ? null : powerBetween(curve, frequency);
  return power === null ? null : state.gain * power;
}

/** What a machine draws when it does as this setpoint says; null: nobody knows. */
export function promisedBy(view: Pick<View, "curve" | "state">, setpoint: Setpoint | null): number | null {
  const entry = entryOf(view.curve, setpoint);
  if (entry >= 0) return expectedAt(view, entry);
  return setpoint?.kind === "power-limit" ? setpoint.power : null;
}

/** Does the reading say that it is as the setpoint has it? */
export function isAt(view: Pick<View, "curve" | "actual" | "known" | "device">, setpoint: Setpoint | null): boolean {
  const reading = view.device.reading;
  if (!view.known || setpoint === null) return false;
  if (reading.kind === "known" && setpoint.kind === "power-limit") return reading.telemetry.power !== null && reading.telemetry.power <= setpoint.power * (1 + OWN_WORD);
  const entry = entryOf(view.curve, setpoint);
  return entry >= 0 && entry === view.actual;
}

/** The lowest point at or above a frequency, with all boards. */
export function entryAbove(curve: Curve, frequency: number): number {
  for (let entry = curve.first; entry < curve.frequency.length; entry++) if ((curve.frequency[entry] as number) >= frequency) return entry;
  return curve.frequency.length - 1;
}

/** Of what it draws with all boards, what it draws with those that are switched on. */
function withBoards({ curve, state, boards }: Pick<View, "curve" | "state" | "boards">, power: number): number {
  return boards === curve.first ? power : withShare(power, boards / curve.first, state.gain * (curve.boards?.base ?? 0));
}

/**
 * The most a setting off the curve draws: the point above its frequency, and, as dynamic power goes with the square of the
 * voltage, more by that where the voltage is higher than that point's. A machine put to sleep in a hurry keeps its voltage.
 */
function settingPower(view: Pick<View, "curve" | "state" | "voltage" | "boards">, frequency: number): number {
  const entry = entryAbove(view.curve, frequency);
  const usual = view.curve.voltage[entry] as number;
  const excess = view.voltage === null || usual === 0 ? 1 : Math.max(1, view.voltage / usual);
  return withBoards(view, expectedAt(view, entry)) * excess * excess;
}

function drawOf(seen: {
  readonly device: DeviceSnapshot; readonly state: DeviceState; readonly curve: Curve;
  readonly actual: number; readonly telemetry: Telemetry | null; readonly outlet: Metered | null;
}): Draw {
  const { device, state, outlet, telemetry, actual } = seen;
  if (outlet !== null && outlet.power !== null) return around(outlet.power, outlet.uncertainty, "outlet");
  // What it says of itself has been proven wrong: only the meters tell.
  if (state.quarantine !== null) return { low: watts(0), high: device.nameplate.highest, by: "nameplate" };
  if (telemetry?.power != null) return around(telemetry.power, telemetry.power * OWN_WORD, "asic");
  if (actual >= 0) {
    const expected = expectedAt(seen, actual);
    return around(expected, expected * OWN_WORD, "model");
  }
  // A silent ASIC is not an idle one.
  return { low: watts(0), high: device.nameplate.highest, by: "nameplate" };
}

const around = (power: number, half: number, by: Draw["by"]): Draw => ({ low: watts(Math.max(0, power - half)), high: watts(Math.max(0, power + half)), by });

/** What the inlet shows less what the others draw at the least is the most one can draw, and the other way round. */
function narrowByInlet(views: readonly View[], rack: Metered | null): View[] {
  if (rack === null || rack.power === null) return [...views];
  const lows = views.reduce((sum, { draw }) => sum + draw.low, 0);
  const highs = views.reduce((sum, { draw }) => sum + draw.high, 0);
  const [least, most] = [rack.power - rack.uncertainty, rack.power + rack.uncertainty];
  return views.map((view) => {
    const { draw } = view;
    if (draw.by === "outlet") return view;
    const high = Math.min(draw.high, Math.max(draw.low, most - (lows - draw.low)));
    const low = Math.min(high, Math.max(draw.low, least - (highs - draw.high)));
    if (high === draw.high && low === draw.low) return view;
    const narrowed = viewWith(view, { draw: { low: watts(low), high: watts(high), by: "inlet" } });
    return viewWith(narrowed, { reserve: reserveOf(narrowed) });
  });
}

/** Larger end of what is under way or in place: a raise that was sent counts in full until it is seen, and after. */
function reserveOf(view: Omit<View, "reserve">): Watts {
  const { device, state, draw, curve } = view;
  const ends: number[] = [draw.high];
  if (view.known && view.actual > 0) ends.push(expectedAt(view, view.actual));
  if (view.known && view.actual < 0 && view.frequency !== null) ends.push(settingPower(view, view.frequency));
  if (boots(device, state) || climbsAnywhere(view)) ends.push(device.nameplate.highest);
  if (state.order !== null && view.underway) {
    const to = entryOf(curve, state.order.setpoint);
    if (to >= 0) ends.push(...transitionEnds(view, to));
  }
  return watts(Math.min(Math.max(...ends), Math.max(device.nameplate.highest, draw.high)));
}

/** On its way, and nobody knows where to: it says no frequency, or no order is at work, and what it says is where it has got to. */
export const climbsAnywhere = ({ climbing, actual, frequency, underway }: Pick<View, "climbing" | "actual" | "frequency" | "underway">): boolean =>
  climbing && actual < 0 && (frequency === null || !underway);

/** Firmware that is told percents or watts wakes to what it is told last; its transition says whether it passes through more. */
const hasFrequencies = ({ frequency }: Curve): boolean => frequency.some((megahertz) => megahertz > 0);

/** The draws an order to `to` may pass through. */
export function transitionEnds(view: Pick<View, "device" | "curve" | "state" | "actual" | "frequency" | "voltage" | "boards">, to: number): number[] {
  const { curve, device } = view;
  const waking = view.actual === 0 && to > 0;
  if (transitionOf(curve, view.actual, to)?.highest === "default") return [device.nameplate.highest];
  const ends = [expectedAt(view, to)];
  // A machine wakes towards what it ran at when it fell asleep, and only then follows its new setpoint.
  // Boards are switched when it is awake: on its way to a few of them it passes through all that it fell asleep with.
  if (waking && to < curve.first) ends.push(withBoards(view, expectedAt(view, curve.first)));
  if (waking && hasFrequencies(curve)) ends.push(view.frequency === null ? device.nameplate.highest : settingPower(view, view.frequency));
  return ends;
}

/** What they draw together at their lowest: asleep, where they can sleep. */
export const lowestOf = (views: readonly View[]): number => views.reduce((sum, view) => sum + expectedAt(view, view.curve.setpoints[0] === null ? 1 : 0), 0);

/** A machine that knows neither a point nor sleep is one more load: nothing can be planned with it. */
export const canBeSet = ({ curve }: View): boolean => curve.setpoints.some((setpoint) => setpoint !== null);
