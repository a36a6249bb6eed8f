/**
 * Chores of the calendar: what is due at a time of day and harms nobody when it comes late. Limits are none: they are
 * levels, evaluated each cycle. node-cron's timers follow the wall clock as it was when they were set, so that after a
 * step they would fire hours late or catch up in one breath: after each step they are made anew.
 */
import { createTask, type ScheduledTask } from "node-cron";
import { seconds } from "../core/units.ts";
import type { Chore } from "../runtime/chore.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { messageOf } from "../runtime/errors.ts";

/** A step is noticed this soon. */
const lookEvery = seconds(10);
const step = 1_000;

export class Chores {
  readonly #chores: readonly Chore[];
  readonly #clock: Clock;
  readonly #log: Log;
  #tasks: readonly { readonly chore: Chore; readonly task: ScheduledTask }[] = [];

  constructor(chores: readonly Chore[], { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#chores = chores;
    this.#clock = clock;
    this.#log = log;
  }

  /** When each is due next; null before `run` and where it never is. */
  due(): { readonly name: string; readonly cron: string; readonly zone: string; readonly at: number | null }[] {
    return this.#chores.map((chore) => ({
      name: chore.name, cron: chore.cron, zone: chore.zone,
      at: this.#tasks.find((scheduled) => scheduled.chore === chore)?.task.getNextRun()?.getTime() ?? null,
    }));
  }

  /** Until `signal` aborts. One that fails is said, and due again at its next time. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#chores.length === 0) return;
    let offset = this.#offset();
    await this.#schedule(signal);
    while (!signal.aborted) {
      await this.#clock.sleep(lookEvery, signal).catch(() => undefined);
      const now = this.#offset();
      if (Math.abs(now - offset) > step && !signal.aborted) {
        this.#log.info({ stepS: Math.round((now - offset) / 1_000) }, "the clock was set: the calendar is made anew");
        await this.#schedule(signal);
      }
      offset = now;
    }
    await this.#end();
  }

  async #schedule(signal: AbortSignal): Promise<void> {
    await this.#end();
    this.#tasks = this.#chores.map((chore) => ({ chore, task: createTask(chore.cron, () => this.#do(chore, signal), { timezone: chore.zone, noOverlap: true, suppressMissedWarning: true, unref: true }) }));
    for (const { task } of this.#tasks) await task.start();
  }

  async #end(): Promise<void> {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const { task } of tasks) await task.destroy();
  }

  async #do({ name, run }: Chore, signal: AbortSignal): Promise<void> {
    try {
      await run(signal);
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ chore: name, reason: messageOf(error) }, "a chore failed; it is tried again at its next time");
    }
  }

  #offset(): number {
    const { at, uptime } = this.#clock.now();
    return at - uptime;
  }
}
