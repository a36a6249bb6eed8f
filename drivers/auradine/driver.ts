/** Auradine (Teraflux, FluxOS): reports on TCP 4028 (`miners[].address`), a power target and sleep over HTTP (`webPort`, usually 8080). */
import type { OperatingPoint, Telemetry, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi } from "../cgminer/api.ts";
import { statusOf } from "../cgminer/reply.ts";
import { DEFAULT_LIMITS } from "../cgminer/wire.ts";
import { deviceOf, type Costs } from "../device.ts";
import type { Device, MinerOptions } from "../driver.ts";
import type { HttpTalk } from "../http/client.ts";
import { modeOf, REPORTS, telemetryOf, type Mode } from "./telemetry.ts";
import { AuradineWeb } from "./web.ts";

const MAX_REPLY_BYTES = 128 * 1024;
/** A poll as a whole, in deadlines of one request. */
const TOTAL = 4;
/** LED codes: "locate miner" and "normal". */
const LAMP = { on: 3, off: 2 } as const;

/** The tuner walks to its target; how long that takes is not published. */
const TUNE: Transition = { fixed: seconds(120), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" };
const SLEEP: Transition = { ...TUNE, fixed: seconds(15), hashing: false };
const WAKE: Transition = { ...SLEEP, fixed: seconds(180), highest: "default" };
const costs: Costs = { down: TUNE, up: TUNE, sleep: SLEEP, wake: WAKE };

export function auradine(options: MinerOptions): Device {
  const { address, model, deadlineMs = DEFAULT_LIMITS.deadlineMs } = options;
  const api = new MinerApi(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES });
  const web = new AuradineWeb(options, deadlineMs);
  let software: string | null = null;

  async function read(signal: AbortSignal): Promise<Telemetry> {
    const asked = await Promise.allSettled([api.talk("poll", TOTAL * deadlineMs, signal).report(REPORTS), setting(web.talk("poll", signal))]);
    const [reports, set] = [value(asked[0]), value(asked[1])];
    software = statusOf(reports.required("summary"))?.description ?? software;
    return telemetryOf({ reports, ...set }, model.points);
  }

  async function setting(talk: HttpTalk) {
    return { mode: modeOf(await web.get(talk, "mode")), psu: await web.get(talk, "psu"), frequency: await web.get(talk, "frequency") };
  }

  async function run({ id }: OperatingPoint, signal: AbortSignal): Promise<void> {
    const power = Number.parseInt(id, 10);
    const talk = web.talk("order", signal);
    await web.order(talk, "mode", { mode: "custom", tune: "power", power });
    const before = await confirmed(talk, `a target of ${power} W`, ({ target }) => target === power);
    if (before.asleep !== true) return;
    await web.order(talk, "mode", { sleep: "off" });
    await confirmed(talk, "awake", ({ asleep }) => asleep === false);
  }

  async function sleep(signal: AbortSignal): Promise<void> {
    const talk = web.talk("order", signal);
    await web.order(talk, "mode", { sleep: "on" });
    await confirmed(talk, "asleep", ({ asleep }) => asleep === true);
  }

  async function confirmed(talk: HttpTalk, wanted: string, is: (mode: Mode) => boolean): Promise<Mode> {
    const mode = modeOf(await web.get(talk, "mode"));
    if (!is(mode)) throw new DeviceError("refused", `mode: acknowledged and not taken: ${wanted} was wanted, ${JSON.stringify(mode)} is read back`);
    return mode;
  }

  return deviceOf(options, {
    description: () => `${model.make} ${model.name}${software === null ? "" : `, ${software}`}`,
    costs: () => costs,
    points: () => model.points,
    sleeps: () => true,
    read,
    run,
    sleep,
    blink: (on, signal) => web.order(web.talk("order", signal), "led", { code: on ? LAMP.on : LAMP.off }),
    restart: (signal) => web.order(web.talk("order", signal), "restart"),
  });
}

/** Throws what it was rejected with. */
function value<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
