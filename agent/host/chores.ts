/**
 * Chores of the calendar: what is due at a time of day and harms nobody when it comes late. Limits are none: they are
 * levels, evaluated each cycle. When the clock was set, all are due anew; what was passed over is not made up for.
 */
import { seconds } from "../core/units.ts";
import type { Chore } from "../runtime/chore.ts";
import type { Clock } from "../runtime/clock.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import { calendarLine, type NextTimes } from "./calendar.ts";

/** What is due, and a step of the clock, are noticed this soon. */
const lookEvery = seconds(10);
const step = 1_000;
/** After the calendar could not be asked. */
const askAgain = seconds(600);

export class Chores {
  readonly #chores: readonly Chore[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #nextTimes: NextTimes;
  /** In the order of the chores; null: not known. */
  #due: readonly number[] | null = null;
  readonly #busy = new Set<Chore>();
  #askAt = 0;

  constructor(chores: readonly Chore[], { clock, log, nextTimes }: { readonly clock: Clock; readonly log: Log; readonly nextTimes: NextTimes }) {
    this.#chores = chores;
    this.#clock = clock;
    this.#log = log;
    this.#nextTimes = nextTimes;
  }

  /** When each is due next, ms since 1970; null in the first seconds of `run`. */
  due(): { readonly name: string; readonly cron: string; readonly zone: string; readonly at: number | null }[] {
    return this.#chores.map(({ name, cron, zone }, index) => ({ name, cron, zone, at: this.#due?.[index] ?? null }));
  }

  /** Until `signal` aborts. One that fails is said, and due again at its next time. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#chores.length === 0) return;
    let offset = this.#offset();
    while (!signal.aborted) {
      await this.#clock.sleep(lookEvery, signal).catch(() => undefined);
      if (signal.aborted) break;
      const now = this.#offset();
      if (Math.abs(now - offset) > step) {
        this.#log.info({ stepS: Math.round((now - offset) / 1_000) }, "the clock was set: the calendar is read anew");
        this.#due = null;
        this.#askAt = 0;
      }
      offset = now;
      await this.#look(signal);
    }
    this.#due = null;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { at, uptime } = this.#clock.now();
    const due = this.#chores.filter((_, index) => at >= (this.#due?.[index] ?? Infinity));
    for (const chore of due) void this.#do(chore, signal);
    if ((this.#due === null || due.length > 0) && uptime >= this.#askAt) await this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      this.#due = await this.#nextTimes(this.#chores.map(calendarLine));
    } catch (error) {
      this.#due = null;
      this.#askAt = this.#clock.now().uptime + askAgain;
      this.#log.warn({ reason: messageOf(error) }, "the calendar could not be read, and no chore is done; it is tried again in ten minutes");
    }
  }

  /** One that still runs is not begun again. */
  async #do(chore: Chore, signal: AbortSignal): Promise<void> {
    if (this.#busy.has(chore)) return;
    this.#busy.add(chore);
    try {
      await chore.run(signal);
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ chore: chore.name, reason: messageOf(error) }, "a chore failed; it is tried again at its next time");
    } finally {
      this.#busy.delete(chore);
    }
  }

  #offset(): number {
    const { at, uptime } = this.#clock.now();
    return at - uptime;
  }
}
