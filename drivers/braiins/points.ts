/** What a Braiins OS miner can run at: power targets, or in manual mode the model's frequencies and voltages. */
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { megahertz, millis, millivolts, seconds, terahash, watts, type Watts } from "../../agent/core/units.ts";
import { alike } from "../alike.ts";
import { numberAt, rowsAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { inMillivolts, megahertzAt } from "../cgminer/figures.ts";
import { at } from "../http/path.ts";
import type { Envelope, MinerModel } from "../models.ts";

/** The tuner takes minutes to a new target and hashes on its way. */
const TUNE: Transition = { fixed: seconds(120), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" };
/** By hand the boards are initialised at the new setting, then climb. */
const MANUAL: Transition = { fixed: seconds(60), perMegahertz: millis(30), highest: "ends", hashing: true, confirm: "readback" };
/** Quick ramping down takes 2 s (`RAMPING`), and the supply's tail as long again. */
const PAUSE: Transition = { fixed: seconds(5), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
/** The boards are initialised, then quick ramping up takes 5 s; what the tuner still wants follows in its own time. */
const RESUME: Transition = { fixed: seconds(60), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };

/** Seconds to pause and to resume, as Braiins names them for curtailment. */
export const RAMPING = { up_s: 5, down_s: 2 } as const;

/** Enough to spend a rack's remainder on, few enough that the tuner keeps a profile of each. */
const TARGETS = 30;
const COARSE_W = 50;

export function capabilitiesOf(points: readonly OperatingPoint[], sleepPower: Watts, manual: boolean): readonly Capability[] {
  const step = manual ? MANUAL : TUNE;
  return alike([
    { kind: "points", points, down: step, up: step },
    { kind: "sleep", sleepPower, down: PAUSE, up: RESUME },
  ]);
}

export interface TargetRange {
  readonly min: number;
  readonly max: number;
}

/** No machine mines with less. */
const LEAST_W = 100;

/** The device's own range of targets in whole watts; null: not said. */
export function rangeOf(constraints: JsonObject): TargetRange | null {
  const target = at(constraints, "tuner_constraints", "power_target");
  const min = numberAt(at(target, "min"), "watt");
  const max = numberAt(at(target, "max"), "watt");
  return min === null || max === null || min < LEAST_W || Math.floor(max) <= Math.ceil(min) ? null : { min: Math.ceil(min), max: Math.floor(max) };
}

/** The model's envelope, narrowed by the device's own constraints; what it does not say narrows nothing. */
export function envelopeOf(constraints: JsonObject, { envelope }: MinerModel): Envelope {
  const boards = at(constraints, "hashboards_constraints");
  const mhz = (end: "min" | "max"): number | null => megahertzAt(at(boards, "frequency", end), "hertz", 1e6);
  const mv = (end: "min" | "max"): number | null => inMillivolts((numberAt(at(boards, "voltage", end), "volt") ?? 0) * 1000);
  const { frequency, voltage } = envelope;
  return {
    frequency: { min: megahertz(Math.max(frequency.min, mhz("min") ?? 0)), max: megahertz(Math.min(frequency.max, mhz("max") ?? Infinity)) },
    voltage: { min: millivolts(Math.max(voltage.min, mv("min") ?? 0)), max: millivolts(Math.min(voltage.max, mv("max") ?? Infinity)) },
  };
}

/** What the tuner measured at a target it has settled at. */
export interface Profile {
  readonly target: number;
  readonly power: number;
  readonly hashrate: number;
}

export function profilesOf(reply: JsonObject): readonly Profile[] {
  return rowsAt(reply, "power_target_profiles").map(profileOf).filter((profile) => profile !== null).toSorted((a, b) => a.target - b.target);
}

function profileOf(row: Json): Profile | null {
  const target = numberAt(at(row, "target"), "watt");
  const power = numberAt(at(row, "estimated_power_consumption"), "watt");
  const hashrate = numberAt(at(row, "measured_hashrate"), "gigahash_per_second");
  if (target === null || power === null || hashrate === null || target <= 0 || power <= 0 || hashrate <= 0) return null;
  return { target, power, hashrate: hashrate / 1000 };
}

/**
 * Targets in even steps over the range, below the model's nameplate. A target is what the firmware aims at: what it draws
 * and hashes there is the model's curve, corrected by what the tuner measured nearby.
 */
export function targetPoints(range: TargetRange, model: MinerModel, profiles: readonly Profile[]): readonly OperatingPoint[] {
  const max = Math.min(range.max, model.nameplate);
  const min = Math.min(range.min, max);
  const step = Math.max(COARSE_W, Math.ceil((max - min) / TARGETS / COARSE_W) * COARSE_W);
  const targets = [min];
  for (let target = Math.ceil((min + 1) / step) * step; target < max; target += step) targets.push(target);
  if (max > min) targets.push(max);
  const powers = corrections(profiles, ({ target, power }) => power / target);
  const hashrates = corrections(profiles, ({ target, hashrate }) => hashrate / modelHashrate(model, target));
  return alike(targets.map((target) => ({
    id: targetId(target),
    frequency: null,
    voltage: null,
    power: watts(Math.round(target * correctionAt(powers, target))),
    hashrate: terahash(Math.round(modelHashrate(model, target) * correctionAt(hashrates, target) * 100) / 100),
  })));
}

export const targetId = (target: number): string => `${Math.round(target)}W`;

/** null: not the id of a target. */
export function targetOf(id: string): number | null {
  const target = /^(\d{1,6})W$/.exec(id)?.[1];
  return target === undefined ? null : Number(target);
}

/** Until the device has said its range: from the model's lowest point to its default one. */
export function assumedRange({ points, defaultPoint, nameplate }: MinerModel): TargetRange {
  const usual = points.find((point) => point.id === defaultPoint);
  return { min: points[0]?.power ?? nameplate, max: usual?.power ?? nameplate };
}

/** Points a hand may set, all inside the envelope. */
export const manualPoints = (envelope: Envelope, { points }: MinerModel): readonly OperatingPoint[] =>
  points.filter(({ frequency, voltage }) => inside(frequency, envelope.frequency) && inside(voltage, envelope.voltage));

const inside = (value: number | null, { min, max }: { readonly min: number; readonly max: number }): boolean => value !== null && value >= min && value <= max;

/** Straight lines between the model's points; below the lowest in proportion, above the highest the highest. */
function modelHashrate({ points }: MinerModel, power: number): number {
  let below = { power: 0, hashrate: 0 };
  for (const point of points) {
    if (point.power >= power) return below.hashrate + ((point.hashrate - below.hashrate) * (power - below.power)) / (point.power - below.power);
    below = point;
  }
  return below.hashrate;
}

interface Correction {
  readonly target: number;
  readonly factor: number;
}

/** A machine so far from its model is another model or a profile of fewer boards: not believed. */
const PLAUSIBLE = { min: 0.75, max: 1.33 } as const;

const corrections = (profiles: readonly Profile[], factorOf: (profile: Profile) => number): readonly Correction[] =>
  profiles.map((profile) => ({ target: profile.target, factor: factorOf(profile) })).filter(({ factor }) => factor >= PLAUSIBLE.min && factor <= PLAUSIBLE.max);

/** Straight lines between what is known, flat outside of it; 1 where nothing is. */
function correctionAt(known: readonly Correction[], target: number): number {
  let below: Correction | null = null;
  for (const next of known) {
    if (next.target >= target) return below === null ? next.factor : below.factor + ((next.factor - below.factor) * (target - below.target)) / (next.target - below.target);
    below = next;
  }
  return below?.factor ?? 1;
}
