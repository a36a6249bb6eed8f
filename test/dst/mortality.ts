/** Whether one process still lives, and the fuse that ends it at the n-th call of a seam: what follows a kill has no effect. */
export const SEAMS = ["clock", "device", "disk", "link"] as const;
export type Seam = (typeof SEAMS)[number];

export interface Fuse {
  readonly seam: Seam;
  /** Calls of the seam from now on, this one included. */
  readonly calls: number;
  /** Killed before the call had its effect, or after it and before the process heard of it. */
  readonly when: "before" | "after";
}

export class Mortality {
  readonly #died: () => void;
  #dead = false;
  #fuse: Fuse | null = null;
  #left = 0;

  /** `died` is called once, when a fuse has burnt down; not for `end`. */
  constructor(died: () => void) {
    this.#died = died;
  }

  get dead(): boolean {
    return this.#dead;
  }

  light(fuse: Fuse): void {
    this.#fuse = fuse;
    this.#left = fuse.calls;
  }

  end(): void {
    this.#dead = true;
  }

  /** A call begins. False: the process is dead, and the call may have no effect. */
  enter(seam: Seam): boolean {
    if (this.#fuse?.seam === seam && this.#left > 0) {
      this.#left -= 1;
      if (this.#left === 0 && this.#fuse.when === "before") this.#die();
    }
    return !this.#dead;
  }

  /** The call has had its effect. False: nobody hears of it. */
  leave(seam: Seam): boolean {
    if (this.#fuse?.seam === seam && this.#left === 0) this.#die();
    return !this.#dead;
  }

  #die(): void {
    this.#fuse = null;
    if (this.#dead) return;
    this.#dead = true;
    this.#died();
  }
}

/** What a dead process waits for. */
export const forever = (): Promise<never> => new Promise(() => undefined);
