/** What a WhatsMiner can be told: a percent of its normal power, and sleep. */
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { alike } from "../alike.ts";
import type { MinerModel } from "../models.ts";

/** The fast power mode acts in about a second; one more for the supply's own reading. */
const PERCENT: Omit<Transition, "confirm"> = { fixed: seconds(2), perMegahertz: millis(0), highest: "ends", hashing: true };
const SLEEP: Transition = { fixed: seconds(5), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
/** Waking starts the mining process, which forgets its percent and goes to full power: within a minute with fast boot, in 6 to 10 without. */
const WAKE: Omit<Transition, "fixed"> = { perMegahertz: millis(0), highest: "default", hashing: false, confirm: "readback" };
const WAKE_FAST = seconds(60);
const WAKE_SLOW = seconds(600);

/** The model's points without the frequencies and voltages behind them: this firmware is not told any. */
export const pointsOf = (model: MinerModel): readonly OperatingPoint[] => alike(model.points.map((point) => ({ ...point, frequency: null, voltage: null })));

/** `confirm`: what proves a percent; `fastBoot`: whether the next start is a short one. */
export function capabilitiesOf(points: readonly OperatingPoint[], { sleepPower }: MinerModel, { confirm, fastBoot }: { readonly confirm: Transition["confirm"]; readonly fastBoot: boolean }): readonly Capability[] {
  const step: Transition = { ...PERCENT, confirm };
  return alike([
    { kind: "points", points, down: step, up: step },
    { kind: "sleep", sleepPower, down: SLEEP, up: { ...WAKE, fixed: fastBoot ? WAKE_FAST : WAKE_SLOW } },
  ]);
}
