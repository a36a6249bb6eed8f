import { millis, type Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";

/** Shorter than this is not worth a timer, and rounding could make a wait of nothing that never ends. */
const SHORTEST = 1;

/** Wakes one waiting loop early. A ring while nobody waits is kept for the next wait. */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    if (this.#wake === null) this.#rung = true;
    else this.#wake();
  }

  /** Resolves when rung or after `length`, rejects when `signal` aborts. */
  async wait(clock: Clock, length: Millis, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#rung) {
      this.#rung = false;
      return;
    }
    const stop = new AbortController();
    const pass = (): void => stop.abort();
    signal.addEventListener("abort", pass, { once: true });
    this.#wake = pass;
    try {
      await clock.sleep(millis(Math.max(SHORTEST, length)), stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      this.#wake = null;
      signal.removeEventListener("abort", pass);
    }
    signal.throwIfAborted();
  }
}
