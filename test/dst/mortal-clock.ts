import type { Clock } from "../../agent/runtime/clock.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";

/** A process's own clock: once it is killed nothing that waited on it ever goes on. */
export class MortalClock implements Clock {
  readonly #clock: Clock;
  #dead = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock.boot();
  }

  now(): ReturnType<Clock["now"]> {
    return this.#clock.now();
  }

  after(...[length, call]: Parameters<Clock["after"]>): () => void {
    if (this.#dead) return () => undefined;
    return this.#clock.after(length, () => {
      if (!this.#dead) call();
    });
  }

  sleep(...[length, signal]: Parameters<Clock["sleep"]>): Promise<void> {
    if (this.#dead) return forever();
    return this.#clock.sleep(length, signal).then(
      () => (this.#dead ? forever() : undefined),
      (error: unknown) => (this.#dead ? forever() : Promise.reject(error)),
    );
  }

  kill(): void {
    this.#dead = true;
  }
}

const forever = (): Promise<never> => new Promise(() => undefined);
