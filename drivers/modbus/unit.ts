import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Bus } from "./bus.ts";
import { decode, wordsOf } from "./decode.ts";
import type { Value } from "./decode.ts";
import { Image } from "./image.ts";
import type { Priority } from "./job.ts";
import { answerTo } from "./login.ts";
import type { Credentials } from "./login.ts";
import { placesOf, planReads } from "./plan.ts";
import type { Block, Place } from "./plan.ts";
import type { Probe, Profile } from "./profile.ts";
import type { Reply, Request, Table } from "./request.ts";
import { findModel } from "./sunspec.ts";

export interface UnitOptions {
  readonly id: string;
  readonly profile: Profile;
  readonly bus: Bus;
  /** Its number on the bus. */
  readonly unit: number;
  /** For profiles with a login; null: none was configured. */
  readonly credentials: Credentials | null;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What a device was found to be: how many of everything it has, the reads that ask for it, and what they brought. */
export interface Survey {
  /** The bus' generation it was made in. */
  readonly generation: number;
  readonly image: Image;
  readonly blocks: readonly Block[];
}

export interface Urgency {
  readonly priority: Priority;
  /** How long it may wait for its turn before nobody wants it any more. */
  readonly deadlineMs: number;
}

type Registers = { readonly table: Table; readonly address: number; readonly count: number };

/** One device on a bus, spoken to in the words of its profile. Every failure is a DeviceError. */
export class Unit {
  readonly id: string;
  readonly profile: Profile;
  readonly now: () => number;
  readonly #bus: Bus;
  readonly #unit: number;
  readonly #credentials: Credentials | null;
  #survey: Survey | null = null;

  constructor(options: UnitOptions) {
    this.id = options.id;
    this.profile = options.profile;
    this.now = options.now;
    this.#bus = options.bus;
    this.#unit = options.unit;
    this.#credentials = options.credentials;
  }

  /** Who is there, and how many of everything it has. Asked again when the device may have become another one. */
  async survey(urgency: Urgency, signal: AbortSignal): Promise<Survey> {
    if (this.#survey !== null && this.#survey.generation === this.#bus.generation) return this.#survey;
    this.#survey = null;
    const counts = new Map<string, number>();
    for (const [key, { table, address, least, most }] of Object.entries(this.profile.counts)) {
      const probe: Probe = { table, address, type: "u16", scale: 1, range: [least, most], means: `number of ${key}` };
      counts.set(key, Number(await this.#probe(probe, urgency, signal)));
    }
    for (const probe of this.profile.identify) await this.#probe(probe, urgency, signal);
    const { sunspec } = this.profile;
    const base = sunspec === undefined ? 0 : await findModel(sunspec, this.id, (address, count) => this.read({ table: "holding", address, count }, urgency, signal));
    const places = placesOf(this.profile, counts, base);
    this.#survey = { generation: this.#bus.generation, image: new Image(this.profile, places), blocks: planReads(places, this.profile.limits) };
    return this.#survey;
  }

  read({ table, address, count }: Registers, urgency: Urgency, signal: AbortSignal): Promise<Reply> {
    return this.#send({ kind: "read", unit: this.#unit, table, address, count }, urgency, signal);
  }

  /** One value now, past every schedule. */
  async value(place: Place, urgency: Urgency, signal: AbortSignal): Promise<Value> {
    const image = new Image(this.profile, [place]);
    for (const block of planReads([place], this.profile.limits)) image.take(block, await this.read(block, urgency, signal), this.now());
    return image.samples(this.now())[0]?.value ?? null;
  }

  /**
   * Asks for the right to give orders, where the profile has a login. Before every order: whether the last one still counts, no device tells.
   * Throws DeviceError("refused") where nobody has configured a user.
   */
  async login(urgency: Urgency, signal: AbortSignal): Promise<void> {
    const { login, limits, profile } = this.profile;
    if (login === undefined) return;
    if (this.#credentials === null) throw new DeviceError("refused", `${this.id}: a ${profile} takes orders after a login only: give it login: { username, passwordFile } in the configuration`);
    const options = { ...urgency, timing: limits };
    const { table, address, words } = login.challenge;
    const challenge = await this.#bus.send({ kind: "read", unit: login.unit, table, address, count: words }, options, signal);
    const values = await answerTo(challenge, this.#credentials);
    await this.#bus.send({ kind: "write-registers", unit: login.unit, address: login.answer.address, values }, options, signal);
  }

  writeCoil(address: number, on: boolean, urgency: Urgency, signal: AbortSignal): Promise<Reply> {
    return this.#send({ kind: "write-coil", unit: this.#unit, address, on }, urgency, signal);
  }

  writeRegister(address: number, value: number, urgency: Urgency, signal: AbortSignal): Promise<Reply> {
    return this.#send({ kind: "write-register", unit: this.#unit, address, value }, urgency, signal);
  }

  #send(request: Request, urgency: Urgency, signal: AbortSignal): Promise<Reply> {
    return this.#bus.send(request, { ...urgency, timing: this.profile.limits }, signal);
  }

  async #probe(probe: Probe, urgency: Urgency, signal: AbortSignal): Promise<Value> {
    const address = probe.address - this.profile.addressBase;
    const reply = await this.read({ table: probe.table, address, count: wordsOf(probe) }, urgency, signal);
    const value = decode(probe, reply, this.profile);
    if (value !== null && (probe.equals === undefined || value === probe.equals)) return value;
    const expected = probe.equals ?? `${probe.range?.[0]} to ${probe.range?.[1]}`;
    throw new DeviceError("refused", `${this.id} is no ${this.profile.profile}: ${probe.means} (${probe.table} 0x${address.toString(16)}) must be ${expected}, `
      + `registers are ${reply.join(" ")}; look at its profile and its address`);
  }
}
