/** A store on a disk that can be slow, refuse, or lose its power: what was not synced is gone then. */
import type { Store } from "../../agent/runtime/store.ts";

export interface MemoryStore extends Store {
  /** What a restart after a power cut would find. */
  readonly synced: ReadonlyMap<string, string>;
  /** The next `count` commits reject and keep nothing. */
  failNext(count?: number): void;
  /** Every commit waits for this first; null: none. Give it a virtual clock's sleep. */
  delay: (() => Promise<void>) | null;
  /** The power goes: commits still under way never happen and never resolve. Returns the disk as the next start finds it. */
  crash(): MemoryStore;
}

export function memoryStore(from: ReadonlyMap<string, string> = new Map()): MemoryStore {
  const synced = new Map(from);
  let failures = 0;
  let alive = true;
  let last: Promise<void> = Promise.resolve();
  const dead = new Promise<never>(() => undefined);
  const store: MemoryStore = {
    synced,
    delay: null,
    failNext(count = 1) {
      failures += count;
    },
    load: async (prefix) => new Map([...synced].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))),
    commit(changes) {
      const write = last.then(async () => {
        await store.delay?.();
        if (!alive) return dead;
        if (failures > 0) {
          failures -= 1;
          throw new Error("the disk refused (as the test asked)");
        }
        for (const [key, value] of changes) {
          if (value === null) synced.delete(key);
          else synced.set(key, value);
        }
      });
      last = write.catch(() => undefined);
      return write;
    },
    close: () => last,
    crash() {
      alive = false;
      return memoryStore(synced);
    },
  };
  return store;
}
