/** What a WhatsMiner can be told: a percent of its normal power, and sleep. */
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import type { MinerModel } from "../models.ts";

/** The fast power mode acts in about a second; one more for the supply's own reading. */
const PERCENT: Omit<Transition, "confirm"> = { fixed: seconds(2), perMegahertz: millis(0), highest: "ends", hashing: true };
const SLEEP: Transition = { fixed: seconds(5), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
/** Waking starts the mining process, which forgets its percent and goes to full power: within a minute with fast boot, in 6 to 10 without. */
const WAKE: Omit<Transition, "fixed"> = { perMegahertz: millis(0), highest: "default", hashing: false, confirm: "readback" };
const WAKE_FAST = seconds(60);
const WAKE_SLOW = seconds(600);

/** The model's points without the frequencies and voltages behind them: this firmware is not told any. */
export function pointsOf(model: MinerModel): readonly OperatingPoint[] {
  return remembered(pointsMade, model, () => model.points.map((point) => ({ ...point, frequency: null, voltage: null })));
}

/** `confirm`: what proves a percent; `fastBoot`: whether the next start is a short one. Alike miners share one list, and what is planned from it. */
export function capabilitiesOf(model: MinerModel, confirm: Transition["confirm"], fastBoot: boolean): readonly Capability[] {
  const variants = remembered(capabilitiesMade, model, () => new Map<string, readonly Capability[]>());
  const variant = `${confirm} ${fastBoot}`;
  const known = variants.get(variant);
  if (known !== undefined) return known;
  const step: Transition = { ...PERCENT, confirm };
  const made: readonly Capability[] = [
    { kind: "points", points: pointsOf(model), down: step, up: step },
    { kind: "sleep", sleepPower: model.sleepPower, down: SLEEP, up: { ...WAKE, fixed: fastBoot ? WAKE_FAST : WAKE_SLOW } },
  ];
  variants.set(variant, made);
  return made;
}

const pointsMade = new WeakMap<MinerModel, readonly OperatingPoint[]>();
const capabilitiesMade = new WeakMap<MinerModel, Map<string, readonly Capability[]>>();

function remembered<V>(made: WeakMap<MinerModel, V>, model: MinerModel, make: () => V): V {
  const value = made.get(model) ?? make();
  made.set(model, value);
  return value;
}
