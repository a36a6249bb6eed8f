import type { Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";

interface Waiting {
  readonly enter: () => void;
}

/**
 * So many at once, as long as the rest can wait: more at once than the machine serves would only run out of their
 * deadlines together. Nobody waits longer than `patience`, whoever is slow inside.
 */
export class Turnstile {
  readonly #clock: Clock;
  readonly #patience: Millis;
  #free: number;
  readonly #first = new Set<Waiting>();
  readonly #others = new Set<Waiting>();

  constructor(clock: Clock, { width, patience }: { readonly width: number; readonly patience: Millis }) {
    this.#clock = clock;
    this.#free = width;
    this.#patience = patience;
  }

  /** Does `work` when it is its turn; what is `urgent` goes before what is not. */
  async pass<T>(urgent: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(urgent ? this.#first : this.#others);
    try {
      return await work();
    } finally {
      this.#free += 1;
      if (this.#free > 0) this.#next()?.enter();
    }
  }

  #turn(queue: Set<Waiting>): Promise<void> {
    return new Promise((resolve) => {
      const waiting = {
        enter: (): void => {
          queue.delete(waiting);
          cancel();
          // The place is taken at once, before anybody else can find it free.
          this.#free -= 1;
          resolve();
        },
      };
      const cancel = this.#clock.after(this.#patience, waiting.enter);
      queue.add(waiting);
    });
  }

  #next(): Waiting | undefined {
    for (const waiting of this.#first) return waiting;
    for (const waiting of this.#others) return waiting;
    return undefined;
  }
}
