/** Avalon's reports in the contract's vocabulary. */
import type { BoardTelemetry, OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { celsius, megahertz, millivolts, terahash, watts, type Celsius, type Megahertz, type Watts } from "../../agent/core/units.ts";
import type { Reports } from "../cgminer/api.ts";
import { inRpm } from "../cgminer/figures.ts";
import { miningOf, NOTHING_SAID } from "../cgminer/mining.ts";
import { figureAt, modulesOf, numbersAt, type Module } from "./brackets.ts";
import { hasModes, placeOf, type Generation } from "./generations.ts";

export const REPORTS = ["summary", "estats", "pools"] as const;

/** A machine that does not hash this long after its start is not starting any more. */
const STARTING_S = 300;
/** Half a step of the clock, and what a supply is off by; points lie 25 MHz or more and 100 mV or more apart. */
const TOLERANCE = { megahertz: 12, part: 0.006 } as const;
const GIGA_PER_TERA = 1_000;
/** The largest machines draw 15 kW; a supply that says more says nothing. */
const MOST_WATTS = 50_000;
const MOST_MEGAHERTZ = 5_000;
const MOST_MILLIVOLTS = 50_000;
const MOST_TERAHASH = 10_000;

export function telemetryOf(reports: Reports, generation: Generation, points: readonly OperatingPoint[]): Telemetry {
  const modules = modulesOf(reports.required("estats"));
  const mining = miningOf(reports.required("summary"), reports.optional("pools"));
  const power = powerOf(modules);
  const frequency = meanOf(modules.map((module) => figureAt(module, "Freq")));
  const voltage = meanOf(modules.map((module) => generation.voltageNow(module)));
  const state = stateOf(modules, mining);
  return {
    ...NOTHING_SAID,
    ...mining,
    power,
    powerSource: power === null ? null : "measured",
    frequency: clockOf(frequency),
    voltage: voltage === null || voltage <= 0 || voltage > MOST_MILLIVOLTS ? null : millivolts(Math.round(voltage)),
    state,
    point: state === "hashing" ? (pointAt(modules, generation, points)?.id ?? null) : null,
    boards: boardsOf(modules),
    inlet: celsiusOf(figureAt(modules[0] ?? EMPTY, "ITemp")),
    fansRpm: modules.flatMap(fansOf),
    errors: modules.flatMap(errorsOf),
  };
}

const EMPTY: Module = new Map();

/** The power the supplies say they put out or take in, over all modules; null where one of them does not say. Small ones say what the wall gives. */
function powerOf(modules: readonly Module[]): Watts | null {
  const told = modules.map((module) => figureAt(module, "WALLPOWER") ?? figureAt(module, "PS", 4));
  const known = told.filter((value) => value !== null && value > 0 && value <= MOST_WATTS) as readonly number[];
  return known.length === 0 || known.length < modules.length ? null : watts(known.reduce((sum, value) => sum + value, 0));
}

function stateOf(modules: readonly Module[], { hashrate, uptime }: Pick<Telemetry, "hashrate" | "uptime">): Telemetry["state"] {
  if (modules.some((module) => (figureAt(module, "SoftOFF") ?? 0) > 0)) return "asleep";
  const words = modules.map((module) => /Work:\s*In (\w+)/i.exec(module.get("SYSTEMSTATU") ?? "")?.[1]?.toLowerCase());
  if (words.includes("fault")) return "fault";
  if (words.includes("init")) return "starting";
  if (words.length > 0 && words.every((word) => word === "idle")) return "asleep";
  if (words.includes("work") || (hashrate !== null && hashrate > 0)) return "hashing";
  return uptime !== null && uptime < STARTING_S * 1000 && hashrate !== null ? "starting" : null;
}

/** The point all modules are set to. A voltage that is not told does not speak against it. */
function pointAt(modules: readonly Module[], generation: Generation, points: readonly OperatingPoint[]): OperatingPoint | null {
  if (hasModes(points)) {
    const place = placeOf(modules);
    return place === null ? null : (points[place] ?? null);
  }
  const isAt = ({ frequency, voltage }: OperatingPoint): boolean =>
    modules.every((module) => {
      const clock = figureAt(module, "Freq");
      const set = generation.voltageSet(module);
      const clocked = clock !== null && frequency !== null && Math.abs(clock - frequency) <= TOLERANCE.megahertz;
      return clocked && (set === null || voltage === null || Math.abs(set - voltage) <= TOLERANCE.part * voltage);
    });
  return modules.length === 0 ? null : (points.find(isAt) ?? null);
}

/** The boards of each module; a module that tells none of them is one. */
function boardsOf(modules: readonly Module[]): readonly BoardTelemetry[] {
  const boards: Omit<BoardTelemetry, "index">[] = [];
  for (const module of modules) {
    const rates = numbersAt(module, "MGHS");
    const count = Math.max(1, Math.min(16, rates.length));
    for (let board = 0; board < count; board++) {
      const rate = rates[board] ?? figureAt(module, "GHSspd") ?? Number.NaN;
      const clock = clockOf(meanOf(numbersAt(module, `SF${board}`)) ?? figureAt(module, "Freq"));
      boards.push({
        enabled: null,
        frequency: clock,
        voltage: null,
        hashrate: Number.isNaN(rate) || rate < 0 || rate > MOST_TERAHASH * GIGA_PER_TERA ? null : terahash(rate / GIGA_PER_TERA),
        boardTemperature: celsiusOf(figureAt(module, "MTavg", board) ?? figureAt(module, "Temp")),
        chipTemperature: celsiusOf(figureAt(module, "MTmax", board) ?? figureAt(module, "TMax")),
      });
    }
  }
  return boards.map((board, index) => ({ index, ...board }));
}

/** `Fan1[5600] Fan2[5700]`, as many as there are. */
function fansOf(module: Module): (number | null)[] {
  return [...module.keys()].filter((name) => /^Fan\d$/.test(name)).toSorted().map((name) => inRpm(figureAt(module, name)));
}

/** `ECHU[0 0 4]`: one word of flags a board. */
function errorsOf(module: Module): string[] {
  return numbersAt(module, "ECHU").flatMap((flags, board) => (flags > 0 ? [`board ${board}: error flags ${flags} (ECHU)`] : []));
}

const clockOf = (value: number | null): Megahertz | null => (value === null || value <= 0 || value > MOST_MEGAHERTZ ? null : megahertz(Math.round(value * 10) / 10));

/** A missing sensor reads 0 or -273. */
const celsiusOf = (value: number | null): Celsius | null => (value === null || value === 0 || value < -60 || value > 200 ? null : celsius(value));

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null && !Number.isNaN(value)) as readonly number[];
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
