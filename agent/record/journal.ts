/**
 * The journal: an append-only chain of JSON lines in files of a day. It never holds up who writes: a disk that does not take
 * it costs memory up to a bound, then lines, and both are said.
 */
import type { Tick } from "../core/time.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Disk } from "../runtime/disk.ts";
import { hashOf, headText, nextLine, START, type Head, type HeadDocument } from "./chain.ts";
import { Pen } from "./pen.ts";
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

const LARGEST_SEGMENT = 64 * 1024 * 1024;
/** Waiting for a disk that does not take them. */
const MOST_WAITING = 8 * 1024 * 1024;
const DAY_MS = 86_400_000;

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const found = await recover(options.disk);
  // A first line without a head beside it could not be told from a journal whose heads were taken away.
  if (found.head.n === 0 && found.contradicts === null) await options.disk.replace(HEADS, Buffer.from(`${signedHead(START, options)}\n`)).catch(() => undefined);
  return new Journal(options, found);
}

export class Journal {
  /** What was found when it was opened. */
  readonly found: Recovered;
  readonly #options: JournalOptions;
  readonly #pen: Pen;
  #head: Head;
  /** The file lines go to; null: the next line begins one. */
  #segment: { readonly name: string; readonly day: string; bytes: number } | null;
  #number: number;
  #lost = 0;

  constructor(options: JournalOptions, found: Recovered) {
    const { segment, head, lastNumber } = found;
    this.#options = options;
    this.found = found;
    this.#head = head;
    this.#number = lastNumber;
    this.#segment = segment === null ? null : { name: segment.name, day: segment.day, bytes: segment.bytes };
    this.#pen = new Pen({ ...options, sign: (at) => signedHead(at, options) }, head, new Map(segment === null ? [] : [[segment.name, segment.bytes]]));
  }

  /** Of the last line given to it. */
  get head(): Head {
    return this.#head;
  }

  /** As far as it is on the platter. */
  get synced(): Head {
    return this.#pen.synced;
  }

  /** On the platter within a second, or as soon as can be. */
  write(entry: Entry, { atOnce = false }: { readonly atOnce?: boolean } = {}): void {
    const tick = this.#options.clock.now();
    if (this.#pen.waitingBytes > MOST_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#turnOver(tick);
    if (this.#lost > 0) this.#add({ kind: "lost", lines: this.#lost }, tick);
    this.#lost = 0;
    this.#add(entry, tick);
    this.#pen.wake(atOnce);
  }

  /** A line that says and signs where the journal stands before it; what is signed is for others to keep. */
  checkpoint(): Checkpoint {
    const tick = this.#options.clock.now();
    this.#turnOver(tick);
    const head = this.#head;
    const signed = signedHead(head, this.#options);
    this.#add({ kind: "checkpoint", head: signed }, tick);
    this.#pen.wake(true);
    return { head, signed };
  }

  /** Resolves when everything written so far is on the platter; false when it could not be. */
  settled(): Promise<boolean> {
    return this.#pen.settled(this.#head.n);
  }

  /** Packs what is old and removes what is older. To be called now and then, from outside the loop. */
  async tidy(): Promise<void> {
    const { disk, clock, keepDays, packAfterDays } = this.#options;
    const today = clock.now().at;
    const old = (day: string, days: number): boolean => today - Date.parse(day) > (days + 1) * DAY_MS;
    for (const segment of (await listSegments(disk)).filter(({ number }) => number < this.#number)) {
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
    this.#pen.rest();
  }

  /** A day has ended, or a file is long enough: it ends in a checkpoint. */
  #turnOver(tick: Tick): void {
    const day = isoTime(tick).slice(0, 10);
    const segment = this.#segment;
    if (segment !== null && segment.day === day && segment.bytes < LARGEST_SEGMENT) return;
    if (segment !== null) this.#add({ kind: "checkpoint", head: signedHead(this.#head, this.#options) }, tick);
    this.#number += 1;
    this.#segment = { name: segmentName(this.#number, day), day, bytes: 0 };
    this.#add({ kind: "segment", segment: this.#number }, tick);
  }

  #add({ kind, ...fields }: Entry, tick: Tick): void {
    const segment = this.#segment;
    if (segment === null) return;
    const text = nextLine(this.#head, { at: isoTime(tick), up: Math.round(tick.uptime), kind, ...fields });
    this.#head = { n: this.#head.n + 1, hash: hashOf(text) };
    const bytes = Buffer.from(`${text}\n`);
    segment.bytes += bytes.length;
    this.#pen.write(segment.name, { bytes, head: this.#head });
  }
}

function signedHead(head: Head, { seal, clock }: Pick<JournalOptions, "seal" | "clock">): string {
  const document: HeadDocument = { v: 1, type: "LOG_HEAD", at: isoTime(clock.now()), logHead: headText(head) };
  return seal(JSON.stringify(document));
}

const isoTime = ({ at }: Tick): string => new Date(at).toISOString();
