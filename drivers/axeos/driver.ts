/** Bitaxe and its relatives over AxeOS (`miners[].address` names the web port, usually 80): frequency and core voltage, pause and resume. */
import type { OperatingPoint, Telemetry, Transition } from "../../agent/core/model.ts";
import { millis, seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { numberAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import { deviceOf, type Costs } from "../device.ts";
import type { Device, MinerOptions } from "../driver.ts";
import { answerOf, objectOf } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { canPause, isPaused, telemetryOf } from "./telemetry.ts";

const REQUEST_MS = 3_000;
const MAX_REPLY_BYTES = 64 * 1024;
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 3;

/** The voltage regulator and the clock are told at once; the chip's ramp takes seconds. */
const LIVE: Transition = { fixed: seconds(8), perMegahertz: millis(10), highest: "ends", hashing: true, confirm: "readback" };
const PAUSE: Transition = { ...LIVE, hashing: false };
const costs: Costs = { down: LIVE, up: LIVE, sleep: PAUSE, wake: { ...PAUSE, fixed: seconds(20) } };

const INFO = "/api/system/info";

export function axeos(options: MinerOptions): Device {
  const { address, model, deadlineMs = REQUEST_MS } = options;
  const client = new HttpClient(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES });
  const talkAs = (rank: Rank, signal: AbortSignal): HttpTalk => client.talk(rank, TOTAL * deadlineMs, signal);
  /** null: not said yet; then it is taken to be new enough to pause. */
  let version: string | null = null;

  async function info(talk: HttpTalk): Promise<JsonObject> {
    const said = objectOf(`GET ${INFO}`, await talk.send({ method: "GET", path: INFO }));
    if (numberAt(said, "frequency") === null) throw new DeviceError("malformed", `GET ${INFO}: no frequency; is this AxeOS?`);
    version = textAt(said, "version") ?? version;
    return said;
  }

  const send = async (talk: HttpTalk, request: HttpRequest): Promise<void> => {
    const reply = await talk.send(request);
    // It answers with nothing or with words.
    if (reply.status < 200 || reply.status > 299) answerOf(`${request.method} ${request.path}`, reply);
  };
  const post = (path: string) => (signal: AbortSignal): Promise<void> => send(talkAs("order", signal), { method: "POST", path: `/api/system/${path}` });

  async function run({ frequency, voltage }: OperatingPoint, signal: AbortSignal): Promise<void> {
    const talk = talkAs("order", signal);
    const body = JSON.stringify({ frequency, coreVoltage: voltage });
    await send(talk, { method: "PATCH", path: "/api/system", headers: { "content-type": "application/json" }, body });
    const after = await info(talk);
    const [took, fed] = [numberAt(after, "frequency"), numberAt(after, "coreVoltage")];
    if (took !== frequency || fed !== voltage) throw new DeviceError("refused", `PATCH /api/system: acknowledged and not taken: ${frequency} MHz, ${voltage} mV was wanted, ${took} MHz, ${fed} mV is read back`);
    if (isPaused(after)) await send(talk, { method: "POST", path: "/api/system/resume" });
  }

  return deviceOf(options, {
    description: () => `${model.make} ${model.name}, AxeOS${version === null ? "" : ` ${version}`}`,
    costs: () => costs,
    points: () => model.points,
    sleeps: () => version === null || canPause(version),
    read: async (signal): Promise<Telemetry> => telemetryOf(await info(talkAs("poll", signal)), model.points),
    run,
    sleep: post("pause"),
    restart: post("restart"),
  });
}
