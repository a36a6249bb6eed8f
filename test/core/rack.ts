/** Racks, machines and readings for the core's tests: short words for the values core takes. */
import type { DecideInput } from "../../agent/core/decide.ts";
import { decide } from "../../agent/core/decide.ts";
import type { Capability, OperatingPoint, Reading, Setpoint, Telemetry, Transition, UnknownReason } from "../../agent/core/model.ts";
import type { Policy } from "../../agent/core/policy.ts";
import type { DeviceSnapshot, Metered, OrderStatus, Snapshot } from "../../agent/core/snapshot.ts";
import type { DeviceState, RackState } from "../../agent/core/state.ts";
import { startDevice, startState } from "../../agent/core/state.ts";
import type { Tick } from "../../agent/core/time.ts";
import { instant, megahertz, millis, millivolts, seconds, terahash, watts } from "../../agent/core/units.ts";
import type { View } from "../../agent/core/view.ts";
import { viewDevices } from "../../agent/core/view.ts";
import { certain, nothingHeard } from "./signals.ts";

export type Row = readonly [megahertz: number, watts: number, terahash: number];

/** Concave over sleep at 25 W: every step up earns less a watt than the one before. */
export const ROWS: readonly Row[] = [[200, 1000, 50], [300, 1600, 74], [400, 2300, 97], [500, 3100, 119], [600, 4000, 140]];
export const SLEEP_W = 25;
export const NAMEPLATE_W = 4200;

