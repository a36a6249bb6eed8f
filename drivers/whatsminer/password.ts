/** A password the miner refused is not tried again and again: some firmware locks out, and every try is a line in somebody's log. */
import { DeviceError } from "../../agent/runtime/errors.ts";

const PAUSE_MS = 5 * 60_000;

export class Password {
  readonly secret: string;
  readonly #now: () => number;
  #refusal: { readonly message: string; readonly until: number } | null = null;

  constructor(secret: string, now: () => number = () => performance.now()) {
    this.secret = secret;
    this.#now = now;
  }

  /** The pause after a refusal lasts. */
  get locked(): boolean {
    return this.#refusal !== null && this.#now() < this.#refusal.until;
  }

  /** Throws `refused`, without asking the miner, while the pause after a refusal lasts. */
  assertUsable(): void {
    if (this.#refusal === null || !this.locked) return;
    const left = Math.ceil((this.#refusal.until - this.#now()) / 1000);
    throw new DeviceError("refused", `${this.#refusal.message} (not tried again for ${left} s)`);
  }

  /** Begins the pause. Returns the error to throw; `message` says cause and cure. */
  refused(message: string): DeviceError {
    this.#refusal = { message, until: this.#now() + PAUSE_MS };
    return new DeviceError("refused", message);
  }

  accepted(): void {
    this.#refusal = null;
  }
}
