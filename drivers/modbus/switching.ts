import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Image } from "./image.ts";
import { pause } from "./pause.ts";
import type { Place } from "./plan.ts";
import { ExceptionReply } from "./request.ts";
import type { Reply } from "./request.ts";
import type { Unit, Urgency } from "./unit.ts";

/** An order that could not be placed within this time is not wanted any more. */
const ORDER_DEADLINE_MS = 5_000;
const READ_BACK_EVERY_MS = 100;
const READ_BACK: Urgency = { priority: "switching", deadlineMs: 3_000 };

/** Switches outlets one at a time. What became of an order is read, never assumed. */
export class Switching {
  readonly #unit: Unit;
  readonly #switchedOffAt = new Map<number, number>();
  #lastOrderAt = -Infinity;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(unit: Unit) {
    this.#unit = unit;
  }

  /** Resolves when the outlet reads as ordered, and after switching off no longer draws. Throws a DeviceError. */
  async order(outlet: number, on: boolean, signal: AbortSignal): Promise<void> {
    const deadline = this.#unit.now() + ORDER_DEADLINE_MS;
    const order = this.#queue.then(() => this.#carryOut(outlet, on, deadline, signal));
    // Power takes its time to fall: the next outlet does not wait for it.
    this.#queue = order.catch(() => {});
    const image = await order;
    if (!on) await this.#confirmPower(image, outlet, signal);
  }

  async #carryOut(outlet: number, on: boolean, deadline: number, signal: AbortSignal): Promise<Image> {
    const { id, profile } = this.#unit;
    if (profile.switch === undefined) throw new DeviceError("refused", `${id}: the outlets of a ${profile.profile} cannot be switched`);
    const { image } = await this.#unit.survey({ priority: "switching", deadlineMs: ORDER_DEADLINE_MS }, signal);
    const place = image.place("outlet.on", outlet);
    if (place === null) throw new DeviceError("out-of-range", `${id} has outlets 1 to ${image.count("outlet.on")}, not ${outlet}`);
    await this.#unit.login({ priority: "switching", deadlineMs: ORDER_DEADLINE_MS }, signal);
    await this.#wait(outlet, on, signal);
    for (let left = profile.switch.retries; ; left -= 1) {
      const lost = await this.#write(outlet, on, deadline, signal);
      if (await this.#readBack(place, on, signal)) break;
      if (left > 0 && this.#unit.now() < deadline) continue;
      const why = lost === null ? "" : `; ${lost.message}`;
      throw new DeviceError(lost?.code ?? "refused", `${id}: outlet ${outlet} still reads ${on ? "off" : "on"} after being ordered ${on ? "on" : "off"}${why}`);
    }
    if (!on) this.#switchedOffAt.set(outlet, this.#unit.now());
    return image;
  }

  /** One order. An error that leaves open what became of it is returned: a lost reply says nothing about the outlet. */
  async #write(outlet: number, on: boolean, deadline: number, signal: AbortSignal): Promise<DeviceError | null> {
    const left = deadline - this.#unit.now();
    if (left <= 0) throw new DeviceError("timeout", `${this.#unit.id}: outlet ${outlet} was not ordered ${on ? "on" : "off"}: too late after ${ORDER_DEADLINE_MS} ms`);
    this.#lastOrderAt = this.#unit.now();
    try {
      await this.#send(outlet, on, left, signal);
      return null;
    } catch (error) {
      if (signal.aborted || (error instanceof ExceptionReply && !error.leavesOutcomeOpen)) throw error;
      return error as DeviceError;
    }
  }

  /** Whether the outlet says it is as ordered. Throws when it says nothing: then its state is unknown. */
  async #readBack(place: Place, on: boolean, signal: AbortSignal): Promise<boolean> {
    const { id, profile } = this.#unit;
    const read = await this.#until(place, profile.switch?.confirm.withinMs ?? 0, signal, (value) => value === on);
    if (typeof read === "boolean") return read === on;
    const [code, why] = read instanceof DeviceError ? [read.code, read.message] : (["malformed", `it reads ${String(read)}`] as const);
    throw new DeviceError(code, `${id}: outlet ${place.index} was ordered ${on ? "on" : "off"} and its state is unknown: ${why}`, { cause: read });
  }

  async #confirmPower(image: Image, outlet: number, signal: AbortSignal): Promise<void> {
    const power = this.#unit.profile.switch?.confirm.power;
    const place = image.place("outlet.power", outlet);
    if (power === undefined || place === null) return;
    // A current transformer put on the wrong way round shows a load as negative.
    const isOff = (value: unknown): boolean => typeof value === "number" && Math.abs(value) < power.offBelowW;
    const read = await this.#until(place, power.withinMs, signal, isOff);
    if (isOff(read)) return;
    const draws = typeof read === "number" ? `still draws ${read} W` : "its power could not be read";
    throw new DeviceError("refused", `${this.#unit.id}: outlet ${outlet} reads off, but ${draws}`);
  }

  /** The last value read, or the last error when none was; stops as soon as `enough`. */
  async #until(place: Place, withinMs: number, signal: AbortSignal, enough: (value: unknown) => boolean): Promise<unknown> {
    const deadline = this.#unit.now() + withinMs;
    for (;;) {
      const read = await this.#unit.value(place, READ_BACK, signal).catch((error: unknown) => error);
      if (enough(read) || signal.aborted || this.#unit.now() >= deadline) return read;
      await pause(READ_BACK_EVERY_MS, signal);
    }
  }

  async #wait(outlet: number, on: boolean, signal: AbortSignal): Promise<void> {
    const { id, profile, now } = this.#unit;
    const offFor = now() - (this.#switchedOffAt.get(outlet) ?? -Infinity);
    const minOff = profile.switch?.minOffMs ?? 0;
    if (on && offFor < minOff) throw new DeviceError("refused", `${id}: outlet ${outlet} has been off for ${Math.round(offFor)} ms and stays off for ${minOff} ms`);
    const spacing = this.#lastOrderAt + (profile.switch?.spacingMs ?? 0) - now();
    if (spacing > 0) await pause(spacing, signal);
  }

  #send(outlet: number, on: boolean, deadlineMs: number, signal: AbortSignal): Promise<Reply> {
    const { switch: order, addressBase } = this.#unit.profile;
    const urgency: Urgency = { priority: "switching", deadlineMs };
    const address = (order?.address ?? 0) - addressBase + (outlet - 1) * (order?.stride ?? 1);
    if (order?.table === "holding") return this.#unit.writeRegister(address, (on ? order.on : order.off) ?? 0, urgency, signal);
    return this.#unit.writeCoil(address, on, urgency, signal);
  }
}
