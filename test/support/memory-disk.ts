/** A Disk in memory: what was appended survives a killed process, what was synced also a power cut. It can be full. */
import { millis, type Millis } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Disk } from "../../agent/runtime/disk.ts";

interface Kept {
  bytes: Buffer;
  synced: number;
}

export class MemoryDisk {
  readonly files = new Map<string, Kept>();
  /** Bytes that may still be written. */
  room = Number.POSITIVE_INFINITY;
  latency: Millis = millis(1);

  /** As one process sees it: when its clock stands still for ever, what it was doing never happens. */
  open(clock: Clock): Disk {
    const act = async <T>(work: () => T): Promise<T> => {
      await new Promise<void>((done) => clock.after(this.latency, done));
      return work();
    };
    const file = (name: string): Kept => {
      const found = this.files.get(name);
      if (found === undefined) throw new Error(`ENOENT: ${name}`);
      return found;
    };
    const grow = (bytes: number): void => {
      if (bytes > this.room) throw new Error("ENOSPC: no space left on device");
      this.room -= bytes;
    };
    return {
      list: async () => [...this.files].map(([name, { bytes }]) => ({ name, bytes: bytes.length })).sort((a, b) => (a.name < b.name ? -1 : 1)),
      read: async (name, from, length) => file(name).bytes.subarray(from, from + length),
      async *chunks(name) {
        const { bytes } = file(name);
        for (let from = 0; from < bytes.length; from += 1_000) yield bytes.subarray(from, from + 1_000);
      },
      append: (name, bytes) =>
        act(() => {
          grow(bytes.length);
          const kept = this.files.get(name) ?? { bytes: Buffer.alloc(0), synced: 0 };
          this.files.set(name, { bytes: Buffer.concat([kept.bytes, bytes]), synced: kept.synced });
        }),
      sync: (name) => act(() => void (file(name).synced = file(name).bytes.length)),
      replace: (name, bytes) =>
        act(() => {
          grow(bytes.length - (this.files.get(name)?.bytes.length ?? 0));
          this.files.set(name, { bytes: Buffer.from(bytes), synced: bytes.length });
        }),
      truncate: (name, length) =>
        act(() => {
          const { bytes, synced } = file(name);
          this.room += Math.max(0, bytes.length - length);
          this.files.set(name, { bytes: bytes.subarray(0, length), synced: Math.min(synced, length) });
        }),
      remove: (name) => act(() => void this.files.delete(name)),
      pack: (name) =>
        act(() => {
          this.files.set(`${name}.gz`, file(name));
          this.files.delete(name);
          return `${name}.gz`;
        }),
      free: async () => this.room,
    };
  }

  /** What was not synced is gone. */
  powerCut(): void {
    for (const kept of this.files.values()) kept.bytes = kept.bytes.subarray(0, kept.synced);
  }
}
