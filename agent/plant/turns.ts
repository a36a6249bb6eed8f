import type { Tick } from "../core/time.ts";
import { millis, seconds, type Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeviceError } from "../runtime/errors.ts";

/** How outlets are switched, whoever wants it. */
export interface SwitchingRules {
  /** An outlet that was opened stays open at least this long. */
  readonly minOff: Millis;
  /** Between two that are closed: the inrush of power supplies must not add up. */
  readonly spacing: Millis;
  /** Most switched in one step. */
  readonly perStep: number;
}

const STEP = seconds(1);

/** Gives out turns: so many a step, and those that close one by one. */
export class Turns {
  readonly #clock: Clock;
  readonly #rules: SwitchingRules;
  #step: { readonly from: Millis; readonly taken: number } = { from: millis(-STEP), taken: 0 };
  #closedAt: Millis;

  constructor(rules: SwitchingRules, clock: Clock) {
    this.#clock = clock;
    this.#rules = rules;
    this.#closedAt = millis(-rules.spacing);
  }

  /** Resolves when it may be switched. Throws DeviceError("timeout") when that is not before `deadline`: an order that comes too late is not wanted any more. */
  async take(on: boolean, deadline: Millis, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { uptime } = this.#clock.now();
      const next = this.#next(on, uptime);
      if (Math.max(next, uptime) >= deadline) throw new DeviceError("timeout", "not switched: its turn did not come before its deadline");
      if (next <= uptime) return this.#took(on, uptime);
      await this.#clock.sleep(millis(next - uptime), signal);
    }
  }

  #next(on: boolean, uptime: Tick["uptime"]): number {
    const full = uptime - this.#step.from < STEP && this.#step.taken >= this.#rules.perStep;
    return Math.max(full ? this.#step.from + STEP : uptime, on ? this.#closedAt + this.#rules.spacing : uptime);
  }

  #took(on: boolean, uptime: Millis): void {
    const fresh = uptime - this.#step.from >= STEP;
    this.#step = fresh ? { from: uptime, taken: 1 } : { ...this.#step, taken: this.#step.taken + 1 };
    if (on) this.#closedAt = uptime;
  }
}
