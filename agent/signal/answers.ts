/** Refusals that were answered lately. Acks are stored until they are heard: whoever repeats a refused document must not cost disk each time. */
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";

const again = seconds(60);
/** More mistakes than an operator makes in a minute. */
const most = 120;

export class Answers {
  /** By what was said, oldest first. */
  readonly #saidAt = new Map<string, Millis>();

  /** False: the same was said within a minute, or so much else was. All are counted in `status.refused`. */
  due(what: string, { uptime }: Tick): boolean {
    for (const [old, at] of this.#saidAt) {
      if (uptime - at < again) break;
      this.#saidAt.delete(old);
    }
    if (this.#saidAt.has(what) || this.#saidAt.size >= most) return false;
    this.#saidAt.set(what, uptime);
    return true;
  }
}
