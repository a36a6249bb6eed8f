import type { Random } from "./random.ts";

/** A session ends so long after its last use. */
const SESSION_MS = 60_000;

/** The one session a LuxOS machine has to give; whoever holds it may set things. */
export class LuxosSession {
  readonly #now: () => number;
  readonly #random: Random;
  #id: string | null = null;
  #usedAt = 0;

  constructor(now: () => number, random: Random) {
    this.#now = now;
    this.#random = random;
  }

  /** null: nobody is logged on. */
  get id(): string | null {
    if (this.#id !== null && this.#now() - this.#usedAt >= SESSION_MS) this.#id = null;
    return this.#id;
  }

  /** null: another one lives. */
  open(): string | null {
    if (this.id !== null) return null;
    this.#id = Math.floor(this.#random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
    this.#usedAt = this.#now();
    return this.#id;
  }

  /** True for the holder, whose session lives on from now. */
  use(id: string | undefined): boolean {
    if (id === undefined || id !== this.id) return false;
    this.#usedAt = this.#now();
    return true;
  }

  close(): void {
    this.#id = null;
  }
}
