/** VNish over its REST API (`miners[].address` names the web port, usually 80): throttle, clocks and volts or presets, pause and resume. */
import type { Capability, Nameplate, OperatingPoint, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Actuators, Device, MinerOptions } from "../driver.ts";
import type { JsonObject } from "../cgminer/json.ts";
import { nameplateOf, type MinerModel } from "../models.ts";
import { HttpRefusedError } from "../http/answer.ts";
import { VnishApi, type VnishTalk } from "./api.ts";
import { Identity } from "./identity.ts";
import { blink, globals, preset, sleep, throttle } from "./orders.ts";
import { telemetryOf } from "./telemetry.ts";

const REQUEST_MS = 3_000;
/** A throttled machine tells its setting in its summary, and another preset comes with a restart: its preset is asked for with every so many polls. */
const PRESET_EVERY = 4;

export function vnish(options: MinerOptions): Device {
  return new Vnish(options);
}

class Vnish implements Device {
  readonly id: string;
  readonly actuators: Actuators;
  readonly #model: MinerModel;
  readonly #api: VnishApi;
  readonly #identity: Identity;
  #lastUptime: number | null = null;
  /** null: to be asked for. */
  #perf: { readonly said: JsonObject; readonly polls: number } | null = null;

  constructor(options: MinerOptions) {
    this.id = options.id;
    this.#model = options.model;
    this.#api = new VnishApi(options, options.deadlineMs ?? REQUEST_MS);
    this.#identity = new Identity(options.model);
    this.actuators = {
      points: ({ point }, signal) => this.#setPoint(point, signal),
      sleep: (_, signal) => sleep(this.#api.talk("order", signal)),
    };
  }

  get description(): string {
    const { version } = this.#identity;
    return `${this.#model.make} ${this.#model.name}, VNish${version === null ? "" : ` ${version}`}`;
  }

  get nameplate(): Nameplate {
    return nameplateOf(this.#model, this.#identity.points);
  }

  get capabilities(): readonly Capability[] {
    return this.#identity.capabilities;
  }

  async read(signal: AbortSignal): Promise<Telemetry> {
    const talk = this.#api.talk("poll", signal);
    const summary = await talk.get("/summary");
    const perf = await this.#performance(talk);
    await this.#identity.learn(talk);
    await this.#identity.learnPoints(perf, talk);
    const telemetry = telemetryOf(summary, perf, this.#identity);
    this.#notice(telemetry);
    if (!this.#api.locked) return telemetry;
    return { ...telemetry, errors: [...telemetry.errors, "the miner refused our password: it takes no orders"] };
  }

  blink(on: boolean, signal: AbortSignal): Promise<void> {
    return blink(this.#api.talk("order", signal), on);
  }

  async restart(signal: AbortSignal): Promise<void> {
    await this.#api.talk("order", signal).post("/system/reboot");
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #performance(talk: VnishTalk): Promise<JsonObject> {
    const [kept, polls] = [this.#perf, (this.#perf?.polls ?? 0) + 1];
    const said = kept !== null && this.#identity.throttles && polls < PRESET_EVERY ? kept.said : await talk.get("/perf-summary");
    this.#perf = { said, polls: said === kept?.said ? polls : 0 };
    return said;
  }

  async #setPoint(id: string, signal: AbortSignal): Promise<void> {
    const talk = this.#api.talk("order", signal);
    await this.#identity.learn(talk);
    const { points, throttles, manual } = this.#identity;
    const point = points.find((candidate) => candidate.id === id);
    if (point === undefined) throw new DeviceError("out-of-range", `no point "${id}"; known: ${points.map((known) => known.id).join(", ")}`);
    if (throttles) return this.#throttle(talk, point);
    if (!manual) return preset(talk, point);
    const walked = await globals(talk, point);
    if (walked !== null) this.#identity.walks(walked);
  }

  async #throttle(talk: VnishTalk, point: OperatingPoint): Promise<void> {
    try {
      await throttle(talk, point);
    } catch (error) {
      if (error instanceof HttpRefusedError && error.status === 404) this.#identity.hasNoThrottle();
      throw error;
    }
  }

  #notice({ uptime }: Telemetry): void {
    if (uptime !== null && this.#lastUptime !== null && uptime < this.#lastUptime) {
      this.#identity.forget();
      this.#perf = null;
    }
    this.#lastUptime = uptime ?? this.#lastUptime;
  }
}
