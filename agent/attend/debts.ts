/**
 * Gives back what orders switched off in the miners' firmware (its own controllers, boards) when nothing has limited the rack
 * for a while, and remembers over restarts what is owed.
 */
import type { Decision } from "../core/decide.ts";
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { DeviceLoop } from "../plant/device-loop.ts";
import type { Change } from "../report/changes.ts";
import type { DeviceNotes } from "../report/devices.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeviceError } from "../runtime/errors.ts";
import type { Attendant, Desk } from "./attendant.ts";

/** A limit that comes and goes is no reason to hand the wheel back and forth. */
const UNLIMITED_FOR = seconds(60);
/** What could not be given back is tried again after this. */
const AGAIN = seconds(300);
const LOOK = seconds(5);

type Kept = Readonly<Record<string, readonly string[]>>;

export class DebtKeeper implements Attendant {
  readonly name = "debts";
  readonly #clock: Clock;
  #desk: Desk | null = null;
  #kept = "{}";
  /** null: something limits the rack, or nothing is decided yet. */
  #freeSince: Millis | null = null;
  readonly #failedAt = new Map<string, Millis>();
  /** The free time each was last paid in, by its beginning. */
  readonly #paidIn = new Map<string, Millis>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attach(kept: unknown, desk: Desk): void {
    this.#desk = desk;
    const owed = isKept(kept) ? kept : {};
    for (const { device } of desk.plant.devices) device.debts?.recall(owed[device.id] ?? []);
  }

  decided({ state }: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    if (state !== "controlled") this.#freeSince = null;
    else this.#freeSince ??= tick.uptime;
    this.#keep();
    return [];
  }

  about(id: string): Partial<DeviceNotes> {
    return { owes: this.#desk?.plant.device(id)?.device.debts?.words ?? [] };
  }

  /** One machine after the other: nothing is urgent here. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(LOOK, signal).catch(() => undefined);
      for (const loop of this.#desk?.plant.devices ?? []) if (!signal.aborted && this.#isDue(loop)) await this.#pay(loop.device, signal);
    }
  }

  /**
   * Only where nothing else is at work: a machine that is being told something keeps its wheel. And once in a time without
   * limits: a controller that disagrees with the plan would be switched on and off in turns.
   */
  #isDue({ device, held, idle }: DeviceLoop): boolean {
    const { uptime } = this.#clock.now();
    if (held || !idle || (device.debts?.words.length ?? 0) === 0 || this.#paidIn.get(device.id) === this.#freeSince) return false;
    return this.#freeSince !== null && uptime - this.#freeSince >= UNLIMITED_FOR && uptime - (this.#failedAt.get(device.id) ?? -Infinity) >= AGAIN;
  }

  /** The driver's own deadline ends it. */
  async #pay({ id, debts }: DeviceLoop["device"], signal: AbortSignal): Promise<void> {
    const words = debts?.words.join(", ");
    try {
      const free = this.#freeSince;
      await debts?.pay(signal);
      if (free !== null) this.#paidIn.set(id, free);
      this.#desk?.event("firmware.released", { device: id, gave: words });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof DeviceError)) throw error;
      this.#failedAt.set(id, this.#clock.now().uptime);
      this.#desk?.event("firmware.held", { device: id, owes: words, reason: error.message });
    }
  }

  /** Written when it changes: the daemon may be started anew with machines in its debt. */
  #keep(): void {
    const owed = Object.fromEntries((this.#desk?.plant.devices ?? []).flatMap(({ device: { id, debts } }) => (debts === undefined || debts.words.length === 0 ? [] : [[id, debts.words]])));
    const words = JSON.stringify(owed);
    if (words === this.#kept) return;
    this.#kept = words;
    // What could not be kept has been said by the notebook.
    this.#desk?.keep(words === "{}" ? null : owed).catch(() => undefined);
  }
}

const isKept = (value: unknown): value is Kept =>
  typeof value === "object" && value !== null && Object.values(value).every((words) => Array.isArray(words) && words.every((word) => typeof word === "string"));
