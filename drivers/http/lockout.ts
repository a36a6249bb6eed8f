import { DeviceError } from "../../agent/runtime/errors.ts";

/** Miners lock whoever guesses, and a log full of one wrong password helps nobody. */
const PAUSE_MS = 5 * 60_000;

/** The miner does not take our password. It is not at fault, and what it tells without one still counts. */
export class PasswordError extends DeviceError {
  constructor(message: string) {
    super("refused", message);
  }
}

/** A password that was refused is said so once and not tried again for five minutes. */
export class Lockout {
  readonly #cure: string;
  readonly #now: () => number;
  #until = -Infinity;

  /** `cure`: where the right password goes. `now`: monotonic ms. */
  constructor(cure: string, now: () => number = () => performance.now()) {
    this.#cure = cure;
    this.#now = now;
  }

  /** Before the password is sent. Throws `refused` while it is not to be tried. */
  check(): void {
    const left = this.#until - this.#now();
    if (left > 0) throw new PasswordError(`the password was refused; ${this.#cure}; tried again in ${Math.ceil(left / 1000)} s`);
  }

  /** The miner refused the password. Returns what to throw. */
  refused(): PasswordError {
    this.#until = this.#now() + PAUSE_MS;
    return new PasswordError(`the miner refused the password; ${this.#cure}`);
  }

  /** Whether the last password tried was refused and the next try is still to come. */
  get closed(): boolean {
    return this.#until > this.#now();
  }

  accepted(): void {
    this.#until = -Infinity;
  }
}
