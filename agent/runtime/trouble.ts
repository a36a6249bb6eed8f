import { messageOf } from "./errors.ts";

/** Something that fails again and again: said when it begins, and when it fails for another reason. */
export class Trouble {
  readonly #say: (reason: string) => void;
  #reason: string | null = null;

  constructor(say: (reason: string) => void) {
    this.#say = say;
  }

  failed(error: unknown): void {
    const reason = messageOf(error);
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#say(reason);
  }

  over(): void {
    this.#reason = null;
  }
}
