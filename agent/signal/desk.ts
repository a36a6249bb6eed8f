/** What all parts of the signal room share: the state, and the few acts that every kind of document needs. */
import type { KeyObject } from "node:crypto";
import type { Allocation, DocumentRef, Heard } from "../core/grid.ts";
import { heartbeatTimeout } from "../core/mode.ts";
import type { Now, Tick } from "../core/time.ts";
import { instant, type Instant, type Millis, type Watts } from "../core/units.ts";
import { Commits, type Done } from "./commits.ts";
import type { AckTerms, SignalAck, SignalCommit, SignalEffect, SignalEvent, SignalEventName } from "./effects.ts";
import { bindLevel } from "./bind.ts";
import { isEvent, type AllocationDocument, type EventDocument, type StandingDocument } from "./documents.ts";
import { drawFor } from "./draw.ts";
import type { Taking } from "./entry.ts";
import { grantFor, type Grant } from "./grants.ts";
import { Heartbeat, type Verified } from "./heartbeat.ts";
import { KeyRing } from "./key-ring.ts";
import type { LatchState } from "./latch.ts";
import { Ledger } from "./ledger.ts";
import type { Opened } from "./open.ts";
import { Refusals } from "./refusals.ts";
import type { Refusal, RefusalCode } from "./result.ts";
import { Shelf } from "./shelf.ts";
import { statedHere } from "./stated.ts";
import { keyOf } from "./stored.ts";
import { Topics, type Place } from "./topics.ts";
import { Wall, type ClockMode } from "./wall.ts";

export interface SignalOptions {
  readonly prefix: string;
  readonly operator: string;
  readonly site: string;
  readonly rack: string;
  readonly signatures: "required" | "optional";
  readonly heartbeat: "required" | "optional";
  readonly clock: ClockMode;
  /** Public half of the key that signs KEYS; null: no signed document can be verified. */
  readonly rootKey: KeyObject | null;
  /** What the rack draws in full operation: where a slope begins. */
  readonly nominal: Watts;
  /** Leave a MAY undone. */
  readonly optOut: boolean;
  /** By node, `site/s1` or `area/north`: the configuration's own word on our part of their watts. */
  readonly shares: Readonly<Record<string, number>>;
  /** 32 fresh random bytes in hex, asked for on the first start only. */
  readonly drawSeed: () => string;
}

/** GLA/1: the mark of an event topic goes this long after its document's end. */
const markOutlives = 24 * 3_600_000;

export class Desk {
  readonly options: SignalOptions;
  readonly topics: Topics;
  readonly wall: Wall;
  readonly ring: KeyRing;
  readonly ledger = new Ledger();
  readonly heartbeat = new Heartbeat();
  readonly refusals = new Refusals();
  readonly commits = new Commits();
  readonly shelves = new Map<string, Shelf>();
  readonly latches = new Map<string, LatchState>();
  /** Topics whose latch is being cleared on disk. */
  readonly clearing = new Set<string>();
  /** Of this device's draws; kept. */
  seed = "";
  #documents: Omit<Heard, "heartbeat"> | null = null;

  constructor(options: SignalOptions) {
    this.options = options;
    this.topics = new Topics(options);
    this.wall = new Wall(options.clock);
    this.ring = new KeyRing(options.rootKey);
  }

  /** To be called after every change of a shelf or a latch. */
  changed(): void {
    this.#documents = null;
    const keys = this.shelves.get(this.topics.keys);
    this.ring.replace(keys?.keySets() ?? [], (keys?.standing.length ?? 0) > 0);
  }

  heard(): Heard {
    this.#documents ??= {
      ...statedHere(this.shelves, { topics: this.topics, nominal: this.options.nominal, grant: (place) => this.grant(place), u: (id) => drawFor(this.seed, id) }),
      latches: [...this.latches.values()].flatMap(({ latch }) => (latch === null ? [] : [latch])),
    };
    return { ...this.#documents, heartbeat: this.heartbeat.state };
  }

  allocations(): readonly Allocation[] {
    return this.heard().allocations;
  }

  /** Which part of what is said at a place is this rack's; null: none. */
  grant(place: Pick<Place, "own" | "kind" | "node">): Grant | null {
    const { shares, signatures, rack } = this.options;
    const allocations = (node: string): AllocationDocument[] => this.shelves.get(this.topics.allocationOf(node))?.allocations().map(({ document }) => document) ?? [];
    return grantFor(place, { configured: shares, mayGrant: signatures === "optional", node: this.topics.node, child: `rack/${rack}`, allocations });
  }

