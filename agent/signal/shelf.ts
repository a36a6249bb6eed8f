/**
 * The documents of one topic under GLA/1's durability rule: until a document is on disk it stands beside the one it
 * replaces and the smaller binds, so that a drop acts at once and a raise waits. One whose write failed stays there.
 */
import type { Now } from "../core/time.ts";
import { isEvent, type AllocationDocument, type EventDocument, type KeysDocument } from "./documents.ts";
import type { Entry } from "./entry.ts";

interface Waiting {
  readonly entry: Entry;
  /** Its write was refused: it narrows, and waits for the operator to send it again. */
  failed: boolean;
  /** What was here when it came: that it replaces, and nothing that comes later. */
  readonly before: ReadonlySet<Entry>;
}

/** A disk this far behind is a broken one: then the oldest whose write failed is let go, so that a drop still acts. */
const mostWaiting = 16;

export class Shelf {
  /** On disk: the document in force and, for an allocation, the one that begins later. */
  #standing: readonly Entry[] = [];
  #waiting: Waiting[] = [];

  get standing(): readonly Entry[] {
    return this.#standing;
  }

  /** No room for another document, not even by letting go one whose write failed. */
  get full(): boolean {
    return this.#waiting.length >= mostWaiting && !this.#waiting.some(({ failed }) => failed);
  }

  /** Something here is not on disk. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  get empty(): boolean {
    return this.#standing.length === 0 && this.#waiting.length === 0;
  }

  /** Does a document here say anything now? One that was cancelled or declined does not, and need not be named by a heartbeat. */
  get speaks(): boolean {
    return this.#entries().some(({ document, declined }) => !isEvent(document) || (document.status === "ACTIVE" && !declined));
  }

  /** Call what it returns to bring this moment back. */
  checkpoint(): () => void {
    const [standing, waiting] = [this.#standing, this.#waiting.map((one) => ({ ...one }))];
    return () => {
      [this.#standing, this.#waiting] = [standing, waiting];
    };
  }

  restore(entries: readonly Entry[]): void {
    this.#standing = entries;
  }

  /** A document that stands here, on disk or not; `failed`: its write was refused. */
  find(wanted: (entry: Entry) => boolean): Pick<Waiting, "entry" | "failed"> | null {
    const standing = this.#standing.find(wanted);
    if (standing !== undefined) return { entry: standing, failed: false };
    return this.#waiting.find(({ entry }) => wanted(entry)) ?? null;
  }

  /**
   * Lets a document stand beside the others; returns what the disk should hold instead of what it holds. What replaces
   * what goes by arrival: two signers count apart, so their numbers do not compare.
   */
  put(entry: Entry, now: Now): readonly Entry[] {
    this.#waiting = this.#waiting.filter((other) => other.entry !== entry);
    const before = [...this.#standing, ...this.#waiting.filter(({ failed }) => !failed).map((other) => other.entry)];
    this.#waiting.push({ entry, failed: false, before: new Set(this.#entries()) });
    if (this.#waiting.length > mostWaiting) this.#waiting.splice(this.#waiting.findIndex(({ failed }) => failed), 1);
    return inForce([...before.filter((other) => mayHaveBegun(other, now)), entry], now);
  }

  /** The disk holds `entries`, the last of them the one that was put: it waits no more, nor does what came before it, once it has begun. */
  settle(entries: readonly Entry[], now: Now): void {
    const settled = this.#waiting.find(({ entry }) => entry === entries.at(-1));
    if (settled === undefined) return;
    const here = this.#entries();
    this.#standing = entries.filter((entry) => here.includes(entry));
    const narrows = ({ entry, failed }: Waiting): boolean => failed && !entries.includes(entry) && !hasBegun(settled.entry, now);
    this.#waiting = this.#waiting.filter((one) => one !== settled && (!settled.before.has(one.entry) || narrows(one)));
  }

  fail(entry: Entry): void {
    for (const waiting of this.#waiting) if (waiting.entry === entry) waiting.failed = true;
  }

  /** Lets go what has ended and what has been replaced by what has begun; says which is which, null if nothing changed. */
  tidy(now: Now): { readonly ended: readonly Entry[]; readonly begun: Entry | null } | null {
    const alive = ({ document }: Entry): boolean => document.expires > now.earliest;
    // Kept or not, it was the operator's word: an allocation or key set that ends leaves none, and not the one it replaced.
    const over = this.#waiting.findLast(({ entry }) => !alive(entry) && !isEvent(entry.document));
    const stays = (entry: Entry): boolean => alive(entry) && over?.before.has(entry) !== true;
    const standing = inForce(this.#standing.filter(stays), now);
    const replaced = ({ before }: Waiting): boolean => standing.some((entry) => !before.has(entry) && hasBegun(entry, now));
    const waiting = this.#waiting.filter((one) => stays(one.entry) && !replaced(one));
    if (standing.length === this.#standing.length && waiting.length === this.#waiting.length) return null;
    const ended = this.#entries().filter((entry) => !alive(entry));
    const [first] = standing;
    const begun = first !== undefined && first !== this.#standing[0] && this.#standing.includes(first) ? first : null;
    this.#standing = standing;
    this.#waiting = waiting;
    return { ended, begun };
  }

  /** The allocation that has not surely begun. */
  next(now: Now): Entry | null {
    return this.#standing.find((entry) => !hasBegun(entry, now)) ?? null;
  }

  /** `kept`: on disk. One that is not narrows and is none in force. */
  allocations(): { readonly document: AllocationDocument; readonly kept: boolean }[] {
    const kept = this.#standing.map(({ document }) => ({ document, kept: true }));
    const waiting = this.#waiting.map(({ entry: { document } }) => ({ document, kept: false }));
    return [...kept, ...waiting].flatMap(({ document, kept: onDisk }) => (document.type === "ALLOCATION" ? [{ document, kept: onDisk }] : []));
  }

  /** Those that say something: neither cancelled nor declined. */
  events(): EventDocument[] {
    return this.#entries().flatMap(({ document, declined }) => (isEvent(document) && document.status === "ACTIVE" && !declined ? [document] : []));
  }

  /** Takes away what another event has superseded: everything here issued before it. Returns what went. */
  supersede(issued: number): readonly Entry[] {
    const before = (entry: Entry): boolean => isEvent(entry.document) && entry.document.issued <= issued;
    const gone = this.#entries().filter(before);
    this.#standing = this.#standing.filter((entry) => !before(entry));
    this.#waiting = this.#waiting.filter(({ entry }) => !before(entry));
    return gone;
  }

  keySets(): KeysDocument[] {
    return this.#entries().flatMap(({ document }) => (document.type === "KEYS" ? [document] : []));
  }

  #entries(): Entry[] {
    return [...this.#standing, ...this.#waiting.map(({ entry }) => entry)];
  }
}

const beginning = ({ begins }: Entry): number => begins ?? -Infinity;
const hasBegun = (entry: Entry, { earliest }: Now): boolean => beginning(entry) <= earliest;
const mayHaveBegun = (entry: Entry, { latest }: Now): boolean => latest === null || beginning(entry) <= latest;

/** In their order, from the last that has surely begun: it replaces what is before it, and what begins later waits beside it. */
function inForce(entries: readonly Entry[], now: Now): readonly Entry[] {
  return entries.slice(Math.max(0, entries.findLastIndex((entry) => hasBegun(entry, now))));
}
