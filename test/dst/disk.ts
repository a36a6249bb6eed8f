/** The controller's disk: what was synced survives, what was not is gone with the process. */
import { millis } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Store } from "../../agent/runtime/store.ts";
import { forever, type Mortality } from "./mortality.ts";

/** What can be wrong with it. `torn`: the batch lands whole and the write is reported as failed, as after an error of fsync. */
export type DiskFault = "none" | "full" | "slow" | "torn";

const LATENCY = millis(5);
const SLOW = millis(3_000);

export class SimDisk {
  readonly #synced = new Map<string, string>();
  fault: DiskFault = "none";

  /** What stands on the platter under a key; null: nothing. */
  kept(key: string): string | null {
    return this.#synced.get(key) ?? null;
  }

  /** The disk as one process sees it. A batch lands whole or not at all, whenever the process dies. */
  open(clock: Clock, mortality: Mortality): Store {
    return {
      load: async (prefix) => new Map([...this.#synced].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))),
      commit: async (changes) => {
        await new Promise<void>((done) => clock.after(this.fault === "slow" ? SLOW : LATENCY, done));
        if (!mortality.enter("disk")) return forever();
        if (this.fault === "full") throw new Error("no space left on device");
        for (const [key, value] of changes) {
          if (value === null) this.#synced.delete(key);
          else this.#synced.set(key, value);
        }
        if (!mortality.leave("disk")) return forever();
        if (this.fault === "torn") throw new Error("input/output error");
      },
      close: async () => undefined,
    };
  }
}
