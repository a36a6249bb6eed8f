/** What stock firmware can be told, as points: frequency levels in percent where it has them, a mode of its own on some models, sleep. */
import type { Capability, OperatingPoint, Transition } from "../../agent/core/model.ts";
import { megahertz, millis, seconds, terahash, watts, type Watts } from "../../agent/core/units.ts";
import { alike } from "../alike.ts";
import type { MinerModel } from "../models.ts";
import { MODE, type Settings } from "./settings.ts";

/** Every change starts mining anew: one to three minutes until it hashes in full. */
const CHANGE: Transition = { fixed: seconds(180), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };
/** Power stays up to a minute behind the answer. */
const SLEEP: Transition = { fixed: seconds(75), perMegahertz: millis(0), highest: "ends", hashing: false, confirm: "readback" };

/** The levels offered; which ones a firmware takes is not documented, and one it does not take is not read back. */
const LEVELS = [50, 60, 70, 80, 90, 100] as const;
const FULL = 100;

/** Modes beyond normal and sleep, by model: their number means different things on different models, so only known ones are used. */
const MODES: Readonly<Record<string, readonly { readonly id: string; readonly mode: number; readonly part: number }[]>> = {
  // High-efficiency mode. Bitmain gives no figures for it; 80 % of power and hashrate until the meter has taught better.
  "antminer-s19k-pro": [{ id: "efficient", mode: 2, part: 0.8 }],
};

/** A point and the settings it stands for. */
export interface StockPoint extends OperatingPoint {
  readonly settings: Settings;
}

/** `levels`: the firmware has frequency levels. Without them normal is the only one, under the same id. */
export function pointsOf(model: MinerModel, levels: boolean): readonly StockPoint[] {
  const full = model.points.find((point) => point.id === model.defaultPoint);
  if (full === undefined) return [];
  const byLevel = (levels ? LEVELS : [FULL]).map((level) => scaled(full, `${level}%`, { part: level / 100, settings: { mode: MODE.normal, level: levels ? level : null } }));
  const byMode = (MODES[model.id] ?? []).map(({ id, mode, part }) => scaled(full, id, { part, settings: { mode, level: levels ? FULL : null } }));
  // Of two that draw the same the level stays: it is the better known one.
  return [...byLevel, ...byMode.filter(({ power }) => !byLevel.some((point) => point.power === power))].toSorted((a, b) => a.power - b.power);
}

/** A level lowers the frequency and not the voltage, so power falls in proportion. */
function scaled({ frequency, power, hashrate }: OperatingPoint, id: string, { part, settings }: { part: number; settings: Settings }): StockPoint {
  return {
    id,
    frequency: frequency === null ? null : megahertz(frequency * part),
    voltage: null,
    power: watts(Math.round(power * part)),
    hashrate: terahash(hashrate * part),
    settings,
  };
}

/** What one unit may draw beyond another of its model. */
const SPREAD = 1.05;

/** Stock firmware does not go beyond its full level, whatever the model could with another. */
export function highestOf(points: readonly StockPoint[], { nameplate }: MinerModel): Watts {
  return watts(Math.min(nameplate, Math.ceil(SPREAD * Math.max(...points.map(({ power }) => power)))));
}

export function capabilitiesOf(points: readonly StockPoint[], { sleepPower }: MinerModel): readonly Capability[] {
  return alike([
    { kind: "points", points, down: CHANGE, up: CHANGE },
    { kind: "sleep", sleepPower, down: SLEEP, up: CHANGE },
  ]);
}
