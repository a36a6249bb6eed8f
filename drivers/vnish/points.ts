/** What a VNish miner can run at: percents of its preset where the firmware throttles, else clocks and volts where it is set by hand, else its presets. */
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { millis, seconds, terahash, watts, type Watts } from "../../agent/core/units.ts";
import { alike } from "../alike.ts";
import { inMillivolts } from "../cgminer/figures.ts";
import { flagAt, numberAt, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { at } from "../http/path.ts";
import type { MinerModel } from "../models.ts";

/** Live: no restart and no new tuning, in place within seconds. */
const THROTTLE: Transition = { fixed: seconds(10), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" };
/** Mining restarts, initialises its boards and climbs: minutes, on the way at whatever the firmware starts with. */
const PRESET: Transition = { fixed: seconds(180), perMegahertz: millis(0), highest: "default", hashing: false, confirm: "readback" };
const PAUSE: Transition = { fixed: seconds(10), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
/** Boards are initialised again; whether the throttle outlives that is not documented. */
const RESUME: Transition = { fixed: seconds(120), perMegahertz: millis(0), highest: "default", hashing: false, confirm: "readback" };

/** Percents the firmware takes, in steps small enough for a rack's remainder and large enough to outweigh a machine's scatter. */
const PERCENT = { min: 20, max: 100, step: 5 } as const;

/** Clocks and volts on firmware that has taken them without a restart: its boards walk there. */
const WALK: Transition = { fixed: seconds(30), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" };
const STEPS = { throttle: THROTTLE, walk: WALK, restart: PRESET } as const;
export type Step = keyof typeof STEPS;

export function capabilitiesOf(points: readonly OperatingPoint[], sleepPower: Watts, how: Step): readonly Capability[] {
  const step = STEPS[how];
  return alike([
    { kind: "points", points, down: step, up: step },
    { kind: "sleep", sleepPower, down: PAUSE, up: RESUME },
  ]);
}

/** Power and hashrate scale with the percent: the firmware caps them in proportion. */
export function throttlePoints(full: Pick<OperatingPoint, "power" | "hashrate">): readonly OperatingPoint[] {
  const points: OperatingPoint[] = [];
  for (let percent: number = PERCENT.min; percent <= PERCENT.max; percent += PERCENT.step) {
    const part = percent / 100;
    points.push({ id: percentId(percent), frequency: null, voltage: null, power: watts(full.power * part), hashrate: terahash(full.hashrate * part) });
  }
  return points;
}

export const percentId = (percent: number): string => `${percent}%`;

/** null: not the id of a percent. */
export function percentOf(id: string): number | null {
  const percent = /^(\d{1,3})%$/.exec(id)?.[1];
  return percent === undefined ? null : Number(percent);
}

/**
 * The device's presets that may be used, ascending: none that wants a modified power supply, none above the model's nameplate,
 * and where at least two are tuned no others, as an untuned one first tunes for hours at a power of its own.
 */
export function presetPoints(presets: readonly Json[], { nameplate }: MinerModel): readonly OperatingPoint[] {
  const usable = presets.map(presetOf).filter((preset) => preset !== null && !preset.modified && preset.point.power <= nameplate) as readonly Preset[];
  const tuned = usable.filter((preset) => preset.tuned);
  const points = new Map((tuned.length >= 2 ? tuned : usable).map(({ point }) => [point.id, point]));
  return [...points.values()].toSorted((a, b) => a.power - b.power);
}

interface Preset {
  readonly point: OperatingPoint;
  readonly tuned: boolean;
  readonly modified: boolean;
}

/** "3250 watt ~ 218 TH". */
const PRETTY = /^\s*(\d{1,5}(?:\.\d{1,9})?)\s*watt\s*~\s*(\d{1,5}(?:\.\d{1,9})?)\s*TH/i;

function presetOf(preset: Json): Preset | null {
  const id = textAt(preset, "name");
  const [, power, hashrate] = PRETTY.exec(textAt(preset, "pretty") ?? "") ?? [];
  if (id === null || power === undefined || hashrate === undefined || Number(power) <= 0 || Number(hashrate) <= 0) return null;
  return {
    point: { id, frequency: null, voltage: null, power: watts(Number(power)), hashrate: terahash(Number(hashrate)) },
    tuned: textAt(preset, "status") === "tuned",
    modified: flagAt(preset, "modded_psu_required") === true,
  };
}

/**
 * What the machine runs at unthrottled: what its preset says, without one ("disabled") the model's point at or above its
 * frequency, and where neither is known the model's highest, so that nothing is taken for less than it may be.
 */
export function fullOf(perf: JsonObject, model: MinerModel): Pick<OperatingPoint, "power" | "hashrate"> {
  const preset = at(perf, "current_preset");
  const told = presetOf(preset);
  if (told !== null) return told.point;
  const mhz = numberAt(at(preset, "globals"), "freq");
  const highest = model.points.at(-1);
  const above = mhz === null || mhz <= 0 ? undefined : model.points.find(({ frequency }) => frequency !== null && frequency >= mhz);
  return above ?? highest ?? { power: model.nameplate, hashrate: terahash(0) };
}

/** What the boards are set to together by hand. Its unit is the firmware's own: it writes 13.8, 1380 or 13800 for 13.8 V. */
export interface Globals {
  readonly freq: number;
  readonly volt: number;
}

/** null: a preset rules, or nothing is said. */
export function globalsOf(settings: Json): Globals | null {
  const name = textAt(settings, "name") ?? textAt(settings, "preset");
  const globals = at(settings, "globals");
  const [freq, volt] = [numberAt(globals, "freq"), numberAt(globals, "volt")];
  return (name === null || name === "disabled") && freq !== null && volt !== null && freq > 0 && inMillivolts(asMillivolts(volt)) !== null ? { freq, volt } : null;
}

/** No board runs below 1 V or above 25 V, so each spelling can only be one of them. */
export const asMillivolts = (volt: number): number => (volt >= 2500 ? volt : volt < 25 ? volt * 1000 : volt * 10);

/** A point as this firmware writes it, in the unit it was read in. */
export function globalsFor({ frequency, voltage }: OperatingPoint, read: Globals): Globals | null {
  return frequency === null || voltage === null ? null : { freq: frequency, volt: voltage / (asMillivolts(read.volt) / read.volt) };
}

/** The model's point that these are; null: none. */
export const pointAt = (points: readonly OperatingPoint[], { freq, volt }: Globals): string | null =>
  (points.find(({ id, frequency, voltage }) => id === AS_IT_IS || (frequency !== null && voltage !== null && Math.abs(frequency - freq) < 0.5 && Math.abs(voltage - asMillivolts(volt)) < 5)))?.id ?? null;

/** The one thing a machine can be told whose boards somebody has clocked one by one. */
export const AS_IT_IS = "as it is";
export const asItIs = ({ power, hashrate }: Pick<OperatingPoint, "power" | "hashrate">): OperatingPoint => ({ id: AS_IT_IS, frequency: null, voltage: null, power, hashrate });

/** Until the device has spoken: the model's points stand for its presets. */
export const assumedPoints = (model: MinerModel): readonly OperatingPoint[] =>
  model.points.map((point) => ({ ...point, id: String(point.power), frequency: null, voltage: null }));