  /** What an accepted document's answer is measured by. */
  terms(document: AllocationDocument | EventDocument): AckTerms {
    if (document.type === "ALLOCATION") {
      const { valid } = document.allocation;
      return { begins: valid.start ?? document.issued, ends: valid.end ?? document.expires, respondWithin: null, tolerance: null, priority: null };
    }
    const { respondWithin, tolerance, priority, expires, issued } = document;
    const spans = bindLevel(document, { share: 1, nominal: this.options.nominal, u: drawFor(this.seed, document.ref.id) }).intervals.map(({ span }) => span);
    return { begins: spans[0]?.start ?? issued, ends: instant(Math.max(...spans.map(({ end }) => end ?? expires), issued)), respondWithin, tolerance, priority };
  }

  /** How this device takes a document. */
  taking(document: StandingDocument): ReturnType<Taking> {
    if (document.type === "ALLOCATION") return { begins: document.allocation.valid.start, declined: false };
    if (!isEvent(document)) return { begins: null, declined: false };
    const delay = document.status === "CANCELLED_RANDOM" ? drawFor(this.seed, document.ref.id) * (document.randomize ?? 0) : null;
    return {
      begins: delay === null ? null : instant(document.issued + delay),
      declined: this.options.optOut && document.obligation === "MAY",
    };
  }

  timeout(): Millis {
    return heartbeatTimeout(this.allocations());
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
    const effects = this.commits.answer(id, kept, tick);
    this.changed();
    return effects;
  }

  /** Counts a message that changes nothing. */
  refuse(topic: string, refusal: Refusal, { tick, alarm = false }: { readonly tick: Tick; readonly alarm?: boolean }): SignalEffect[] {
    return this.refusals.count(refusal, topic, { alarm, tick, at: this.wall.guess(tick) });
  }

  /** Refuses a document that verified: the operator is told. */
  reject(opened: Opened, refusal: Refusal, context: { readonly tick: Tick; readonly alarm?: boolean }): SignalEffect[] {
    return [ack(opened.envelope, "REJECTED", refusal), ...this.refuse(opened.envelope.ref.topic, refusal, context)];
  }

  /** The same, and its number counts as seen: it heals its gap. A short form has no number of its own to be seen. */
  rejectSeen(place: Place, opened: Opened, context: { readonly refusal: Refusal; readonly tick: Tick; readonly alarm?: boolean }): SignalEffect[] {
    const { refusal, tick } = context;
    const { ref } = opened.envelope;
    if (!opened.short && this.ledger.hasRoom(place.topic)) {
      const until = this.markUntil(place, this.wall.earliest(tick));
      this.ledger.move(place.topic, opened.signer, { epoch: ref.epoch, seq: ref.seq, hash: opened.hash, taken: false, until });
    }
    return [...this.reject(opened, refusal, context), ...this.review(tick)];
  }

  /** Is anything missing that the operator has said? */
  review({ uptime }: Tick): SignalEffect[] {
    const missing = this.heartbeat.missing(this.verified());
    const change = this.heartbeat.gap(missing.length > 0, uptime);
    const effects: SignalEffect[] = change === null ? [] : [event(`gap.${change}`, { topics: missing.join(" ").slice(0, 500), count: missing.length })];
    return this.heartbeat.asksAgain(uptime) ? [...effects, { kind: "resubscribe" }] : effects;
  }

  verified(): Verified {
    const standing = [...this.shelves].filter(([, shelf]) => shelf.speaks).map(([topic]) => topic);
    const latched = [...this.latches].filter(([, { latch }]) => latch !== null).map(([topic]) => topic);
    return {
      latest: (topic) => this.ledger.latest(topic),
      obeys: (topic) => {
        const place = this.topics.read(topic);
        return place !== null && place.kind !== "heartbeat" && (!place.node.startsWith("area/") || this.grant(place) !== null);
      },
      standing: [...standing, ...latched],
    };
  }
}

export function event(name: SignalEventName, fields: SignalEvent["fields"]): SignalEvent {
  return { kind: "event", name, fields };
}

export function ack({ ref, type }: Pick<Opened["envelope"], "ref" | "type">, status: SignalAck["ack"]["status"], said?: { readonly code: RefusalCode | null; readonly reason: string }): SignalAck {
  return { kind: "ack", ack: { ref, type, status, code: said?.code ?? null, reason: said?.reason ?? null, terms: null } };
}
