/** LuxOS (LUXminer) on TCP 4028: live frequency and voltage per board, single boards, sleep and wake. */
import type { Capability, Nameplate, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi, type Talk } from "../cgminer/api.ts";
import type { Rank } from "../cgminer/lane.ts";
import { DEFAULT_LIMITS } from "../cgminer/wire.ts";
import type { Actuators, Debts, Device, MinerOptions } from "../driver.ts";
import { nameplateOf, type MinerModel } from "../models.ts";
import { boardsOf, completed } from "./boards.ts";
import { Identity } from "./identity.ts";
import { Memory } from "./memory.ts";
import { Order } from "./orders.ts";
import { assertInside } from "./points.ts";
import { Sessions, type Aim } from "./session.ts";
import { controllersOf, isAsleep, REPORTS, telemetryOf } from "./telemetry.ts";

/** A joined poll of three boards is about 3 KB, 25 profiles about 5 KB. */
const MAX_REPLY_BYTES = 128 * 1024;
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 3;

export interface LuxosMiner extends Device {
  /** Requests the last poll took; null before the first. */
  readonly requestsPerPoll: number | null;
}

export function luxos(options: MinerOptions): LuxosMiner {
  return new Luxos(options);
}

class Luxos implements LuxosMiner {
  readonly id: string;
  readonly actuators: Actuators;
  readonly debts: Debts;
  requestsPerPoll: number | null = null;
  readonly #model: MinerModel;
  readonly #requestMs: number;
  readonly #api: MinerApi;
  readonly #sessions: Sessions;
  readonly #memory: Memory;
  readonly #identity: Identity;

  constructor({ id, address, model, deadlineMs = DEFAULT_LIMITS.deadlineMs }: MinerOptions) {
    this.id = id;
    this.#model = model;
    this.#requestMs = deadlineMs;
    this.#api = new MinerApi(address, { deadlineMs, maxBytes: MAX_REPLY_BYTES });
    this.#sessions = new Sessions(this.#api, deadlineMs);
    this.#memory = new Memory(model.boards);
    this.#identity = new Identity(model);
    const { debts } = this.#memory;
    this.debts = {
      get words() {
        return debts.words;
      },
      recall: (words) => debts.recall(words),
      pay: (signal) => this.#order(signal, "raise", (order) => order.payBack()),
    };
    this.actuators = {
      points: ({ point }, signal) => this.#setPoint(point, signal),
      boards: ({ count }, signal) => this.#setBoards(count, signal),
      sleep: (_, signal) => this.#sleep(signal),
    };
  }

  get description(): string {
    return `${this.#model.make} ${this.#model.name}, ${this.#identity.firmware ?? "LuxOS"}`;
  }

  get nameplate(): Nameplate {
    return nameplateOf(this.#model, this.#identity.points);
  }

  get capabilities(): readonly Capability[] {
    return this.#identity.capabilities;
  }

  async read(signal: AbortSignal): Promise<Telemetry> {
    const mark = this.#memory.mark;
    const talk = this.#talk("poll", signal);
    const reports = await talk.report(REPORTS);
    const asleep = isAsleep(reports);
    const boards = await completed(boardsOf(reports.required("devs"), asleep === true), talk);
    if (this.#identity.restarted(reports.required("summary"))) this.#api.forget();
    await this.#identity.learn(talk);
    this.#memory.read(mark, boards, { asleep, controllers: controllersOf(reports) });
    this.requestsPerPoll = talk.requests;
    this.#identity.offerBoards(this.#memory.able(boards));
    const telemetry = telemetryOf(reports, { boards, dead: boards.filter((board) => board.enabled && !board.running && !this.#memory.starts(board)) }, this.#identity.points);
    return { ...telemetry, errors: [...telemetry.errors, ...this.#sessions.said()] };
  }

  async blink(on: boolean, signal: AbortSignal): Promise<void> {
    const talk = this.#talk("order", signal);
    await this.#sessions.use(talk, "raise", async (session) => void (await talk.tell("ledset", `${session},red,${on ? "blink" : "off"}`)));
  }

  /** The session ends with the machine: nobody has to log off. */
  async restart(signal: AbortSignal): Promise<void> {
    const talk = this.#talk("order", signal);
    await this.#sessions.use(talk, "raise", async (session) => void (await talk.tell("rebootdevice", session)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions.end();
  }

  async #setPoint(id: string, signal: AbortSignal): Promise<void> {
    const { points, envelope } = this.#identity;
    const point = points.find((candidate) => candidate.id === id);
    if (point === undefined) throw new DeviceError("out-of-range", `no point "${id}"; known: ${points.map((known) => known.id).join(", ")}`);
    assertInside(envelope, point);
    await this.#order(signal, this.#memory.lowers(point) ? "lower" : "raise", (order) => order.point(point));
  }

  async #setBoards(count: number, signal: AbortSignal): Promise<void> {
    const lowest = this.#identity.points[0];
    if (lowest === undefined) throw new DeviceError("out-of-range", "no point is known that boards could run at");
    assertInside(this.#identity.envelope, lowest);
    const fewer = this.#memory.asleep !== true && count <= this.#memory.boards.length;
    await this.#order(signal, fewer ? "lower" : "raise", (order) => order.boards(count, lowest));
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const [lowest] = this.#identity.points;
    // Another slowing write may take a whole deadline, and so may the sleep after it.
    await this.#order(signal, "lower", (order) => order.sleep(lowest, 2 * this.#requestMs));
  }

  #order(signal: AbortSignal, aim: Aim, work: (order: Order) => Promise<void>): Promise<void> {
    const talk = this.#talk("order", signal);
    return this.#sessions.use(talk, aim, (session) => work(new Order(talk, session, this.#memory)));
  }

  #talk(rank: Rank, signal: AbortSignal): Talk {
    return this.#api.talk(rank, TOTAL * this.#requestMs, signal);
  }
}
