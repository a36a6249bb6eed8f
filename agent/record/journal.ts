/**
 * The journal: an append-only chain of JSON lines. What is written is with the system at once and on the platter within a
 * second, or at once where that is asked for. It never holds up who writes: a disk that does not take it costs memory up to
 * a bound, then lines, and both are said.
 */
import type { Tick } from "../core/time.ts";
import { seconds } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Disk } from "../runtime/disk.ts";
import { hashOf, headText, nextLine, type Head, type HeadDocument } from "./chain.ts";
import { recover, type Recovered } from "./recover.ts";
import { HEADS, listSegments, segmentName, sumOf } from "./segments.ts";

export interface JournalOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Signs a head with the device key. */
  readonly seal: (payload: string) => string;
  readonly keepDays: number;
  readonly packAfterDays: number;
  /** Told once when it cannot be written, and once when it can again. */
  readonly trouble: (reason: string | null) => void;
}

/** What stands in a line beside its number and hash. `kind` says what the rest means. */
export interface Entry {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface Checkpoint {
  readonly head: Head;
  readonly signed: string;
}

const SYNC_WITHIN = seconds(1);
const RETRY = seconds(5);
const LARGEST_SEGMENT = 64 * 1024 * 1024;
/** Waiting for a disk that does not take them. */
const MOST_WAITING = 8 * 1024 * 1024;
const LARGEST_HEADS = 65_536;
const DAY_MS = 86_400_000;

interface Batch {
  readonly segment: string;
  readonly lines: Buffer[];
}

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const found = await recover(options.disk);
  return new Journal(options, found);
}

export class Journal {
  /** What was found when it was opened. */
  readonly found: Recovered;
  readonly #options: JournalOptions;
  #head: Head;
  /** The file lines go to; null: the next line begins one. */
  #segment: { name: string; number: number; day: string; bytes: number } | null;
  #number: number;
  #waiting: Batch[] = [];
  #waitingBytes = 0;
  #lost = 0;
  /** Bytes of each file that are surely whole lines. */
  readonly #sizes = new Map<string, number>();
  #unsynced: string | null = null;
  #urgent = false;
  #timer: (() => void) | null = null;
  #work: Promise<void> | null = null;
  #failing = false;
  #headsBytes = 0;
  #onDisk: Head;

  constructor(options: JournalOptions, found: Recovered) {
    this.#options = options;
    this.found = found;
    this.#head = found.head;
    this.#onDisk = found.head;
    this.#number = found.lastNumber;
    this.#segment = found.segment === null ? null : { name: found.segment.name, number: found.segment.number, day: found.segment.day, bytes: found.segment.bytes };
    if (found.segment !== null) this.#sizes.set(found.segment.name, found.segment.bytes);
  }

  /** Of the last line given to it. */
  get head(): Head {
    return this.#head;
  }

  /** As far as it is on the platter. */
  get synced(): Head {
    return this.#onDisk;
  }

  write(entry: Entry, how: { readonly atOnce?: boolean } = {}): void {
    const tick = this.#options.clock.now();
    if (this.#waitingBytes > MOST_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#turnOver(tick);
    if (this.#lost > 0) this.#add({ kind: "lost", lines: this.#lost }, tick);
    this.#lost = 0;
    this.#add(entry, tick);
    this.#wake(how.atOnce === true);
  }

  /** A line that says and signs where the journal stands before it; what is signed is for others to keep. */
  checkpoint(): Checkpoint {
    const tick = this.#options.clock.now();
    this.#turnOver(tick);
    const head = this.#head;
    const signed = this.#checkpoint(tick);
    this.#wake(true);
    return { head, signed };
  }

  /** Resolves when everything written so far is on the platter; false when it could not be. */
  async settled(): Promise<boolean> {
    this.#wake(true);
    const { n } = this.#head;
    while (this.#onDisk.n < n && !this.#failing) await (this.#work ?? Promise.resolve());
    return this.#onDisk.n >= n;
  }

  /** Packs what is old and removes what is older. To be called now and then, from outside the loop. */
  async tidy(): Promise<void> {
    const { disk, clock, keepDays, packAfterDays } = this.#options;
    const today = clock.now().at;
    const old = (day: string, days: number): boolean => today - Date.parse(day) > (days + 1) * DAY_MS;
    const finished = (await listSegments(disk)).filter(({ number }) => number < this.#number);
    for (const segment of finished) {
      if (old(segment.day, keepDays)) {
        // Said before it is done: what is missing without a word was taken.
        this.write({ kind: "pruned", segment: segment.number }, { atOnce: true });
        if (!(await this.settled())) return;
        await disk.remove(segment.name);
      } else if (!segment.packed && old(segment.day, packAfterDays)) {
        const packed = await disk.pack(segment.name);
        this.write({ kind: "packed", segment: segment.number, sha256: await sumOf(disk, packed) });
      }
    }
  }

  /** Everything on the platter, with a checkpoint at the end. */
  async close(): Promise<void> {
    this.checkpoint();
    await this.settled();
    this.#timer?.();
  }

  /** A day has ended, or a file is long enough. */
  #turnOver(tick: Tick): void {
    const day = isoTime(tick).slice(0, 10);
    const { name, bytes, day: begun } = this.#segment ?? { name: null, bytes: 0, day };
    if (name !== null && begun === day && bytes < LARGEST_SEGMENT) return;
    if (name !== null) this.#checkpoint(tick);
    this.#number += 1;
    this.#segment = { name: segmentName(this.#number, day), number: this.#number, day, bytes: 0 };
    this.#add({ kind: "segment", segment: this.#number }, tick);
  }

  #checkpoint(tick: Tick): string {
    const signed = this.#sign(tick);
    this.#add({ kind: "checkpoint", head: signed }, tick);
    return signed;
  }

  #sign(tick: Tick, head = this.#head): string {
    const document: HeadDocument = { v: 1, type: "LOG_HEAD", at: isoTime(tick), logHead: headText(head) };
    return this.#options.seal(JSON.stringify(document));
  }

  #add(entry: Entry, tick: Tick): void {
    const segment = this.#segment;
    if (segment === null) return;
    const { kind, ...fields } = entry;
    const text = nextLine(this.#head, { at: isoTime(tick), up: Math.round(tick.uptime), kind, ...fields });
    this.#head = { n: this.#head.n + 1, hash: hashOf(text) };
    const line = Buffer.from(`${text}\n`);
    segment.bytes += line.length;
    this.#waitingBytes += line.length;
    const batch = this.#waiting.at(-1);
    if (batch?.segment === segment.name) batch.lines.push(line);
    else this.#waiting.push({ segment: segment.name, lines: [line] });
  }

  #wake(atOnce: boolean): void {
    if (atOnce) this.#urgent = true;
    if (this.#work !== null || this.#failing) return;
    this.#work = this.#drain().catch((error: unknown) => this.#fail(error)).finally(() => {
      this.#work = null;
      // What came in the very last moment.
      if (!this.#failing && (this.#waiting.length > 0 || (this.#urgent && this.#unsynced !== null))) this.#wake(false);
    });
  }

