/** ePIC PowerPlay (UMC and on Antminers) over HTTP on TCP 4028: clocks and voltage of the whole machine, stop and autostart. */
import type { OperatingPoint, Telemetry, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { numberAt, textAt, type JsonObject } from "../cgminer/json.ts";
import { deviceOf, type Costs } from "../device.ts";
import type { Device, MinerOptions } from "../driver.ts";
import type { HttpTalk } from "../http/client.ts";
import { at } from "../http/path.ts";
import type { MinerModel } from "../models.ts";
import { stateOf, telemetryOf, tunes } from "./telemetry.ts";
import { EpicWeb } from "./web.ts";

const REQUEST_MS = 3_000;

/** Clocks and voltage are walked to chip by chip; hashing suffers and goes on. */
const TUNE: Transition = { fixed: seconds(30), perMegahertz: millis(20), highest: "ends", hashing: true, confirm: "readback" };
const STOP: Transition = { ...TUNE, fixed: seconds(10), perMegahertz: millis(0), hashing: false };
/** Boards are initialised anew, and climb to the setting that is kept. */
const START: Transition = { ...STOP, fixed: seconds(120), highest: "default" };
const costs: Costs = { down: TUNE, up: TUNE, sleep: STOP, wake: START };

/** PowerPlay itself clamps here. */
const MOST = { megahertz: 1_000, millivolts: 15_000 } as const;

export function epic(options: MinerOptions): Device {
  const { model } = options;
  const web = new EpicWeb(options, options.deadlineMs ?? REQUEST_MS);
  let points: readonly OperatingPoint[] | null = null;
  let software: string | null = null;

  async function learn(talk: HttpTalk): Promise<readonly OperatingPoint[]> {
    points ??= within(await web.get(talk, "/capabilities"), model);
    return points;
  }

  async function read(signal: AbortSignal): Promise<Telemetry> {
    const talk = web.talk("poll", signal);
    const summary = await web.get(talk, "/summary");
    software = textAt(summary, "Software") ?? software;
    const telemetry = telemetryOf(summary, await learn(talk));
    return web.locked ? { ...telemetry, errors: [...telemetry.errors, "the miner refused our password: it takes no orders"] } : telemetry;
  }

  /** The setting first: a machine that is started comes up with it. */
  async function run({ frequency, voltage }: OperatingPoint, signal: AbortSignal): Promise<void> {
    if (frequency === null || voltage === null) throw new DeviceError("out-of-range", "PowerPlay wants a frequency and a voltage");
    const talk = web.talk("order", signal);
    const summary = await web.get(talk, "/summary");
    if (tunes(summary)) await web.order(talk, "/perpetualtune", false);
    await web.order(talk, "/tune", { clks: String(frequency), voltage: String(voltage / 1000) });
    if (stateOf(summary) === "asleep") await web.order(talk, "/miner", "Autostart");
  }

  return deviceOf(options, {
    description: () => `${model.make} ${model.name}, ${software ?? "ePIC PowerPlay"}`,
    costs: () => costs,
    points: () => points ?? model.points,
    sleeps: () => true,
    read,
    run,
    sleep: (signal) => web.order(web.talk("order", signal), "/miner", "Stop"),
    restart: (signal) => web.order(web.talk("order", signal), "/reboot"),
  });
}

/** The points its supply and PowerPlay's own clamps allow. */
function within(capabilities: JsonObject, { points }: MinerModel): readonly OperatingPoint[] {
  const supply = at(capabilities, "Psu Info");
  const [least, most] = [numberAt(supply, "Min Vout") ?? 0, numberAt(supply, "Max Vout") ?? MOST.millivolts];
  const allowed = points.filter(({ frequency, voltage }) => (frequency ?? 0) <= MOST.megahertz && (voltage ?? 0) >= least && (voltage ?? 0) <= Math.min(most, MOST.millivolts));
  return allowed.length === 0 ? points : allowed;
}
