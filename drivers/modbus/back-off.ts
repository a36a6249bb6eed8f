/** How long to leave alone what failed: doubles from `firstMs` to `mostMs`, with jitter so that a rack's links do not knock together. */
export class BackOff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #random: () => number;
  #failures = 0;
  #failedAt = 0;
  #delayMs = 0;

  /** `random`: uniform in [0, 1). */
  constructor(firstMs: number, mostMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  failed(now: number): void {
    this.#failures += 1;
    this.#failedAt = now;
    // Between half and all of the step; 2^20 steps are beyond every limit.
    this.#delayMs = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(20, this.#failures - 1)) * (0.5 + 0.5 * this.#random());
  }

  answered(): void {
    this.#failures = 0;
    this.#delayMs = 0;
  }

  /** When it may be tried again by someone who waits no longer than `patienceMs`. */
  until(patienceMs: number): number {
    return this.#failedAt + Math.min(this.#delayMs, patienceMs);
  }
}
