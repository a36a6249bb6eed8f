import { onAbort } from "../../agent/runtime/on-abort.ts";

export type Rank = "order" | "poll";

/** One connection at a time per miner. Orders go before polls: a reading can wait, a limit cannot. */
export class Lane {
  #busy = false;
  readonly #waiting: { readonly [R in Rank]: (() => void)[] } = { order: [], poll: [] };

  /** null: it was free and is the caller's now, until it leaves. Otherwise it is once this has resolved; rejects with the signal's reason when that comes first. */
  enter(rank: Rank, signal: AbortSignal): Promise<void> | null {
    if (this.#busy) return this.#turn(rank, signal);
    this.#busy = true;
    return null;
  }

  leave(): void {
    this.#busy = false;
    (this.#waiting.order.shift() ?? this.#waiting.poll.shift())?.();
  }

  /** Resolves when the lane is handed over, which `start` does before anybody else can find it free. */
  #turn(rank: Rank, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const queue = this.#waiting[rank];
      const start = (): void => {
        this.#busy = true;
        takeBack();
        resolve();
      };
      const takeBack = onAbort(signal, () => {
        queue.splice(queue.indexOf(start), 1);
        reject(signal.reason as Error);
      });
      queue.push(start);
    });
  }
}
