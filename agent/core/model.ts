/** The words core speaks: what a device can do, what it says, what it may draw. */
import type { Tick } from "./time.ts";
import type { Celsius, Megahertz, Millis, Millivolts, Terahash, Watts } from "./units.ts";

/** 0 W and "no limit" are different words. */
export type PowerLimit = { readonly kind: "unlimited" } | { readonly kind: "limited"; readonly power: Watts };

/**
 * One setting a miner can run at. `id` is the driver's own name for it (a frequency pair, a percent, a preset, a mode).
 * `power` is at the wall, `hashrate` the long-run average; both as the model says, before calibration.
 */
export interface OperatingPoint {
  readonly id: string;
  readonly frequency: Megahertz | null;
  readonly voltage: Millivolts | null;
  readonly power: Watts;
  readonly hashrate: Terahash;
}

/** What an order costs on its way. */
export interface Transition {
  /** Time from acknowledgement until the new draw holds, for the smallest step. */
  readonly fixed: Millis;
  /** Added per megahertz of change. */
  readonly perMegahertz: Millis;
  /** `ends`: never above the larger of the two ends; `default`: may pass through the nameplate (restart). */
  readonly highest: "ends" | "default";
  /** False when the machine earns nothing on the way. */
  readonly hashing: boolean;
  /** What proves that it happened. */
  readonly confirm: "meter" | "readback" | "none";
}

export type Capability =
  | { readonly kind: "points"; readonly points: readonly OperatingPoint[]; readonly down: Transition; readonly up: Transition }
  | { readonly kind: "power-limit"; readonly min: Watts; readonly max: Watts; readonly down: Transition; readonly up: Transition }
  /** `base`: what it draws besides its boards while any of them runs, control board and fans. Those that are left run at the lowest point. */
  | { readonly kind: "boards"; readonly count: number; readonly base: Watts; readonly down: Transition; readonly up: Transition }
  | { readonly kind: "sleep"; readonly sleepPower: Watts; readonly down: Transition; readonly up: Transition }
  | { readonly kind: "outlet"; readonly minOffTime: Millis; readonly poweredUpAs: "on" | "off" | "last"; readonly opens: OutletRule };

/** When an outlet may be opened: not at all, while an emergency lasts, or also when sleep does not meet the limit. */
export type OutletRule = "never" | "emergency" | "shortfall";

export type CapabilityKind = Capability["kind"];
export type CapabilityOf<K extends CapabilityKind> = Extract<Capability, { kind: K }>;

/** What a machine may draw at the outside. */
export interface Nameplate {
  /** The most it can draw, also right after a reboot of its own. */
  readonly highest: Watts;
  /** What it draws asleep. */
  readonly asleep: Watts;
}

/** What a poll of a miner said, in one vocabulary for all firmwares. null: it did not say; never zero for that. */
export interface Telemetry {
  readonly power: Watts | null;
  /** How the firmware came by `power`. */
  readonly powerSource: "measured" | "estimated" | null;
  readonly hashrate: Terahash | null;
  /** Mean of the last quarter of an hour. */
  readonly hashrate15Min: Terahash | null;
  /** Since the mining process started. */
  readonly hashrateAverage: Terahash | null;
  /** Mean over the boards that run. While asleep: what it would wake to. */
  readonly frequency: Megahertz | null;
  readonly voltage: Millivolts | null;
  readonly state: "hashing" | "ramping" | "asleep" | "starting" | "fault" | null;
  /** The operating point that the boards which run are at, when it is one. */
  readonly point: string | null;
  readonly boards: readonly BoardTelemetry[];
  readonly inlet: Celsius | null;
  readonly outlet: Celsius | null;
  readonly fansRpm: readonly (number | null)[];
  readonly pools: readonly PoolTelemetry[];
  readonly accepted: number | null;
  readonly rejected: number | null;
  readonly hardwareErrors: number | null;
  /** Since the mining process started. One that goes back means a restart. */
  readonly uptime: Millis | null;
  readonly errors: readonly string[];
}

export interface BoardTelemetry {
  readonly index: number;
  readonly enabled: boolean | null;
  readonly frequency: Megahertz | null;
  readonly voltage: Millivolts | null;
  readonly hashrate: Terahash | null;
  readonly boardTemperature: Celsius | null;
  readonly chipTemperature: Celsius | null;
}

export interface PoolTelemetry {
  readonly url: string;
  readonly worker: string | null;
  readonly active: boolean | null;
}

export type UnknownReason = "not-polled" | "unreachable" | "timeout" | "malformed" | "refused" | "stale";

/** What we know of a miner. A silent ASIC is not an idle one. */
export type Reading =
  | { readonly kind: "known"; readonly telemetry: Telemetry; readonly readAt: Tick }
  | { readonly kind: "unknown"; readonly reason: UnknownReason; readonly last: Telemetry | null; readonly since: Tick };

/** What may be drawn now. Unknown is a wide interval, not a number. `by`: what narrowed it. */
export interface Draw {
  readonly low: Watts;
  readonly high: Watts;
  readonly by: "outlet" | "inlet" | "asic" | "model" | "nameplate";
}

/** A wanted value for one device. */
export type Setpoint =
  | { readonly kind: "points"; readonly point: string }
  | { readonly kind: "power-limit"; readonly power: Watts }
  | { readonly kind: "boards"; readonly count: number }
  | { readonly kind: "sleep" }
  | { readonly kind: "outlet"; readonly on: boolean };

/** EEBUS LPC speaks of the limit; these are our state against it, judged by the meter. */
export type Compliance =
  | { readonly kind: "not-limited" }
  | { readonly kind: "settling"; readonly excess: Watts; readonly deadline: Millis }
  | { readonly kind: "compliant"; readonly margin: Watts }
  | { readonly kind: "unverified"; readonly low: Watts; readonly high: Watts }
  | { readonly kind: "at-floor"; readonly excess: Watts }
  | { readonly kind: "violating"; readonly excess: Watts };
