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

export interface Means {
  readonly points: readonly OperatingPoint[];
  /** What proves a percent: `readback` where the API tells it, `meter` where only the power shows it. */
  readonly confirm: Transition["confirm"];
}

/** The model's points without the frequencies and voltages behind them: this firmware is not told any. */
export function pointsOf(model: MinerModel): readonly OperatingPoint[] {
  return model.points.map((point) => ({ ...point, frequency: null, voltage: null }));
}

export function capabilitiesOf(model: MinerModel, { points, confirm }: Means, fastBoot: boolean): readonly Capability[] {
  const step: Transition = { ...PERCENT, confirm };
  return [
    { kind: "points", points, down: step, up: step },
    { kind: "sleep", sleepPower: model.sleepPower, down: SLEEP, up: { ...WAKE, fixed: fastBoot ? WAKE_FAST : WAKE_SLOW } },
  ];
}
