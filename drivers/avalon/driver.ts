/** Avalon machines of Canaan on TCP 4028: 7 and 8 as cgminer drives them, A10 with its privileged interface, and the newer ones. */
import type { OperatingPoint, Telemetry, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi, type Talk } from "../cgminer/api.ts";
import { rowsAt, textAt } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import { statusOf } from "../cgminer/reply.ts";
import { DEFAULT_LIMITS } from "../cgminer/wire.ts";
import { deviceOf, type Costs } from "../device.ts";
import type { Device, MinerOptions } from "../driver.ts";
import { generations, hasModes, seventhOrEighth, type Generation } from "./generations.ts";
import { restart, run, setLamp, sleep, type Standing } from "./orders.ts";
import { REPORTS, telemetryOf } from "./telemetry.ts";

/** `estats` of an A15 with all chips is about 30 KB. */
const MAX_REPLY_BYTES = 256 * 1024;
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 4;

const transition = (fixed: number, shape: Partial<Transition> = {}): Transition => ({ fixed: seconds(fixed), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback", ...shape });

/** Clocks change in real time; the chips need some seconds to find their way. */
const LIVE = transition(5, { perMegahertz: millis(10) });
/** The boards are fed and clocked anew, and climb by themselves, at the setting they start with. */
const WAKE = transition(180, { highest: "default", hashing: false });
/** The machine boots with the new mode. */
const REBOOT = transition(240, { highest: "default", hashing: false });

const live: Costs = { down: LIVE, up: LIVE, sleep: transition(10, { hashing: false }), wake: WAKE };
const rebooting: Costs = { ...live, down: REBOOT, up: REBOOT };

/** A11 to A15, Q, Nano and Mini: softoff and softon, frequency and voltage, or modes. */
export const avalon = (options: MinerOptions): Device => device(options, () => generations.modern);
/** A10 with the privileged interface. */
export const avalon10 = (options: MinerOptions): Device => device(options, () => generations.a10);
/** Avalon 7 and 8. */
export const avalon7 = (options: MinerOptions): Device => device(options, (number) => seventhOrEighth(number ?? options.model.name));

function device(options: MinerOptions, generationOf: (number: string | null) => Generation): Device {
  const { address, model, deadlineMs = DEFAULT_LIMITS.deadlineMs } = options;
  const api = new MinerApi(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES });
  const talk = (rank: Rank, signal: AbortSignal): Talk => api.talk(rank, TOTAL * deadlineMs, signal);
  let generation = generationOf(null);
  let software: string | null = null;
  /** What its help lists; null: not asked since its last start. */
  let help: ReadonlySet<string> | null = null;
  let last: Telemetry | null = null;
  const standing = (): Standing => ({ generation, points: model.points, boards: model.boards, last, help: help ?? new Set() });

  /** A machine whose help lists no frequency has one thing to be. */
  const fixed = model.points.filter(({ id }) => id === model.defaultPoint);
  const points = (): readonly OperatingPoint[] => {
    const tunes = help === null || help.size < 2 || help.has("frequency") || generation.privilege !== null;
    return tunes || hasModes(model.points) ? model.points : fixed;
  };

  /** What it is and understands; asked once a start. */
  async function learn(asking: Talk): Promise<void> {
    if (help !== null) return;
    const version = rowsAt(await asking.ask("version"), "VERSION")[0];
    generation = generationOf(textAt(version, "MODEL") ?? textAt(version, "PROD"));
    software = textAt(version, "LVERSION") ?? textAt(version, "VERSION") ?? textAt(version, "CGMiner");
    help = await helpOf(asking);
  }

  async function read(signal: AbortSignal): Promise<Telemetry> {
    const asking = talk("poll", signal);
    const reports = await asking.report(REPORTS);
    const telemetry = telemetryOf(reports, generation, model.points);
    if (restarted(last, telemetry)) help = null;
    await learn(asking);
    last = telemetry;
    return telemetry;
  }

  const { lamp, restart: boot } = generation;
  return deviceOf(options, {
    description: () => `${model.make} ${model.name}${software === null ? "" : `, firmware ${software}`}`,
    costs: () => (hasModes(model.points) && help?.has("worklevel") !== true ? rebooting : live),
    points,
    sleeps: () => generation.sleep !== null,
    read,
    run: async (point, signal) => {
      const asking = talk("order", signal);
      await learn(asking);
      last ??= telemetryOf(await asking.report(REPORTS), generation, model.points);
      await run(asking, point, standing());
      last = null;
    },
    sleep: (signal) => sleep(talk("order", signal), standing()),
    ...(lamp !== null && { blink: async (on: boolean, signal: AbortSignal) => void (await setLamp(talk("order", signal), lamp(on))) }),
    ...(boot !== null && { restart: (signal: AbortSignal) => restart(talk("order", signal), boot) }),
  });
}

const restarted = (before: Telemetry | null, now: Telemetry): boolean => before?.uptime != null && now.uptime !== null && now.uptime < before.uptime;

/** The words of `ascset 0,help`; empty where the firmware has no help, which some refuse. */
async function helpOf(asking: Talk): Promise<ReadonlySet<string>> {
  try {
    const text = statusOf(await asking.ask("ascset", "0,help"))?.message ?? "";
    return new Set(text.slice(text.indexOf(":") + 1).toLowerCase().split(/[^a-z0-9_-]+/));
  } catch (error) {
    if (error instanceof DeviceError && error.code === "refused") return new Set();
    throw error;
  }
}
