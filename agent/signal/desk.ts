/** What all parts of the signal room share: the state, and the few acts that every kind of document needs. */
import type { Allocation, DocumentRef, Heard } from "../core/grid.ts";
import { heartbeatTimeout } from "../core/mode.ts";
import type { Now, Tick } from "../core/time.ts";
import { instant, type Instant, type Millis } from "../core/units.ts";
import { Answers } from "./answers.ts";
import { Commits, type Done } from "./commits.ts";
import type { AllocationDocument, EventDocument, StandingDocument } from "./documents.ts";
import { drawFor } from "./draw.ts";
import { ack, type AckTerms, type SignalCommit, type SignalEffect } from "./effects.ts";
import type { Taking } from "./entry.ts";
import { review } from "./gap.ts";
import { grantFor, type Grant } from "./grants.ts";
import { Heartbeat } from "./heartbeat.ts";
import { KeyRing } from "./key-ring.ts";
import type { LatchState } from "./latch.ts";
import { Ledger } from "./ledger.ts";
import { takingOf, termsOf } from "./manner.ts";
import type { Opened } from "./open.ts";
import type { SignalOptions } from "./options.ts";
import { Refusals } from "./refusals.ts";
import type { Refusal } from "./result.ts";
import { Shelf } from "./shelf.ts";
import { statedHere } from "./stated.ts";
import { keyOf } from "./stored.ts";
import { Topics, type Place } from "./topics.ts";
import { Wall } from "./wall.ts";

/** GLA/1: the mark of an event topic goes this long after its document's end. */
const markOutlives = 24 * 3_600_000;

/** What the documents say, and the timeout they ask for. */
type Stated = Omit<Heard, "heartbeat"> & { readonly timeout: Millis };

export class Desk {
  readonly options: SignalOptions;
  readonly topics: Topics;
  readonly wall: Wall;
  readonly ring: KeyRing;
  readonly ledger = new Ledger();
  readonly heartbeat = new Heartbeat();
  readonly refusals = new Refusals();
  readonly answers = new Answers();
  readonly commits = new Commits();
  readonly shelves = new Map<string, Shelf>();
  readonly latches = new Map<string, LatchState>();
  /** Topics whose latch is being cleared on disk. */
  readonly clearing = new Set<string>();
  /** Of this device's draws; kept. */
  seed = "";
  #documents: Stated | null = null;

  constructor(options: SignalOptions) {
    this.options = options;
    this.topics = new Topics(options);
    this.wall = new Wall(options.clock);
    this.ring = new KeyRing(options.rootKey);
  }

