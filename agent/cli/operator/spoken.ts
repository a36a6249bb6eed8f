/** What the operator has said on the topics of a rack, as its heartbeat has to name it in `last`. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "../../runtime/link.ts";
import { documentId, Topics } from "../../signal/topics.ts";
import { Cards } from "./card.ts";

export interface SpokenDocument {
  readonly type: string;
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
  /** Milliseconds since 1970; null: none given. */
  readonly exp: number | null;
}

/** Reads one's own document back, without verifying it; null: not one. */
export function readSpoken(payload: Uint8Array): SpokenDocument | null {
  try {
    const outer = JSON.parse(Buffer.from(payload).toString("utf8")) as Readonly<Record<string, unknown>>;
    const signed = outer["payload"];
    const { type, id, epoch, seq, exp } = typeof signed === "string" ? (JSON.parse(Buffer.from(signed, "base64url").toString("utf8")) as typeof outer) : outer;
    if (typeof type !== "string" || typeof id !== "string" || !documentId.test(id) || typeof epoch !== "number" || typeof seq !== "number") return null;
    return { type, id, epoch, seq, exp: typeof exp === "string" ? Date.parse(exp) : null };
  } catch {
    return null;
  }
}

interface Status {
  readonly session?: { readonly boot?: string; readonly connects?: number };
  readonly held?: Readonly<Record<string, readonly [number, number]>>;
  readonly heldIds?: Readonly<Record<string, string>>;
}

/** Gathers the retained documents of one rack's topics and its status. */
export class Spoken {
  readonly #topics: Topics;
  readonly #statusTopic: string;
  readonly #headTopic: string;
  readonly #cards: Cards;
  readonly #payloads = new Map<string, Uint8Array>();
  #status: Status = {};
  #seen: string | null = null;

  constructor({ prefix, operator, site, rack }: { readonly prefix: string; readonly operator: string; readonly site: string; readonly rack: string }, cards: Cards = new Cards([])) {
    this.#cards = cards;
    this.#topics = new Topics({ prefix, operator, site, rack });
    this.#statusTopic = `${prefix}/${operator}/${this.#topics.node}/status`;
    this.#headTopic = `${prefix}/${operator}/${this.#topics.node}/log/head`;
  }

  get subscriptions(): readonly { readonly topic: string; readonly qos: 0 | 1 }[] {
    return [...this.#topics.subscriptions.filter(({ topic }) => !topic.endsWith("/heartbeat")), { topic: this.#statusTopic, qos: 1 }, { topic: this.#headTopic, qos: 1 }];
  }

  hear({ topic, payload }: IncomingMessage): void {
    const said = topic === this.#statusTopic || topic === this.#headTopic ? (this.#cards.open(payload, this.#topics.node)?.said ?? null) : null;
    if (topic === this.#statusTopic) this.#status = said ?? this.#status;
    else if (topic === this.#headTopic) this.#seen = typeof said?.["logHead"] === "string" ? said["logHead"] : this.#seen;
    else if (payload.length === 0) this.#payloads.delete(topic);
    else if (this.#topics.read(topic) !== null) this.#payloads.set(topic, payload);
  }

  /** Where the rack's journal stands, as it has last signed it; null: it has not. Echoed, it is kept by two. */
  get seen(): string | null {
    return this.#seen;
  }

  /** Changes when the agent has started or connected anew: it has to hear a heartbeat soon. */
  get session(): string {
    return JSON.stringify(this.#status.session ?? null);
  }

  /**
   * Every topic with a document that has not ended, and its (epoch, seq). A short form has none of its own: the agent
   * gave it one and says so in its status. `own`: the highest seq this operator knows to have used on a topic.
   */
  last(at: number, own: ReadonlyMap<string, number>): { readonly last: Readonly<Record<string, readonly [number, number]>>; readonly stale: readonly string[] } {
    const last: Record<string, readonly [number, number]> = {};
    const stale: string[] = [];
    for (const [topic, payload] of this.#payloads) {
      const document = readSpoken(payload);
      const order = document === null ? this.#assigned(topic, payload) : ended(document, at) ? null : ([document.epoch, document.seq] as const);
      if (order === null) continue;
      const used = own.get(topic);
      // A broker that brings back an older document than we sent must not have it confirmed.
      if (used !== undefined && used > order[1] && document !== null) stale.push(topic);
      last[topic] = used !== undefined && used > order[1] && document !== null ? [order[0], used] : order;
    }
    return { last, stale };
  }

  get heardTopics(): readonly string[] {
    return [...this.#payloads.keys()];
  }

  #assigned(topic: string, payload: Uint8Array): readonly [number, number] | null {
    const id = `short-${createHash("sha256").update(payload).digest("hex").slice(0, 16)}`;
    return this.#status.heldIds?.[topic] === id ? (this.#status.held?.[topic] ?? null) : null;
  }
}

const ended = ({ type, exp }: SpokenDocument, at: number): boolean => type !== "EMERGENCY" && type !== "RELEASE" && exp !== null && exp <= at;
