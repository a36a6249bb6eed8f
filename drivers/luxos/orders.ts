/** Orders to a LuxOS miner: a point, fewer boards, or sleep. Every write is acknowledged with STATUS S or the order fails. */
import { setTimeout as pause } from "node:timers/promises";
import type { OperatingPoint } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Talk } from "../cgminer/api.ts";
import { isUnknown, RefusedError } from "../cgminer/reply.ts";
import type { Controller } from "./debts.ts";
import type { Memory } from "./memory.ts";
import { controllersOf, isAsleep } from "./telemetry.ts";
import { writesTo, type KnownBoard, type Write } from "./tuning.ts";

/** Settings are refused while the machine counts as asleep, which may outlast the acknowledged wakeup by a moment. */
const WAKING_MS = 3_000;
const RETRY_MS = 250;

/** One order in its session. */
export class Order {
  readonly #talk: Talk;
  readonly #session: string;
  readonly #memory: Memory;
  /** Until then a refused setting is tried again. */
  #wakingUntil = 0;

  constructor(talk: Talk, session: string, memory: Memory) {
    this.#talk = talk;
    this.#session = session;
    this.#memory = memory;
  }

  /** With all boards, but those somebody else switched off. They come back at the point they left at, the lowest, and follow the others. */
  async point(point: OperatingPoint): Promise<void> {
    await this.#awake();
    await this.#writeAll(writesTo(point, this.#boards()));
    const { resting } = this.#memory;
    if (resting.length === 0) return;
    for (const board of resting) await this.#switch(board, true);
    await this.#writeAll(writesTo(point, this.#boards().filter(({ index }) => resting.includes(index))));
  }

  /** So many of the boards at the lowest point, the others off. Throws `out-of-range` where there are not so many. */
  async boards(count: number, lowest: OperatingPoint): Promise<void> {
    await this.#awake();
    const running = this.#boards().map(({ index }) => index).toSorted((a, b) => a - b);
    const resting = [...this.#memory.resting].toSorted((a, b) => a - b);
    const most = running.length + resting.length;
    if (!Number.isInteger(count) || count < 1 || count > most) throw new DeviceError("out-of-range", `${count} boards: 1 to ${most} can run`);
    // Before they go, so that they come back low.
    await this.#writeAll(writesTo(lowest, this.#boards()));
    for (const board of running.slice(count)) await this.#switch(board, false);
    for (const board of resting.slice(0, Math.max(0, count - running.length))) await this.#switch(board, true);
  }

  /** Boards and controllers of the firmware's own as they were before our orders. */
  async payBack(): Promise<void> {
    const { debts, resting } = this.#memory;
    for (const board of resting) await this.#switch(board, true);
    for (const controller of debts.controllers) {
      await this.#set(controller, true);
      debts.paid(controller);
      this.#memory.controllers = { ...this.#memory.controllers, [controller]: true };
    }
  }

  /**
   * `lowest` first, in frequency and voltage: the machine wakes to the settings it fell asleep with, by our order or by
   * somebody's hand, and so it passes through a low draw instead of its old one (190 MHz at 14.25 V draw 1.4 x 190 MHz at 11.88 V). Sleep itself does not depend on it: it is what saves the power, and
   * `reserveMs` of the order's time are kept for it.
   */
  async sleep(lowest: OperatingPoint | undefined, reserveMs: number): Promise<void> {
    if (this.#memory.asleep !== true && lowest !== undefined) await this.#slowDown(lowest, reserveMs);
    await this.#curtail("sleep");
  }

  async #slowDown(lowest: OperatingPoint, reserveMs: number): Promise<void> {
    try {
      for (const write of writesTo(lowest, this.#memory.boards)) {
        if (this.#talk.left() < reserveMs) return;
        await this.#write(write);
      }
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
    }
  }

  /** Before the first reading the mode is unknown, and settings would be refused asleep and undone under ATM. */
  async #lookFirst(): Promise<void> {
    const memory = this.#memory;
    if (memory.asleep !== null && memory.controllers.atm !== null) return;
    const reports = await this.#talk.report(["config"]);
    memory.asleep ??= isAsleep(reports);
    memory.controllers = controllersOf(reports);
  }

  async #awake(): Promise<void> {
    await this.#lookFirst();
    await this.#takeTheWheel();
    if (this.#memory.asleep !== true) return;
    await this.#curtail("wakeup");
    this.#wakingUntil = performance.now() + WAKING_MS;
  }

  /** Owed before it is sent: a lost answer must not leave it off for ever. */
  async #takeTheWheel(): Promise<void> {
    for (const controller of ["atm", "tuner"] as const) {
      if (this.#memory.controllers[controller] !== true) continue;
      this.#memory.debts.owe(controller);
      await this.#set(controller, false);
      this.#memory.controllers = { ...this.#memory.controllers, [controller]: false };
    }
  }

  /** Firmware without the command has no tuner that goes on by itself. */
  async #set(controller: Controller, enabled: boolean): Promise<void> {
    try {
      await this.#talk.tell(controller === "atm" ? "atmset" : "autotunerset", `${this.#session},enabled=${enabled}`);
    } catch (error) {
      if (!(error instanceof RefusedError) || !isUnknown(error.status)) throw error;
    }
  }

  async #switch(board: number, on: boolean): Promise<void> {
    if (!on) this.#memory.debts.owe(board);
    await this.#tell(on ? "enableboard" : "disableboard", `${this.#session},${board}`);
    this.#memory.switched(board, on);
  }

  #boards(): readonly KnownBoard[] {
    const { boards } = this.#memory;
    if (boards.length === 0) throw new DeviceError("refused", "no hashboard is running: nothing to set");
    return boards;
  }

  /** A board that refuses gets no further write, so it is never raised without its voltage; the others still do. */
  async #writeAll(writes: readonly Write[]): Promise<void> {
    const refusals = new Map<number, RefusedError>();
    for (const write of writes) {
      if (refusals.has(write.board)) continue;
      try {
        await this.#write(write);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        refusals.set(write.board, error);
      }
    }
    const [first] = refusals;
    if (first !== undefined) throw new DeviceError("refused", `board ${first[0]}: ${first[1].message}`, { cause: first[1] });
  }

  async #curtail(mode: "sleep" | "wakeup"): Promise<void> {
    this.#memory.curtailed(null);
    await this.#talk.tell("curtail", `${this.#session},${mode}`);
    this.#memory.curtailed(mode === "sleep");
  }

  async #write(write: Write): Promise<void> {
    const { board } = write;
    this.#memory.sending(write);
    if (write.kind === "frequency") await this.#tell("frequencyset", `${this.#session},${board},${write.frequency}`);
    else await this.#tell("voltageset", `${this.#session},${board},${write.voltage / 1000}`);
    this.#memory.acknowledged(write);
  }

  #tell(command: string, parameter: string): Promise<unknown> {
    return performance.now() > this.#wakingUntil ? this.#talk.tell(command, parameter) : this.#insist(command, parameter);
  }

  /** Told again while it is refused by a machine that has just been woken. */
  async #insist(command: string, parameter: string): Promise<void> {
    for (;;) {
      try {
        await this.#talk.tell(command, parameter);
        return;
      } catch (error) {
        if (!(error instanceof RefusedError) || performance.now() > this.#wakingUntil || this.#talk.left() <= RETRY_MS) throw error;
      }
      await pause(RETRY_MS, undefined, { signal: this.#talk.signal }).catch(() => this.#talk.signal.throwIfAborted());
    }
  }
}
