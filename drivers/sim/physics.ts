import type { SimModel, SimPoint } from "./model.ts";
import { defaultPointOf, lowestPointOf } from "./model.ts";

/** What one board does at a setting, before the spread between units and the temperature. */
export interface BoardPhysics {
  /** a f V² + b f, this board's part, W. */
  power(frequencyMHz: number, voltageMV: number): number;
  /** TH/s, less what too low a voltage costs in errors. */
  hashrate(frequencyMHz: number, voltageMV: number): number;
  /** Where its temperature ends above the inlet at this power, °C. The root stands for fans that turn up with the load. */
  rise(power: number): number;
}

/** Fans of a machine, all on one stream of air. */
export const FANS = 4;
/** Of the air that all fans move, what still rises through a machine whose fans all stand. */
const DRAUGHT = 0.05;

/**
 * How many times as much a board warms for the same power, and how many times as long that takes, while so many fans stand.
 * What a stream of air takes up goes with the power of 0.8 of its speed, as with any turbulent flow past fins.
 */
export const hindrance = (standing: number): number => Math.max(DRAUGHT, 1 - standing / FANS) ** -0.8;

/** A board with too little voltage loses its hashrate over this range below the margin. */
const COLLAPSE_MV = 500;

export function boardPhysics(model: SimModel): BoardPhysics {
  const { a, b, thsPerMhz, voltageMarginMV, nominalBoardC, inletC } = model.physics;
  const { boards } = model;
  const power = (frequencyMHz: number, voltageMV: number): number =>
    (a * frequencyMHz * (voltageMV / 1000) ** 2 + b * frequencyMHz) / boards;
  const nominal = defaultPointOf(model);
  const nominalPower = power(nominal.frequencyMHz, nominal.voltageMV);
  return {
    power,
    hashrate(frequencyMHz, voltageMV) {
      const missing = tableVoltage(model, frequencyMHz) - voltageMarginMV - voltageMV;
      const working = missing <= 0 ? 1 : Math.max(0, 1 - missing / COLLAPSE_MV);
      return ((thsPerMhz * frequencyMHz) / boards) * working;
    },
    rise: (watts) => (nominalBoardC - inletC) * Math.sqrt(watts / nominalPower),
  };
}

/** The voltage the table gives for a frequency, straight lines between its rows. */
function tableVoltage(model: SimModel, frequencyMHz: number): number {
  let below: SimPoint = lowestPointOf(model);
  for (const point of model.points) {
    if (point.frequencyMHz >= frequencyMHz) {
      const span = point.frequencyMHz - below.frequencyMHz;
      const part = span > 0 ? Math.max(0, frequencyMHz - below.frequencyMHz) / span : 0;
      return below.voltageMV + (point.voltageMV - below.voltageMV) * part;
    }
    below = point;
  }
  return below.voltageMV;
}
