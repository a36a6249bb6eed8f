/** What a device can be set to, learnt from its own help: `freq: range 256-1024 millivolts: range 1000-1400`. */
import type { OperatingPoint } from "../../agent/core/model.ts";

export interface Option {
  /** As it wants to be called. */
  readonly name: string;
  readonly min: number | null;
  readonly max: number | null;
}

export interface Options {
  readonly frequency: Option | null;
  /** In millivolts. */
  readonly voltage: Option | null;
}

const FREQUENCY = ["freq", "frequency", "clock"] as const;
/** `voltage` is in millivolts where its range says so; BMA's `volt` and `clock` count steps from 0, which say nothing. */
const VOLTAGE = ["millivolts", "voltage"] as const;
const LEAST_MILLIVOLTS = 100;

/** Lines parted by raw line feeds, or all in one; a range is `A-B`, `A to B` or missing. */
export function optionsOf(help: string): Options {
  const voltage = find(VOLTAGE, help);
  return { frequency: find(FREQUENCY, help), voltage: voltage?.name === "voltage" && (voltage.min ?? 0) < LEAST_MILLIVOLTS ? null : voltage };
}

function find(names: readonly string[], help: string): Option | null {
  for (const name of names) {
    const [found, rest] = new RegExp(`(?:^|[\\s|;,])${name}\\s*:([^\\n:]{0,120})`, "i").exec(help) ?? [];
    if (found === undefined) continue;
    const [, min, max] = /(\d+(?:\.\d+)?)\s*(?:-|to|\.\.)\s*(\d+(?:\.\d+)?)/.exec(rest ?? "") ?? [];
    return { name, min: min === undefined ? null : Number(min), max: max === undefined ? null : Number(max) };
  }
  return null;
}

const inside = (option: Option, value: number): boolean => (option.min === null || value >= option.min) && (option.max === null || value <= option.max);

/** The points these options reach. Where they reach none, there is one thing to be: what the machine starts as. */
export function reachable(points: readonly OperatingPoint[], options: Options, defaultPoint: string): readonly OperatingPoint[] {
  const within = withinRanges(points, options);
  return within.length === 0 ? points.filter(({ id }) => id === defaultPoint) : within;
}

function withinRanges(points: readonly OperatingPoint[], { frequency, voltage }: Options): readonly OperatingPoint[] {
  if (frequency === null) return [];
  return points.filter((point) => point.frequency !== null && inside(frequency, point.frequency) && (voltage === null || point.voltage === null || inside(voltage, point.voltage)));
}
