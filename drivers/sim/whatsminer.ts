/** The mining process of a WhatsMiner, whatever API asks it. */
import type { Asic } from "./asic.ts";
import type { SimMachine } from "./machine.ts";
import type { SimModel, SimPoint } from "./model.ts";
import { defaultPointOf, lowestPointOf } from "./model.ts";

export const WHATSMINER_FIRMWARE = "20250214.16.Rel";

/** Why the process did not take an order; null: it did. */
export type BtminerRefusal = "down" | "wrong" | null;

/** A climb with fast boot takes this part of one without: 30 s of 7 min. */
const FAST = 1 / 14;

export class Btminer {
  readonly machine: SimMachine;
  fastBoot = false;
  led: "auto" | "flashing" = "auto";
  readonly #slowClimbMs: number;
  /** What set_power_pct said, and since when the process ran that heard it: another one knows nothing of it. */
  #told = { percent: 100, since: NaN };

  constructor(machine: SimMachine) {
    this.machine = machine;
    this.#slowClimbMs = machine.firmware.start?.climbMs ?? 0;
  }

  get asic(): Asic {
    return this.machine.firmware;
  }

  /** Nothing but the process's own name answers while it starts. */
  get isDown(): boolean {
    return this.asic.state === "starting";
  }

  get isOff(): boolean {
    return this.asic.curtailed;
  }

  get isMining(): boolean {
    const { state } = this.asic;
    return state === "hashing" || state === "ramping";
  }

  get percent(): number {
    return this.#told.since === this.asic.minedSince ? this.#told.percent : 100;
  }

  setPercent(text: unknown): BtminerRefusal {
    const percent = typeof text === "string" && /^\d{1,3}$/.test(text) ? Number(text) : NaN;
    if (!(percent >= 0 && percent <= 100)) return "wrong";
    if (this.asic.setPoint(pointAt(this.asic.model, percent)) !== null) return "down";
    this.#told = { percent, since: this.asic.minedSince };
    return null;
  }

  setFastBoot(enabled: boolean): BtminerRefusal {
    const { start } = this.asic;
    this.fastBoot = enabled;
    if (start !== null) this.asic.start = { ...start, climbMs: this.#slowClimbMs * (enabled ? FAST : 1) };
    return null;
  }

  powerOff(): BtminerRefusal {
    return this.asic.sleep() === null ? null : "down";
  }

  powerOn(): BtminerRefusal {
    return this.asic.wake() === null ? null : "down";
  }

  restart(): BtminerRefusal {
    return this.asic.restartMining() === null ? null : "down";
  }

  /** The limit is one of the model's points or the next one below; it needs a restart. */
  limitPower(text: unknown): BtminerRefusal {
    const power = typeof text === "string" && /^\d{1,5}$/.test(text) ? Number(text) : NaN;
    const { model } = this.asic;
    const point = model.points.findLast((candidate) => candidate.powerW <= power);
    if (point === undefined) return "wrong";
    return this.asic.restartMining(point) === null ? null : "down";
  }
}

/** The setting for a percent of the normal power: at the voltage of the default point, straight lines between the points and below them. */
function pointAt(model: SimModel, percent: number): SimPoint {
  const normal = defaultPointOf(model);
  const power = (normal.powerW * percent) / 100;
  const above = model.points.find((point) => point.powerW >= power) ?? normal;
  const index = model.points.indexOf(above);
  const below = index > 0 ? (model.points[index - 1] ?? lowestPointOf(model)) : { frequencyMHz: 0, powerW: model.physics.c };
  const part = above.powerW === below.powerW ? 1 : Math.max(0, (power - below.powerW) / (above.powerW - below.powerW));
  const frequencyMHz = below.frequencyMHz + (above.frequencyMHz - below.frequencyMHz) * part;
  return { ...above, id: `${percent}%`, frequencyMHz: Math.max(model.limits.frequencyMinMHz, Math.round(frequencyMHz * 10) / 10), powerW: power };
}
