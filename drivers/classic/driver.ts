/**
 * cgminer and bfgminer as their authors left them, on TCP 4028: what can be set is learnt from the devices' own help. Neither
 * tells a power, and both acknowledge what had no effect: only the meter confirms.
 */
import type { OperatingPoint, Telemetry, Transition } from "../../agent/core/model.ts";
import { megahertz, millis, seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi, type Reports, type Talk } from "../cgminer/api.ts";
import type { Rank } from "../cgminer/lane.ts";
import { miningOf, NOTHING_SAID } from "../cgminer/mining.ts";
import { statusOf } from "../cgminer/reply.ts";
import { DEFAULT_LIMITS } from "../cgminer/wire.ts";
import { deviceOf, type Costs } from "../device.ts";
import type { Device, MinerOptions } from "../driver.ts";
import { mean } from "../cgminer/figures.ts";
import { bfgminerDialect, cgminerDialect, type Dialect } from "./dialects.ts";
import { optionsOf, reachable, type Options } from "./options.ts";
import { run, sleep } from "./orders.ts";
import { boardOf, unitsOf, type Unit } from "./units.ts";

/** A stack of USB sticks is a hundred rows of half a kilobyte. */
const MAX_REPLY_BYTES = 256 * 1024;
/** A poll or an order as a whole, in deadlines of one request: an order is some writes for each device. */
const TOTAL = 5;
const STARTING_S = 120;
const TOLERANCE_MHZ = 4;

/** Devices take a clock between two pieces of work. */
const SET: Transition = { fixed: seconds(10), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "meter" };
const TOGGLE: Transition = { ...SET, hashing: false };
const costs: Costs = { down: SET, up: SET, sleep: TOGGLE, wake: TOGGLE };

export const cgminer = (options: MinerOptions): Device => device(options, cgminerDialect);
export const bfgminer = (options: MinerOptions): Device => device(options, bfgminerDialect);

function device(settings: MinerOptions, dialect: Dialect): Device {
  const { address, model, deadlineMs = DEFAULT_LIMITS.deadlineMs } = settings;
  const api = new MinerApi(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES });
  const talk = (rank: Rank, signal: AbortSignal): Talk => api.talk(rank, TOTAL * deadlineMs, signal);
  let software: string | null = null;
  let options: Options | null = null;
  let points = model.points;
  let uptime: number | null = null;
  /** What was acknowledged last in this run, for firmware that does not tell its clock. */
  let told: OperatingPoint | null = null;

  async function look(asking: Talk): Promise<{ readonly reports: Reports; readonly units: readonly Unit[] }> {
    const reports = await asking.report(["summary", dialect.list, "stats", "pools"]);
    const units = unitsOf(reports.required(dialect.list), reports.optional("stats"), dialect);
    if (units.length === 0) throw new DeviceError("malformed", `${dialect.list}: no device that can be set`);
    return { reports, units };
  }

  /** Once a run: what the first device can be set to stands for all of them. */
  async function learn(asking: Talk, [unit]: readonly Unit[]): Promise<Options> {
    if (options !== null || unit === undefined) return options ?? NONE;
    const version = await asking.ask("version");
    software = statusOf(version)?.description ?? null;
    const offered = optionsOf(await helpOf(asking, unit));
    points = reachable(model.points, offered, model.defaultPoint);
    // An option none of whose values is one of ours is left alone.
    options = points.length === 1 ? NONE : offered;
    return options;
  }

  async function read(signal: AbortSignal): Promise<Telemetry> {
    const asking = talk("poll", signal);
    const { reports, units } = await look(asking);
    const mining = miningOf(reports.required("summary"), reports.optional("pools"));
    if (uptime !== null && mining.uptime !== null && mining.uptime < uptime) [options, told] = [null, null];
    uptime = mining.uptime ?? uptime;
    await learn(asking, units);
    return telemetryOf(units, mining);
  }

  function telemetryOf(units: readonly Unit[], mining: ReturnType<typeof miningOf>): Telemetry {
    const on = units.filter(({ enabled }) => enabled !== false);
    const frequency = mean(on.map((unit) => unit.frequency), megahertz);
    const state = stateOf(on, mining);
    const clocked = frequency === null ? told : (points.find((point) => point.frequency !== null && Math.abs(point.frequency - frequency) <= TOLERANCE_MHZ) ?? null);
    return {
      ...NOTHING_SAID,
      ...mining,
      frequency,
      state,
      point: state === "hashing" ? (clocked?.id ?? null) : null,
      boards: units.map(boardOf),
      errors: on.filter(({ status }) => status !== null && !/alive/i.test(status)).map(({ number, status }) => `device ${number}: ${status}`),
    };
  }

  return deviceOf(settings, {
    description: () => `${model.make} ${model.name}, ${software ?? dialect.name}`,
    costs: () => costs,
    points: () => points,
    sleeps: () => true,
    read,
    run: async (point, signal) => {
      const asking = talk("order", signal);
      const { units } = await look(asking);
      const from = mean(units.map((unit) => unit.frequency), megahertz) ?? told?.frequency ?? null;
      const known = await learn(asking, units);
      told = null;
      await run(asking, point, { units, options: known, from });
      told = point;
    },
    sleep: async (signal) => {
      const asking = talk("order", signal);
      await sleep(asking, (await look(asking)).units);
    },
    restart: (signal) => restart(talk("order", signal)),
  });
}

const NONE: Options = { frequency: null, voltage: null };

function stateOf(on: readonly Unit[], { hashrate, uptime }: Pick<Telemetry, "hashrate" | "uptime">): Telemetry["state"] {
  if (on.length === 0) return "asleep";
  const alive = on.some(({ status }) => status !== null && /alive/i.test(status));
  if (alive && hashrate !== null && hashrate > 0) return "hashing";
  if (uptime !== null && uptime < STARTING_S * 1000) return "starting";
  return alive || hashrate === null ? null : "fault";
}

/** A device without options says so as an error or a warning. */
async function helpOf(asking: Talk, { commands, number }: Unit): Promise<string> {
  try {
    return statusOf(await asking.ask(commands.set, `${number},help`))?.message ?? "";
  } catch (error) {
    if (error instanceof DeviceError && error.code === "refused") return "";
    throw error;
  }
}

/** Answers `{"STATUS":"RESTART"}`, without what else every reply has, and goes. */
async function restart(asking: Talk): Promise<void> {
  await asking.ask("restart").catch((error: unknown) => {
    if (!(error instanceof DeviceError) || error.code === "refused") throw error;
  });
}