  /** All that a message on this topic may change, as it stands now: call what it returns to bring that back. */
  checkpoint(topic: string): () => void {
    const [shelf, latch, clearing, documents] = [this.shelves.get(topic), this.latches.get(topic), [...this.clearing], this.#documents];
    const back = [this.wall.checkpoint(), this.heartbeat.checkpoint(), this.commits.checkpoint(), this.ledger.checkpoint(topic), shelf?.checkpoint() ?? (() => void this.shelves.delete(topic))];
    return () => {
      for (const part of back) part();
      if (latch === undefined) this.latches.delete(topic);
      else this.latches.set(topic, latch);
      for (const one of this.clearing) if (!clearing.includes(one)) this.clearing.delete(one);
      this.changed();
      this.#documents = documents;
    };
  }

  /** To be called after every change of a shelf or a latch. */
  changed(): void {
    this.#documents = null;
    const keys = this.shelves.get(this.topics.keys);
    this.ring.replace(keys?.keySets() ?? [], (keys?.standing.length ?? 0) > 0);
  }

  heard(): Heard {
    const { allocations, limits, levels, setpoints, latches } = this.#stated();
    return { allocations, limits, levels, setpoints, latches, heartbeat: this.heartbeat.state };
  }

  /** Asked for many times a cycle, and the same until a document changes. */
  #stated(): Stated {
    if (this.#documents !== null) return this.#documents;
    const stated = statedHere(this.shelves, { topics: this.topics, nominal: this.options.nominal, grant: (place) => this.grant(place), u: (id) => drawFor(this.seed, id) });
    const latches = [...this.latches.values()].flatMap(({ latch }) => (latch === null ? [] : [latch]));
    this.#documents = { ...stated, latches, timeout: heartbeatTimeout(stated.allocations) };
    return this.#documents;
  }

  allocations(): readonly Allocation[] {
    return this.#stated().allocations;
  }

  /** Which part of what is said at a place is this rack's; null: none. */
  grant(place: Pick<Place, "own" | "kind" | "node">): Grant | null {
    const { shares, signatures, rack } = this.options;
    const allocations = (node: string): AllocationDocument[] => this.shelves.get(this.topics.allocationOf(node))?.allocations().map(({ document }) => document) ?? [];
    return grantFor(place, { configured: shares, mayGrant: signatures === "optional", node: this.topics.node, child: `rack/${rack}`, allocations });
  }

  /** What an accepted document's answer is measured by. */
  terms(document: AllocationDocument | EventDocument): AckTerms {
    return termsOf(document, { nominal: this.options.nominal, u: drawFor(this.seed, document.ref.id) });
  }

  /** How this device takes a document. */
  taking(document: StandingDocument): ReturnType<Taking> {
    return takingOf(document, { optOut: this.options.optOut, u: drawFor(this.seed, document.ref.id) });
  }

  timeout(): Millis {
    return this.#stated().timeout;
  }

  now(tick: Tick): Now {
    return this.wall.now(tick, this.heartbeat.notAfter(tick.uptime, this.timeout()));
  }

  shelf(topic: string): Shelf {
    const shelf = this.shelves.get(topic) ?? new Shelf();
    this.shelves.set(topic, shelf);
    return shelf;
  }

  /** Until when a mark is kept; only event topics are ever forgotten. */
  markUntil({ kind }: Place, expires: Instant): Instant | null {
    return kind === "event" ? instant(expires + markOutlives) : null;
  }

  /** One atomic batch, always with the clock's lower bound. */
  commit(ref: DocumentRef | null, changes: ReadonlyMap<string, string | null>, { tick, done }: { readonly tick: Tick; readonly done: Done }): SignalCommit {
    return this.commits.ask(ref, new Map([...changes, [keyOf.clock, String(this.wall.earliest(tick))]]), done);
  }

  committed(id: number, kept: boolean, tick: Tick): SignalEffect[] {
    try {
      return this.commits.answer(id, kept, tick);
    } finally {
      this.changed();
    }
  }

  /** Counts a message that changes nothing. */
  refuse(topic: string, refusal: Refusal, { tick, alarm = false }: { readonly tick: Tick; readonly alarm?: boolean }): SignalEffect[] {
    return this.refusals.count(refusal, topic, { alarm, tick, at: this.wall.guess(tick) });
  }

  /** Refuses a document that verified: the operator is told, once. */
  reject(opened: Opened, refusal: Refusal, context: { readonly tick: Tick; readonly alarm?: boolean }): SignalEffect[] {
    const due = this.answers.due(`${opened.envelope.ref.topic} ${opened.hash} ${refusal.code}`, context.tick);
    return [...(due ? [ack(opened.envelope, "REJECTED", refusal)] : []), ...this.refuse(opened.envelope.ref.topic, refusal, context)];
  }

  /** The same, and its number counts as seen: it heals its gap. A short form has no number of its own to be seen. */
  rejectSeen(place: Place, opened: Opened, context: { readonly refusal: Refusal; readonly tick: Tick; readonly alarm?: boolean }): SignalEffect[] {
    const { refusal, tick } = context;
    const { ref } = opened.envelope;
    if (!opened.short && this.ledger.hasRoom(place.topic)) {
      const until = this.markUntil(place, this.wall.earliest(tick));
      this.ledger.move(place.topic, opened.signer, { epoch: ref.epoch, seq: ref.seq, hash: opened.hash, taken: false, until });
    }
    return [...this.reject(opened, refusal, context), ...review(this, tick)];
  }
}
