/** Puts lines on the disk: with the system at once, on the platter within a second or when asked, and again when the disk takes them again. */
import { seconds } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Disk } from "../runtime/disk.ts";
import type { Head } from "./chain.ts";
import { HEADS } from "./segments.ts";
import { messageOf } from "../runtime/errors.ts";

export interface PenOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** A line for the file of heads: how far the journal surely goes. */
  readonly sign: (head: Head) => string;
  /** Told once when it cannot be written, and once when it can again. */
  readonly trouble: (reason: string | null) => void;
}

const SYNC_WITHIN = seconds(1);
const RETRY = seconds(5);
const LARGEST_HEADS = 65_536;

interface Line {
  readonly bytes: Buffer;
  /** The journal's head with it. */
  readonly head: Head;
}

interface Batch {
  readonly file: string;
  readonly lines: Line[];
}

export class Pen {
  readonly #options: PenOptions;
  #waiting: Batch[] = [];
  #waitingBytes = 0;
  /** Bytes of each file that are surely whole lines. */
  readonly #sizes: Map<string, number>;
  #handed: Head;
  #synced: Head;
  /** The file that holds what is not synced yet. */
  #unsynced: string | null = null;
  #urgent = false;
  #timer: (() => void) | null = null;
  #work: Promise<void> | null = null;
  #failing = false;
  #headsBytes = 0;

  /** `head`: what the disk holds; `sizes`: of files that go on. */
  constructor(options: PenOptions, head: Head, sizes: ReadonlyMap<string, number>) {
    this.#options = options;
    this.#handed = head;
    this.#synced = head;
    this.#sizes = new Map(sizes);
  }

  /** Bytes that the disk has not taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** As far as it is on the platter. */
  get synced(): Head {
    return this.#synced;
  }

  /** To be followed by `wake`. */
  write(file: string, line: Line): void {
    this.#waitingBytes += line.bytes.length;
    const batch = this.#waiting.at(-1);
    if (batch?.file === file) batch.lines.push(line);
    else this.#waiting.push({ file, lines: [line] });
  }

  wake(atOnce: boolean): void {
    if (atOnce) this.#urgent = true;
    if (this.#work !== null || this.#failing) return;
    this.#work = this.#drain().catch((error: unknown) => this.#fail(error)).finally(() => {
      this.#work = null;
      // What came in the very last moment.
      if (!this.#failing && (this.#waiting.length > 0 || (this.#urgent && this.#unsynced !== null))) this.wake(false);
    });
  }

  /** Resolves when line `n` is on the platter; false when it could not be put there. */
  async settled(n: number): Promise<boolean> {
    this.wake(true);
    while (this.#synced.n < n && !this.#failing) await (this.#work ?? Promise.resolve());
    return this.#synced.n >= n;
  }

  rest(): void {
    this.#timer?.();
    this.#timer = null;
  }

  async #drain(): Promise<void> {
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) await this.#put(batch);
    if (this.#urgent) await this.#sync();
    else if (this.#unsynced !== null) this.#timer ??= this.#options.clock.after(SYNC_WITHIN, () => this.#due());
  }

  async #put(batch: Batch): Promise<void> {
    const { disk } = this.#options;
    const { file, lines } = batch;
    if (this.#unsynced !== null && this.#unsynced !== file) await disk.sync(this.#unsynced);
    const taken = lines.splice(0);
    const bytes = Buffer.concat(taken.map((line) => line.bytes));
    try {
      await disk.append(file, bytes);
    } catch (error) {
      lines.unshift(...taken);
      throw error;
    }
    this.#sizes.set(file, (this.#sizes.get(file) ?? 0) + bytes.length);
    this.#unsynced = file;
    this.#handed = taken.at(-1)?.head ?? this.#handed;
    this.#waitingBytes -= bytes.length;
    if (lines.length === 0) this.#waiting = this.#waiting.filter((other) => other !== batch);
  }

  async #sync(): Promise<void> {
    this.rest();
    this.#urgent = false;
    const file = this.#unsynced;
    if (file === null) return;
    const head = this.#handed;
    await this.#options.disk.sync(file);
    this.#synced = head;
    await this.#keepHead(head);
    this.#unsynced = null;
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.trouble(null);
  }

  /** Beside the journal, so that its end cannot be cut off unseen. Not synced: it may lag behind a power cut, never lead. */
  async #keepHead(head: Head): Promise<void> {
    const { disk, sign } = this.#options;
    const line = Buffer.from(`${sign(head)}\n`);
    const full = this.#headsBytes === 0 || this.#headsBytes + line.length > LARGEST_HEADS;
    if (full) await disk.replace(HEADS, line);
    else await disk.append(HEADS, line);
    this.#headsBytes = full ? line.length : this.#headsBytes + line.length;
  }

  #due(): void {
    this.#timer = null;
    this.wake(true);
  }

  #fail(error: unknown): void {
    const first = !this.#failing;
    this.#failing = true;
    if (first) this.#options.trouble(messageOf(error));
    this.#options.clock.after(RETRY, () => void this.#retry());
  }

  /** A file may end in half a line: it is cut before the next attempt. */
  async #retry(): Promise<void> {
    const { disk } = this.#options;
    try {
      const there = new Set((await disk.list()).map(({ name }) => name));
      for (const { file } of this.#waiting) if (there.has(file)) await disk.truncate(file, this.#sizes.get(file) ?? 0);
      this.#urgent = true;
      await this.#drain();
    } catch (error) {
      this.#fail(error);
    }
  }
}
