import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A setting of all boards alike, as the table of the model has it. */
export interface SimPoint {
  readonly id: string;
  readonly frequencyMHz: number;
  readonly voltageMV: number;
  readonly powerW: number;
  readonly hashrateThs: number;
}

/** What makes the machine behave; the keys and their units are described in drivers/models/README.md. */
export interface SimPhysics {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly thsPerMhz: number;
  readonly voltageMarginMV: number;
  readonly powerPerCelsius: number;
  readonly nominalBoardC: number;
  readonly inletC: number;
  readonly thermalTimeConstantS: number;
  readonly chipOverBoardC: number;
  readonly restartW: number;
  readonly restartS: number;
  readonly frequencyStepMHz: number;
  readonly frequencyStepMs: number;
}

export interface SimLimits {
  readonly frequencyMinMHz: number;
  readonly frequencyMaxMHz: number;
  readonly frequencyStepMHz: number;
  readonly voltageMinMV: number;
  readonly voltageMaxMV: number;
}

export interface SimModel {
  readonly id: string;
  readonly name: string;
  readonly make: string;
  readonly boards: number;
  readonly chipsPerBoard: number;
  readonly sleepPowerW: number;
  readonly nameplateW: number;
  readonly defaultPoint: string;
  readonly limits: SimLimits;
  readonly physics: SimPhysics;
  readonly points: readonly SimPoint[];
}

const OWN = "../../drivers/models/";
/** The package's own data: three steps up from dist/drivers/sim, two from where everything is one file. */
const MODELS = [new URL(`../${OWN}`, import.meta.url), new URL(OWN, import.meta.url)].find((url) => existsSync(url)) ?? new URL(OWN, import.meta.url);

export function simModelIds(): string[] {
  return readdirSync(MODELS)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

const read = new Map<string, SimModel>();

/** Reads one model, once. The files are our own and tested; an unknown id is the caller's mistake. */
export function readSimModel(id: string): SimModel {
  const before = read.get(id);
  if (before !== undefined) return before;
  const known = simModelIds();
  if (!known.includes(id)) throw new RangeError(`no model "${id}" to simulate; use one of ${known.join(", ")}`);
  const model = JSON.parse(readFileSync(new URL(`${id}.json`, MODELS), "utf8")) as SimModel;
  read.set(id, model);
  return model;
}

/** The point a machine starts at. */
export function defaultPointOf(model: SimModel): SimPoint {
  return pointOf(model, model.defaultPoint);
}

export function pointOf(model: SimModel, id: string): SimPoint {
  const point = model.points.find((candidate) => candidate.id === id);
  if (point === undefined) throw new RangeError(`${model.id} has no point "${id}"; it has ${model.points.map((p) => p.id).join(", ")}`);
  return point;
}

/** The lowest point, where a waking machine begins. */
export function lowestPointOf(model: SimModel): SimPoint {
  const [lowest] = model.points;
  if (lowest === undefined) throw new RangeError(`${model.id} has no points`);
  return lowest;
}
