/** The model files under drivers/models, in the drivers' words. */
import type { HeatLimits } from "../agent/core/heat.ts";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Nameplate, OperatingPoint } from "../agent/core/model.ts";
import { celsius, megahertz, millivolts, terahash, watts, type Celsius, type Megahertz, type Millivolts, type Watts } from "../agent/core/units.ts";
import { ConfigError } from "../agent/runtime/errors.ts";

/** Bounds no setpoint may leave, both ends included. */
export interface Envelope {
  readonly frequency: { readonly min: Megahertz; readonly max: Megahertz };
  readonly voltage: { readonly min: Millivolts; readonly max: Millivolts };
}

/** What a kind of miner is and can run at. */
export interface MinerModel {
  readonly id: string;
  readonly name: string;
  readonly make: string;
  readonly boards: number;
  readonly sleepPower: Watts;
  readonly nameplate: Watts;
  /** The point a restarted machine goes to. */
  readonly defaultPoint: string;
  /** `measured`: read from a real device; `estimated`: scaled from a measured neighbour. */
  readonly status: "measured" | "estimated";
  readonly envelope: Envelope;
  /** A board, a chip as hot as this gets no raise. */
  readonly boardMax: Celsius;
  readonly chipMax: Celsius;
  /** The warmest air it is made for. */
  readonly inletMax: Celsius;
  /** Ascending. */
  readonly points: readonly OperatingPoint[];
}

const positive = z.number().positive();
/** Makers publish no limit for boards; above this hashboard chips, usually 10 to 15 °C hotter, come near theirs. */
const BOARD_MAX_C = 80;
/** Chips are 10 to 15 °C hotter than their board. */
const CHIP_MAX_C = 95;
/** Makers say 40 to 45 °C. */
const INLET_MAX_C = 45;

const modelFile = z
  .object({
    id: z.string(),
    name: z.string(),
    make: z.string(),
    boards: z.int().min(1).max(16),
    sleepPowerW: z.number().nonnegative(),
    nameplateW: positive,
    defaultPoint: z.string(),
    status: z.enum(["measured", "estimated"]),
    boardMaxC: z.number().min(20).max(150).default(BOARD_MAX_C),
    chipMaxC: z.number().min(20).max(150).default(CHIP_MAX_C),
    inletMaxC: z.number().min(0).max(80).default(INLET_MAX_C),
    limits: z.object({ frequencyMinMHz: positive, frequencyMaxMHz: positive, voltageMinMV: positive, voltageMaxMV: positive }),
    points: z.array(z.object({ id: z.string(), frequencyMHz: positive, voltageMV: positive, powerW: positive, hashrateThs: positive })).min(1),
  })
  .refine((file) => file.points.some((point) => point.id === file.defaultPoint), { path: ["defaultPoint"], error: "is not one of the points" })
  .transform((file): MinerModel => ({
    id: file.id,
    name: file.name,
    make: file.make,
    boards: file.boards,
    sleepPower: watts(file.sleepPowerW),
    nameplate: watts(file.nameplateW),
    defaultPoint: file.defaultPoint,
    status: file.status,
    envelope: {
      frequency: { min: megahertz(file.limits.frequencyMinMHz), max: megahertz(file.limits.frequencyMaxMHz) },
      voltage: { min: millivolts(file.limits.voltageMinMV), max: millivolts(file.limits.voltageMaxMV) },
    },
    boardMax: celsius(file.boardMaxC),
    chipMax: celsius(file.chipMaxC),
    inletMax: celsius(file.inletMaxC),
    points: file.points.map((point) => ({
      id: point.id,
      frequency: megahertz(point.frequencyMHz),
      voltage: millivolts(point.voltageMV),
      power: watts(point.powerW),
      hashrate: terahash(point.hashrateThs),
    })),
  }));

/** From source beside this file, from dist/drivers two steps up. */
const directory = [new URL("./models/", import.meta.url), new URL("../../drivers/models/", import.meta.url)].find((url) => existsSync(url));

const loaded = new Map<string, MinerModel>();

/** The ids of all models this package has. */
export function modelIds(): readonly string[] {
  if (directory === undefined) return [];
  return readdirSync(directory).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length)).toSorted();
}

/** Throws a ConfigError that names the known models, or the path inside a broken model file. */
export function loadModel(id: string): MinerModel {
  const known = loaded.get(id);
  if (known !== undefined) return known;
  // Only names that were listed are opened, so an id never becomes a path.
  if (directory === undefined || !modelIds().includes(id)) throw new ConfigError(`no miner model "${id}"; known: ${modelIds().join(", ")}`);
  const model = modelFile.safeParse(readModel(new URL(`${id}.json`, directory)));
  if (!model.success) throw new ConfigError(`drivers/models/${id}.json: ${z.prettifyError(model.error)}`);
  loaded.set(id, model.data);
  return model.data;
}

function readModel(file: URL): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    throw new ConfigError(`${file.pathname}: ${String(error)}`, { cause: error });
  }
}

/** What one may draw, by its label or at one of the points it has, and asleep. Asked of every machine in every cycle. */
export function nameplateOf({ nameplate, sleepPower }: MinerModel, points: readonly OperatingPoint[]): Nameplate {
  let highest = nameplate;
  for (const { power } of points) if (power > highest) highest = power;
  return { highest, asleep: sleepPower };
}

/** What the guard against heat keeps this model within, where nobody says otherwise. */
export const heatOf = ({ boardMax, chipMax, inletMax, points, defaultPoint, nameplate }: MinerModel): HeatLimits => ({
  board: boardMax, chip: chipMax, inlet: inletMax, cool: null, rated: points.find(({ id }) => id === defaultPoint)?.power ?? nameplate,
});
