/**
 * Braiins OS from 25.07: read over TCP 4028 and REST, told over REST. The mode is the operator's: with the tuner on it gets
 * power targets, with the tuner off frequencies and voltages.
 */
import type { Capability, Nameplate, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Actuators, Device, MinerOptions } from "../driver.ts";
import { PasswordError } from "../http/lockout.ts";
import { nameplateOf, type MinerModel } from "../models.ts";
import { BraiinsApi, type RestTalk } from "./api.ts";
import { boardsOf } from "./boards.ts";
import { detailsOf, type MinerStatus } from "./details.ts";
import { Identity } from "./identity.ts";
import { setByHand, setRamping, setTarget, sleep, wakeIfAsleep } from "./orders.ts";
import { errorsOf, openTelemetry, REPORTS, telemetryOf, type RestReading } from "./telemetry.ts";
import { modeOf, tuningOf } from "./tuner.ts";

const REQUEST_MS = 3_000;
const WELL: ReadonlySet<MinerStatus | null> = new Set<MinerStatus | null>(["normal", "paused"]);

export function braiins(options: MinerOptions): Device {
  return new Braiins(options);
}

class Braiins implements Device {
  readonly id: string;
  readonly actuators: Actuators;
  readonly #model: MinerModel;
  readonly #api: BraiinsApi;
  readonly #identity: Identity;

  constructor(options: MinerOptions) {
    this.id = options.id;
    this.#model = options.model;
    this.#api = new BraiinsApi(options, options.deadlineMs ?? REQUEST_MS);
    this.#identity = new Identity(options.model);
    this.actuators = {
      points: ({ point }, signal) => this.#setPoint(point, signal),
      sleep: (_, signal) => sleep(this.#api.talk("order", signal).rest, this.#identity),
    };
  }

  get description(): string {
    const { version } = this.#identity;
    return `${this.#model.make} ${this.#model.name}, Braiins OS${version === null ? "" : ` ${version}`}`;
  }

  get nameplate(): Nameplate {
    return nameplateOf(this.#model, this.#identity.points);
  }

  get capabilities(): readonly Capability[] {
    return this.#identity.capabilities;
  }

  async read(signal: AbortSignal): Promise<Telemetry> {
    const { reports, rest } = this.#api.talk("poll", signal);
    const open = await reports.report(REPORTS);
    try {
      const reading = await read(rest);
      await this.#identity.learn(reading.details, reading.mode.manual, rest);
      return telemetryOf(open, reading, this.#identity);
    } catch (error) {
      if (!(error instanceof PasswordError)) throw error;
      return openTelemetry(open, ["the miner refused our password: it tells no power and takes no orders"]);
    }
  }

  async blink(on: boolean, signal: AbortSignal): Promise<void> {
    await this.#api.talk("order", signal).rest.put("/actions/locate", on);
  }

  async restart(signal: AbortSignal): Promise<void> {
    await this.#api.talk("order", signal).rest.put("/actions/reboot");
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #setPoint(id: string, signal: AbortSignal): Promise<void> {
    const { rest } = this.#api.talk("order", signal);
    const point = this.#identity.pointOf(id);
    await (this.#identity.manual ? setByHand(rest, point) : setTarget(rest, point));
    await wakeIfAsleep(rest);
    // Before it is needed: a pause in a hurry is then one request.
    await setRamping(rest, this.#identity);
  }
}

async function read(rest: RestTalk): Promise<RestReading> {
  const details = detailsOf(await rest.details());
  const stats = await rest.get("/miner/stats");
  const mode = modeOf(await rest.get("/performance/mode"));
  const tuning = tuningOf(await rest.get("/performance/tuner-state"));
  const boards = boardsOf(await rest.get("/miner/hw/hashboards"));
  return { details, stats, mode, tuning, boards, errors: WELL.has(details.status) ? [] : [`mining is ${details.status ?? "in a state we do not know"}`, ...(await errors(rest))] };
}

/** What is wrong is worth a request, and no reading is lost over it. */
async function errors(rest: RestTalk): Promise<readonly string[]> {
  try {
    return errorsOf(await rest.get("/miner/errors"));
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return [];
  }
}