  async #drain(): Promise<void> {
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) await this.#put(batch);
    if (this.#urgent) await this.#sync();
    else if (this.#unsynced !== null) this.#timer ??= this.#options.clock.after(SYNC_WITHIN, () => this.#due());
  }

  async #put(batch: Batch): Promise<void> {
    const { disk } = this.#options;
    if (this.#unsynced !== null && this.#unsynced !== batch.segment) await disk.sync(this.#unsynced);
    const lines = batch.lines.splice(0);
    const bytes = Buffer.concat(lines);
    try {
      await disk.append(batch.segment, bytes);
    } catch (error) {
      batch.lines.unshift(...lines);
      throw error;
    }
    this.#sizes.set(batch.segment, (this.#sizes.get(batch.segment) ?? 0) + bytes.length);
    this.#unsynced = batch.segment;
    this.#waitingBytes -= bytes.length;
    if (batch.lines.length === 0) this.#waiting = this.#waiting.filter((other) => other !== batch);
  }

  async #sync(): Promise<void> {
    this.#timer?.();
    this.#timer = null;
    this.#urgent = false;
    const name = this.#unsynced;
    if (name === null) return;
    const head = this.#handedOver();
    await this.#options.disk.sync(name);
    this.#onDisk = head;
    await this.#keepHead(head);
    this.#unsynced = null;
    this.#recovered();
  }

  /** The last line that is with the system: all but those that wait. */
  #handedOver(): Head {
    const [first] = this.#waiting;
    const line = first?.lines[0];
    if (line === undefined) return this.#head;
    // A line names the hash of the one before it.
    const { n, prev } = JSON.parse(line.toString("utf8")) as { readonly n: number; readonly prev: string };
    return { n: n - 1, hash: prev };
  }

  /** Beside the journal, so that its end cannot be cut off unseen. Not synced: it may lag behind a power cut, never lead. */
  async #keepHead(head: Head): Promise<void> {
    const { disk, clock } = this.#options;
    const line = Buffer.from(`${this.#sign(clock.now(), head)}\n`);
    if (this.#headsBytes === 0 || this.#headsBytes + line.length > LARGEST_HEADS) {
      await disk.replace(HEADS, line);
      this.#headsBytes = line.length;
    } else {
      await disk.append(HEADS, line);
      this.#headsBytes += line.length;
    }
  }

  #due(): void {
    this.#timer = null;
    this.#wake(true);
  }

  /** The file may end in half a line now: it is cut before the next attempt. */
  #fail(error: unknown): void {
    const first = !this.#failing;
    this.#failing = true;
    if (first) this.#options.trouble(error instanceof Error ? error.message : String(error));
    this.#options.clock.after(RETRY, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    const { disk } = this.#options;
    try {
      for (const name of new Set(this.#waiting.map(({ segment }) => segment))) {
        const exists = (await disk.list()).some((file) => file.name === name);
        if (exists) await disk.truncate(name, this.#sizes.get(name) ?? 0);
      }
      await this.#drain();
      await this.#sync();
    } catch (error) {
      this.#fail(error);
    }
  }

  #recovered(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.trouble(null);
  }
}

const isoTime = ({ at }: Tick): string => new Date(at).toISOString();
