import type { Telemetry } from "../../agent/core/model.ts";
import { MODE, type Settings } from "./settings.ts";

/** In deadlines of one request: three minutes at the usual 3 s, twice what a machine may take to fall asleep. */
const PATIENCE = 60;

/** Some firmware stores that it should sleep and mines on. Its configuration then proves nothing: it is written again when patience ends. */
export class Patience {
  readonly #lengthMs: number;
  readonly #now: () => number;
  #awakeSince: number | null = null;

  /** `now`: monotonic ms. */
  constructor(requestMs: number, now: () => number) {
    this.#lengthMs = PATIENCE * requestMs;
    this.#now = now;
  }

  read(settings: Settings | null, state: Telemetry["state"]): void {
    if (settings === null || state === null) return;
    if (settings.mode === MODE.sleep && state !== "asleep") this.#awakeSince ??= this.#now();
    else this.#awakeSince = null;
  }

  /** It was told anew. */
  begin(): void {
    this.#awakeSince = null;
  }

  get ended(): boolean {
    return this.#awakeSince !== null && this.#now() - this.#awakeSince >= this.#lengthMs;
  }
}