export const STEP: Transition = { fixed: seconds(2), perMegahertz: millis(20), highest: "ends", hashing: true, confirm: "readback" };
const FALL_ASLEEP: Transition = { fixed: seconds(5), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
const WAKE: Transition = { fixed: seconds(10), perMegahertz: millis(20), highest: "ends", hashing: false, confirm: "readback" };

export const points = (rows: readonly Row[]): OperatingPoint[] =>
  rows.map(([mhz, w, ths]) => ({ id: String(mhz), frequency: megahertz(mhz), voltage: millivolts(13_000), power: watts(w), hashrate: terahash(ths) }));

export const sleeper = (over: { readonly sleepPower?: number; readonly up?: Transition } = {}): Capability => ({
  kind: "sleep", sleepPower: watts(over.sleepPower ?? SLEEP_W), down: FALL_ASLEEP, up: over.up ?? WAKE,
});
export const tunable = (rows: readonly Row[] = ROWS, over: { readonly up?: Transition; readonly down?: Transition } = {}): Capability => ({
  kind: "points", points: points(rows), down: over.down ?? STEP, up: over.up ?? STEP,
});
export const MINER: readonly Capability[] = [tunable(), sleeper()];

/** Well after the machine's boot and the daemon's start: 1,000 s. */
export const NOW = seconds(1000);
export const tick = (uptime: number = NOW): Tick => ({ uptime: millis(uptime), at: instant(1_800_000_000_000 + uptime), error: millis(20) });

export const SILENT_TELEMETRY: Telemetry = {
  power: null, powerSource: null, hashrate: null, hashrate15Min: null, hashrateAverage: null, frequency: null, voltage: null, state: null, point: null, boards: [],
  inlet: null, outlet: null, fansRpm: [], pools: [], accepted: null, rejected: null, hardwareErrors: null, uptime: null, errors: [],
};

/** What a miner at a point says; asleep it names what it would wake to. `own`: the watts it reports, null where it does not. */
export function says(at: string, over: { readonly own?: number | null; readonly measured?: boolean; readonly readAt?: number; readonly frequency?: number } = {}): Reading {
  const row = ROWS.find(([mhz]) => String(mhz) === at);
  const own = over.own === undefined ? (row?.[1] ?? SLEEP_W) : over.own;
  const telemetry: Telemetry = {
    ...SILENT_TELEMETRY,
    power: own === null ? null : watts(own), powerSource: over.measured === true ? "measured" : "estimated", hashrate: terahash(row?.[2] ?? 0),
    frequency: megahertz(over.frequency ?? row?.[0] ?? 600), state: at === "asleep" ? "asleep" : "hashing", point: row === undefined ? null : at,
  };
  return { kind: "known", telemetry, readAt: tick(over.readAt) };
}

/** The same reading by a miner whose mining process is on its way to its setting. */
export function climbing(reading: Reading, over: Partial<Telemetry> = {}): Reading {
  if (reading.kind === "unknown") throw new Error("what is silent does not say that it climbs");
  return { ...reading, telemetry: { ...reading.telemetry, state: "ramping", ...over } };
}

/** Running between its points, as it does on its way. */
export const passing = (mhz: number, own: number | null = null): Reading => says("between", { frequency: mhz, own });
export const silent = (reason: UnknownReason = "timeout"): Reading => ({ kind: "unknown", reason, last: null, since: tick() });

export const metered = (power: number | null, over: { readonly age?: number; readonly uncertainty?: number } = {}): Metered => ({
  power: power === null ? null : watts(power), age: millis(over.age ?? 500), uncertainty: watts(over.uncertainty ?? 10),
});

export const device = (id: string, reading: Reading, over: Partial<Omit<DeviceSnapshot, "id" | "reading">> = {}): DeviceSnapshot => ({
  id, reading, nameplate: { highest: watts(NAMEPLATE_W), asleep: watts(SLEEP_W) }, capabilities: MINER, outlet: null, order: null, feed: null, ...over,
});

export const snapshot = (devices: readonly DeviceSnapshot[], rack: Metered | null = null, uptime: number = NOW): Snapshot => ({
  tick: tick(uptime), devices, rack, rackClass: 0.01, supply: null,
});

export const to = (at: string): Setpoint => (at === "asleep" ? { kind: "sleep" } : { kind: "points", point: at });

/** A device that is wanted at a point, by an order that is long done. */
export const wanted = (at: string | null, over: Partial<DeviceState> = {}): DeviceState => ({ ...startDevice, target: at === null ? null : to(at), ...over });

/** A device whose order went out `ago` milliseconds before NOW and may be at work for `settle` milliseconds. */
export const ordered = (at: string, over: { readonly ago: number; readonly settle: number; readonly id?: number; readonly target?: string } & Partial<Omit<DeviceState, "target" | "order">>): DeviceState => {
  const { ago, settle, id, target, ...rest } = over;
  const order = { id: id ?? 7, device: "a", setpoint: to(at), cause: "test", lowers: false, issuedAt: millis(NOW - ago), settle: millis(settle) };
  return wanted(target ?? at, { order, settlesAt: millis(order.issuedAt + settle), ...rest });
};

export const status = (state: OrderStatus["state"], at: string, over: { readonly id?: number; readonly ago?: number } = {}): OrderStatus => ({
  id: over.id ?? 7, setpoint: to(at), state, at: millis(NOW - (over.ago ?? 0)),
});

/** Its own numbers, so that tuning the product's defaults does not move the arithmetic of the cases. */
export const POLICY: Policy = {
  nominal: watts(16_000), failsafe: watts(6000), restart: { minOff: seconds(0), random: seconds(300), rampPercentPerMinute: 20 },
  margin: 0.0075, dropMargin: 0.02, moveDoubt: 0.05, responseTime: seconds(15), tuneTime: seconds(7), dwell: seconds(20), raisesPerCycle: 50,
  turns: { minOff: seconds(0), minOn: seconds(0) }, wakes: { atOnce: 50, spacing: seconds(1) }, circuits: [], meterLag: seconds(2), meterStale: seconds(10), meterLost: seconds(60), heat: new Map(), keepWarm: null, supply: null, least: 0, rules: new Map(), wear: { between: seconds(300), rotation: Infinity }, outlets: { grace: seconds(10), perStep: 4, spacing: seconds(2) },
};

export const viewsOf = (shot: Snapshot, states: Readonly<Record<string, DeviceState>> = {}): View[] =>
  viewDevices(shot, new Map(Object.entries(states)), { policy: POLICY, start: startDevice, awaiting: true, seen: seconds(3) });

/** The one view of a rack of one. */
export function viewOf(reading: Reading, state: DeviceState = startDevice, over: Partial<DeviceSnapshot> & { readonly rack?: Metered; readonly uptime?: number } = {}): View {
  const { rack, uptime, ...rest } = over;
  const [view] = viewsOf(snapshot([device("a", reading, rest)], rack ?? null, uptime), { a: state });
  if (view === undefined) throw new Error("a rack of one has one view");
  return view;
}

/** A rack that has run for long, trusted by nobody yet: init is over only where the mode says so. */
export const rackOf = (devices: Readonly<Record<string, DeviceState>>, over: Partial<RackState> = {}): RackState => ({
  ...startState(millis(0)), mode: { ...startState(millis(0)).mode, trust: "trusted", confirmed: true }, devices: new Map(Object.entries(devices)), ...over,
});

export const input = (shot: Snapshot, over: Partial<DecideInput> = {}): DecideInput => ({
  heard: nothingHeard, now: certain(shot.tick.at, shot.tick.uptime), synchronised: true, local: [], snapshot: shot, policy: POLICY, u: 0.5, ...over,
});

/** Decides once and says who was told what, in words: `a:600`, `b:asleep`. */
export function told(rack: RackState, given: DecideInput): string[] {
  return decide(rack, given).decision.orders.map(({ device: id, setpoint }) => `${id}:${inWords(setpoint)}`);
}

export const inWords = (setpoint: Setpoint | null): string => (setpoint === null ? "-" : setpoint.kind === "points" ? setpoint.point : setpoint.kind === "sleep" ? "asleep" : setpoint.kind);
