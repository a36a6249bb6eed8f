/** What all parts of the signal room share: the state, and the few acts that every kind of document needs. */
import type { KeyObject } from "node:crypto";
import type { Allocation, DocumentRef, Heard } from "../core/grid.ts";
import { heartbeatTimeout } from "../core/mode.ts";
import type { Now, Tick } from "../core/time.ts";
import { instant, type Instant, type Millis } from "../core/units.ts";
import { Commits, type Done } from "./commits.ts";
import type { SignalAck, SignalCommit, SignalEffect, SignalEvent, SignalEventName } from "./effects.ts";
import { Heartbeat, type Verified } from "./heartbeat.ts";
import { KeyRing } from "./key-ring.ts";
import type { LatchState } from "./latch.ts";
import { Ledger } from "./ledger.ts";
import type { Opened } from "./open.ts";
import { Refusals } from "./refusals.ts";
import type { Refusal } from "./result.ts";
import { Shelf } from "./shelf.ts";
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
  #documents: Pick<Heard, "allocations" | "limits" | "latches"> | null = null;

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
      allocations: [...this.shelves.values()].flatMap((shelf) => shelf.allocations()),
      limits: [...this.shelves.values()].flatMap((shelf) => shelf.limits()),
      latches: [...this.latches.values()].flatMap(({ latch }) => (latch === null ? [] : [latch])),
    };
    return { ...this.#documents, heartbeat: this.heartbeat.state };
  }

  allocations(): readonly Allocation[] {
    return this.heard().allocations;
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
      obeys: (topic) => this.topics.read(topic)?.kind !== "heartbeat" && this.topics.read(topic) !== null,
      standing: [...standing, ...latched],
    };
  }
}

export function event(name: SignalEventName, fields: SignalEvent["fields"]): SignalEvent {
  return { kind: "event", name, fields };
}

export function ack({ ref, type }: Pick<Opened["envelope"], "ref" | "type">, status: SignalAck["ack"]["status"], refusal?: Refusal): SignalAck {
  return { kind: "ack", ack: { ref, type, status, code: refusal?.code ?? null, reason: refusal?.reason ?? null } };
}
