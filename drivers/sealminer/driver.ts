/** SEALMINER (Bitdeer) on TCP 4028: a power limit that acts after a reboot, which its web interface makes (`webPort`), and suspend. */
import type { OperatingPoint, Telemetry, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi, type Talk } from "../cgminer/api.ts";
import { textAt } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import { unheard } from "../cgminer/unheard.ts";
import { DEFAULT_LIMITS } from "../cgminer/wire.ts";
import { deviceOf, type Costs } from "../device.ts";
import type { Device, MinerOptions } from "../driver.ts";
import { limitOf, REPORTS, statsOf, telemetryOf } from "./telemetry.ts";
import { SealminerWeb } from "./web.ts";

const MAX_REPLY_BYTES = 128 * 1024;
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 4;

/** A reboot, and the climb to the new limit. */
const REBOOT: Transition = { fixed: seconds(300), perMegahertz: millis(0), highest: "default", hashing: false, confirm: "readback" };
const SUSPEND: Transition = { ...REBOOT, fixed: seconds(15), highest: "ends" };
/** The mining process starts anew. */
const RESTART: Transition = { ...REBOOT, fixed: seconds(180) };
const costs: Costs = { down: REBOOT, up: REBOOT, sleep: SUSPEND, wake: RESTART };

export function sealminer(options: MinerOptions): Device {
  const { address, model, deadlineMs = DEFAULT_LIMITS.deadlineMs } = options;
  const api = new MinerApi(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES });
  const web = new SealminerWeb(options, deadlineMs);
  const talkAs = (rank: Rank, signal: AbortSignal): Talk => api.talk(rank, TOTAL * deadlineMs, signal);
  let firmware: string | null = null;

  async function read(signal: AbortSignal): Promise<Telemetry> {
    const reports = await talkAs("poll", signal).report(REPORTS);
    firmware = textAt(statsOf(reports.required("stats")), "Firmware") ?? firmware;
    return telemetryOf(reports, model.points);
  }

  /** A limit that is in place is not written again: that would be a reboot for nothing. */
  async function run({ id }: OperatingPoint, signal: AbortSignal): Promise<void> {
    const wanted = Number.parseInt(id, 10);
    const talk = talkAs("order", signal);
    const reports = await talk.report(REPORTS);
    const { state } = telemetryOf(reports, model.points);
    if (limitOf(reports.required("stats")) === wanted) {
      if (state === "asleep") await unheard(talk.ask("restart"));
      return;
    }
    await talk.tell("ascset", `0,powerlimit,${JSON.stringify({ value: String(wanted) })}`);
    const took = limitOf(await talk.ask("stats"));
    if (took !== wanted) throw new DeviceError("refused", `powerlimit: acknowledged and not taken: ${wanted} W was wanted, ${took ?? "nothing"} is read back`);
    await web.reboot(signal);
  }

  return deviceOf(options, {
    description: () => `${model.make} ${model.name}${firmware === null ? "" : `, firmware ${firmware}`}`,
    costs: () => costs,
    points: () => model.points,
    sleeps: () => true,
    read,
    run,
    sleep: async (signal) => void (await talkAs("order", signal).tell("ascset", "0,suspend")),
    blink: (on, signal) => web.blink(on, signal),
    restart: (signal) => web.reboot(signal),
  });
}
