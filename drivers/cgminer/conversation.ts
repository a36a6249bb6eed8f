/** What the conversations with all firmwares have in common: one request at a time, and one deadline over all of them. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Lane, Rank } from "./lane.ts";

export class Conversation {
  readonly #lane: Lane;
  readonly #rank: Rank;
  readonly #until: number;
  readonly #signal: AbortSignal;
  #turns = 0;

  constructor(lane: Lane, rank: Rank, totalMs: number, signal: AbortSignal) {
    this.#lane = lane;
    this.#rank = rank;
    this.#until = performance.now() + totalMs;
    this.#signal = signal;
  }

  /** Taken so far. */
  get turns(): number {
    return this.#turns;
  }

  /** Milliseconds left of the total. */
  left(): number {
    return this.#until - performance.now();
  }

  /**
   * Once it is its turn, asks within `mostMs` and what is left of the total, and returns what `read` makes of the answer. Throws
   * `timeout` where nothing is left; `what` names the request then, and carries no secret.
   * One frame around the exchange and no more: a thousand stand open at once.
   */
  async turn<A, R>(what: string, mostMs: number, ask: (deadlineMs: number) => Promise<A>, read: (answer: A) => R): Promise<R> {
    const turn = this.#lane.enter(this.#rank, this.#signal);
    if (turn !== null) await turn;
    try {
      this.#turns++;
      const deadlineMs = Math.min(mostMs, Math.ceil(this.left()));
      if (deadlineMs <= 0) throw new DeviceError("timeout", `${what}: no time left to ask`);
      return read(await ask(deadlineMs));
    } finally {
      this.#lane.leave();
    }
  }
}
