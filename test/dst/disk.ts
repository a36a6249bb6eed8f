/** The controller's disk: what was synced survives, what was not is gone with the process. */
import { millis } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Store } from "../../agent/runtime/store.ts";

export class SimDisk {
  readonly #synced = new Map<string, string>();
  /** While set every commit fails, as on a full disk. */
  full = false;
  latency = millis(5);

  /** The disk as one process sees it: when its clock stands still for ever, what it was writing never lands. */
  open(clock: Clock): Store {
    return {
      load: async (prefix) => new Map([...this.#synced].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))),
      commit: async (changes) => {
        await new Promise<void>((done) => clock.after(this.latency, done));
        if (this.full) throw new Error("no space left on device");
        for (const [key, value] of changes) {
          if (value === null) this.#synced.delete(key);
          else this.#synced.set(key, value);
        }
      },
      close: async () => undefined,
    };
  }
}
