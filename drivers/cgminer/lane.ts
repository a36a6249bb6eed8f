/** One connection at a time per miner. Orders go before polls: a reading can wait, a limit cannot. */
export type Rank = "order" | "poll";

interface Waiter {
  readonly start: () => void;
}

export class Lane {
  #busy = false;
  readonly #waiting: { readonly [R in Rank]: Waiter[] } = { order: [], poll: [] };

  async run<T>(rank: Rank, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#busy) await this.#turn(rank, signal);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
      (this.#waiting.order.shift() ?? this.#waiting.poll.shift())?.start();
    }
  }

  /** Resolves when the lane is handed over; `#busy` is set before anybody else can look, as `start` runs in the same turn. */
  #turn(rank: Rank, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[rank];
      const leave = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        start: () => {
          this.#busy = true;
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      queue.push(waiter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
