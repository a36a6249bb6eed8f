/** A Drawer in memory: what was written survives a killed process, what was durable also a power cut. It can be full. */
import { millis, type Millis } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Drawer } from "../../agent/runtime/drawer.ts";

export class MemoryDrawer {
  readonly records = new Map<string, string>();
  full = false;
  latency: Millis = millis(1);

  open(clock: Clock): Drawer {
    const wait = (): Promise<void> => new Promise((done) => clock.after(this.latency, done));
    return {
      write: async (changes) => {
        await wait();
        if (this.full) throw new Error("ENOSPC: no space left on device");
        for (const [key, value] of changes) {
          if (value === null) this.records.delete(key);
          else this.records.set(key, value);
        }
      },
      read: async (prefix, after, most) => {
        await wait();
        return [...this.records].filter(([key]) => key.startsWith(prefix) && key > after).sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, most);
      },
      close: async () => undefined,
    };
  }
}
