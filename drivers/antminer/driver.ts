/** Antminer stock firmware: read on TCP 4028 (`miners[].address`), told over its web interface. Each change restarts mining. */
import type { Capability, Nameplate, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi } from "../cgminer/api.ts";
import type { JsonObject } from "../cgminer/json.ts";
import { DEFAULT_LIMITS } from "../cgminer/wire.ts";
import type { HttpTalk } from "../http/client.ts";
import type { Actuators, Device, MinerOptions } from "../driver.ts";
import type { MinerModel } from "../models.ts";
import { Patience } from "./patience.ts";
import { capabilitiesOf, highestOf, pointsOf, type StockPoint } from "./points.ts";
import { PowerPort } from "./power.ts";
import { MODE, poolsOf, sameSettings, settingsOf, withSettings, type Settings } from "./settings.ts";
import { softwareOf } from "./stats.ts";
import { telemetryOf } from "./telemetry.ts";
import { StockWeb } from "./web.ts";

/** `stats` of three boards is about 4 KB. */
const MAX_REPLY_BYTES = 64 * 1024;
/** In deadlines of one request, usually 3 s: a poll; the answer to a new configuration (21 s were measured); an order as a whole. */
const POLL = 3;
const WRITE = 12;
const ORDER = 15;
const POWER_PORT = 6060;

/** What only tests set otherwise: where power is told, and monotonic ms. */
export interface StockSurroundings {
  readonly powerPort?: number;
  readonly now?: () => number;
}

export function antminer(options: MinerOptions, surroundings: StockSurroundings = {}): Device {
  return new Antminer(options, surroundings);
}

class Antminer implements Device {
  readonly id: string;
  readonly actuators: Actuators;
  readonly orderDeadlineMs: number;
  readonly #model: MinerModel;
  readonly #requestMs: number;
  readonly #api: MinerApi;
  readonly #web: StockWeb;
  readonly #power: PowerPort;
  readonly #patience: Patience;
  #software: string | null = null;
  #levels = false;
  #points: readonly StockPoint[];
  #capabilities: readonly Capability[];
  /** While its configuration is written the web interface answers nothing else. */
  #configuring = 0;

  constructor(options: MinerOptions, { powerPort = POWER_PORT, now = () => performance.now() }: StockSurroundings) {
    const { id, address, model, deadlineMs: requestMs = DEFAULT_LIMITS.deadlineMs } = options;
    this.id = id;
    this.orderDeadlineMs = ORDER * requestMs;
    this.#model = model;
    this.#requestMs = requestMs;
    this.#api = new MinerApi(address, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#web = new StockWeb(options, { requestMs, writeMs: WRITE * requestMs });
    this.#power = new PowerPort(address.host, { port: powerPort, requestMs, now });
    this.#patience = new Patience(requestMs, now);
    this.#points = pointsOf(model, false);
    this.#capabilities = capabilitiesOf(this.#points, model);
    this.actuators = {
      points: ({ point }, signal) => this.#configure(() => this.#settingsOfPoint(point), signal),
      sleep: (_, signal) => this.#configure(({ level }) => ({ mode: MODE.sleep, level }), signal),
    };
  }

  get description(): string {
    return `${this.#model.make} ${this.#model.name}, stock firmware${this.#software === null ? "" : ` (${this.#software})`}`;
  }

  get nameplate(): Nameplate {
    return { highest: highestOf(this.#points, this.#model), asleep: this.#model.sleepPower };
  }

  get capabilities(): readonly Capability[] {
    return this.#capabilities;
  }

  /** bmminer's reports are indispensable; without the web interface the setting is unknown, and so is the point. */
  async read(signal: AbortSignal): Promise<Telemetry> {
    const asked = await Promise.allSettled([this.#reports(signal), this.#settings(signal), this.#power.read(signal)]);
    const [reports, settings, power] = [value(asked[0]), value(asked[1]), value(asked[2])];
    this.#software = softwareOf(reports.stats) ?? this.#software;
    const telemetry = telemetryOf({ ...reports, settings, power }, this.#points, this.#model);
    this.#patience.read(settings, telemetry.state);
    return this.#web.locked ? { ...telemetry, errors: [...telemetry.errors, "the miner refused our password: it takes no orders"] } : telemetry;
  }

  async blink(on: boolean, signal: AbortSignal): Promise<void> {
    await this.#web.blink(this.#free(signal), on);
  }

  async restart(signal: AbortSignal): Promise<void> {
    await this.#web.reboot(this.#free(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Somebody waits before a screen. Throws `refused` where the answer would come in half a minute. */
  #free(signal: AbortSignal): HttpTalk {
    if (this.#configuring > 0) throw new DeviceError("refused", "it is being told something else and answers nothing until that is done, which takes up to half a minute: try again then");
    return this.#web.talk("order", POLL * this.#requestMs, signal);
  }

  /** bmminer knows no joined reports. */
  async #reports(signal: AbortSignal): Promise<{ stats: JsonObject; summary: JsonObject; pools: JsonObject }> {
    const talk = this.#api.talk("poll", POLL * this.#requestMs, signal);
    return { stats: await talk.ask("stats"), summary: await talk.ask("summary"), pools: await talk.ask("pools") };
  }

  async #settings(signal: AbortSignal): Promise<Settings | null> {
    if (this.#configuring > 0) return null;
    try {
      const settings = settingsOf(await this.#web.configuration(this.#web.talk("poll", this.#requestMs, signal)));
      this.#learn(settings);
      return settings;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      return null;
    }
  }

  /**
   * Read, change, write whole, read back. What is set already is not written again, as each write costs minutes of mining;
   * unless it was set for long and the machine does not follow it.
   */
  async #configure(choose: (now: Settings) => Settings, signal: AbortSignal): Promise<void> {
    this.#configuring++;
    try {
      const talk = this.#web.talk("order", ORDER * this.#requestMs, signal);
      const before = await this.#web.configuration(talk);
      const now = settingsOf(before);
      this.#learn(now);
      const wanted = choose(now);
      const pools = poolsOf(before);
      if (sameSettings(now, wanted) && !this.#patience.ended) return;
      this.#patience.begin();
      await this.#web.configure(talk, withSettings(before, wanted));
      const after = await this.#web.configuration(talk);
      if (poolsOf(after) !== pools) throw new DeviceError("refused", "set_miner_conf: the pools are not what they were; look at them in the miner's web interface");
      if (!sameSettings(settingsOf(after), wanted)) throw new DeviceError("refused", `set_miner_conf: acknowledged and not taken: ${words(wanted)} was wanted, ${words(settingsOf(after))} is read back`);
    } finally {
      this.#configuring--;
    }
  }

  #settingsOfPoint(id: string): Settings {
    const point = this.#points.find((candidate) => candidate.id === id);
    if (point === undefined) throw new DeviceError("out-of-range", `no point "${id}"; known: ${this.#points.map((known) => known.id).join(", ")}`);
    return point.settings;
  }

  /** Whether it has frequency levels is seen in what it calls its configuration. */
  #learn({ level }: Settings): void {
    if ((level !== null) === this.#levels) return;
    this.#levels = level !== null;
    this.#points = pointsOf(this.#model, this.#levels);
    this.#capabilities = capabilitiesOf(this.#points, this.#model);
  }
}

const words = ({ mode, level }: Settings): string => `mode ${mode ?? "unknown"}${level === null ? "" : `, level ${level}`}`;

/** Throws what it was rejected with. */
function value<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
