/** Room on the disk that is taken before others take it, and given up when evidence finds none. */
import type { Disk } from "../runtime/disk.ts";

const NAME = "reserve";
const PART = Buffer.alloc(1 << 20);

export class Reserve {
  readonly #disk: Disk;
  readonly #bytes: number;

  constructor(disk: Disk, bytes: number) {
    this.#disk = disk;
    this.#bytes = bytes;
  }

  /** Takes the room where there is plenty. Returns why summaries have to stop; null: they need not. */
  async look(): Promise<string | null> {
    const free = await this.#disk.free().catch(() => null);
    if (free === null) return null;
    const held = (await this.#disk.list()).find(({ name }) => name === NAME)?.bytes ?? 0;
    if (held < this.#bytes && free > 4 * this.#bytes) await this.#take(this.#bytes - held).catch(() => undefined);
    const short = held === 0 && free < this.#bytes;
    return short || free < this.#bytes / 4 ? `${Math.round(free / 1e6)} MB are free on the disk, and ${Math.round(this.#bytes / 1e6)} MB are kept for evidence` : null;
  }

  /** Gives the room to whoever needs it now. */
  async release(): Promise<void> {
    await this.#disk.remove(NAME).catch(() => undefined);
  }

  async #take(bytes: number): Promise<void> {
    for (let taken = 0; taken < bytes; taken += PART.length) await this.#disk.append(NAME, PART.subarray(0, Math.min(PART.length, bytes - taken)));
    await this.#disk.sync(NAME);
  }
}
