/**
 * How far each signer has got on each topic: what makes an old document old. Unsigned documents have marks of their own.
 * A document that does not verify never comes here. One that verified but was refused moves the mark in memory only:
 * it heals a gap, and costs no disk.
 */
import type { Instant } from "../core/units.ts";
import { compareOrder, type Order } from "./order.ts";

export interface Mark extends Order {
  /** SHA-256 of the payload. */
  readonly hash: string;
  /** Acted on, not refused. */
  readonly taken: boolean;
  /** null: for ever. Event topics are forgotten some time after their document's end. */
  readonly until: Instant | null;
}

export type Verdict = "newer" | "same" | "altered" | "older";

/** null for unsigned. */
export type Signer = string | null;

/** More topics than any operator uses in a day. */
const mostTopics = 4_096;

interface Page {
  /** By signer; the one that moved last stands last. */
  readonly marks: Map<Signer, Mark>;
  /** Something on this topic was acted on once. */
  taken: boolean;
  /** What was acted on could not be read any more: the operator's word is wanted again, and until then it is missing. */
  lost: boolean;
}

export class Ledger {
  readonly #pages = new Map<string, Page>();

  /** Call what it returns to bring back what is known of a topic now. */
  checkpoint(topic: string): () => void {
    const page = this.#pages.get(topic);
    const then = page === undefined ? null : { ...page, marks: new Map(page.marks) };
    return () => void (then === null ? this.#pages.delete(topic) : this.#pages.set(topic, then));
  }

  judge(topic: string, signer: Signer, order: Order, hash: string): Verdict {
    const mark = this.mark(topic, signer);
    if (mark === null) return "newer";
    const difference = compareOrder(order, mark);
    if (difference !== 0) return difference > 0 ? "newer" : "older";
    return mark.hash === hash ? "same" : "altered";
  }

  mark(topic: string, signer: Signer): Mark | null {
    return this.#pages.get(topic)?.marks.get(signer) ?? null;
  }

  /** The last (epoch, seq) verified on a topic, whoever signed it; null: none. */
  latest(topic: string): Order | null {
    const page = this.#pages.get(topic);
    return page === undefined || page.lost ? null : ([...page.marks.values()].at(-1) ?? null);
  }

  /** What stood on a topic is gone: the same document is news there, an older one still is not. */
  lose(topic: string): void {
    const page = this.#pages.get(topic);
    if (page === undefined) return;
    page.lost = true;
    for (const [signer, mark] of page.marks) page.marks.set(signer, { ...mark, taken: false });
  }

  /** Is there room for a topic? Makes some by forgetting one whose documents were all refused: dropping another mark would let an old document in. */
  hasRoom(topic: string): boolean {
    if (this.#pages.has(topic) || this.#pages.size < mostTopics) return true;
    for (const [other, { taken, marks }] of this.#pages) {
      if (!taken && [...marks.values()].every(({ until }) => until !== null)) return this.#pages.delete(other);
    }
    return false;
  }

  /** Returns the mark as it is kept: never forgotten earlier than the one before it, which would let an older document in. */
  move(topic: string, signer: Signer, next: Mark): Mark {
    const page = this.#pages.get(topic) ?? { marks: new Map<Signer, Mark>(), taken: false, lost: false };
    page.taken ||= next.taken;
    page.lost = false;
    const before = page.marks.get(signer)?.until ?? null;
    const mark = next.until !== null && before !== null && before > next.until ? { ...next, until: before } : next;
    page.marks.delete(signer);
    page.marks.set(signer, mark);
    this.#pages.set(topic, page);
    return mark;
  }

  /** Forgets the topics whose marks have run out; returns them with their signers. */
  prune(earliest: Instant): { readonly topic: string; readonly signers: readonly Signer[] }[] {
    const gone: { topic: string; signers: Signer[] }[] = [];
    for (const [topic, { marks }] of this.#pages) {
      if (![...marks.values()].every(({ until }) => until !== null && until <= earliest)) continue;
      gone.push({ topic, signers: [...marks.keys()] });
      this.#pages.delete(topic);
    }
    return gone;
  }
}
