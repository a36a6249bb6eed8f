import { millis, type Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { onAbort } from "./on-abort.ts";

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
  wait(clock: Clock, length: Millis, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        cancel();
        takeBack();
        this.#wake = null;
        settle();
      };
      const takeBack = onAbort(signal, () => end(() => reject(signal.reason)));
      const cancel = clock.after(millis(Math.max(SHORTEST, length)), () => end(resolve));
      this.#wake = () => end(resolve);
    });
  }
}
