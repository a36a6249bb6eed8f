/** What waits for the broker (QoS 1): bounded, in order, and of retained messages only the newest of each topic. */
import type { Delivery, OutgoingMessage } from "../runtime/link.ts";
import type { Millis } from "../core/units.ts";

export interface Waiting {
  readonly message: OutgoingMessage;
  readonly queuedAt: Millis;
  readonly bytes: number;
  /** Whose it is again when it is not delivered; unset: the queue's own. */
  readonly settle?: (delivery: Delivery) => void;
}

export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

export class OutboundQueue {
  /** In sending order. A retained message is keyed by its topic, any other by a key of its own. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #limits: QueueLimits;
  #bytes = 0;
  #keys = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Adds at the end; a waiting retained message of the same topic gives its place to the newer one. Returns how many old ones had to go. */
  push(message: OutgoingMessage, queuedAt: Millis, settle?: Waiting["settle"]): number {
    const key = this.#keyOf(message);
    const replaced = this.#waiting.get(key);
    const bytes = sizeOf(message);
    this.#bytes += bytes - (replaced?.bytes ?? 0);
    this.#waiting.set(key, { message, queuedAt, bytes, ...(settle !== undefined && { settle }) });
    return this.#shed();
  }

  /** The first that `fits`, removed. */
  take(fits: (message: OutgoingMessage, waiting: Waiting) => boolean): Waiting | null {
    for (const [key, waiting] of this.#waiting) {
      if (!fits(waiting.message, waiting)) continue;
      this.#waiting.delete(key);
      this.#bytes -= waiting.bytes;
      return waiting;
    }
    return null;
  }

  /** All that fit, removed. */
  takeAll(fits: (waiting: Waiting) => boolean): Waiting[] {
    const taken: Waiting[] = [];
    for (let next = this.take((_message, waiting) => fits(waiting)); next !== null; next = this.take((_message, waiting) => fits(waiting))) taken.push(next);
    return taken;
  }

  /** Sent but not acknowledged: back to the front, unless something newer of a retained topic waits. */
  putBack(unacknowledged: readonly Waiting[]): number {
    const later = [...this.#waiting];
    this.#waiting.clear();
    for (const waiting of unacknowledged) {
      this.#waiting.set(this.#keyOf(waiting.message), waiting);
      this.#bytes += waiting.bytes;
    }
    for (const [key, waiting] of later) {
      this.#bytes -= this.#waiting.get(key)?.bytes ?? 0;
      this.#waiting.set(key, waiting);
    }
    return this.#shed();
  }

  #keyOf(message: OutgoingMessage): string {
    this.#keys += 1;
    return message.retain ? `topic ${message.topic}` : `once ${this.#keys}`;
  }

  /** The oldest passing message goes first, then the oldest retained one. */
  #shed(): number {
    let shed = 0;
    while (this.#waiting.size > this.#limits.messages || this.#bytes > this.#limits.bytes) {
      const gone = this.take((message) => !message.retain) ?? this.take(() => true);
      if (gone === null) break;
      gone.settle?.({ kind: "lost" });
      shed += 1;
    }
    return shed;
  }
}

export const sizeOf = ({ topic, payload }: OutgoingMessage): number =>
  Buffer.byteLength(topic) + (typeof payload === "string" ? Buffer.byteLength(payload) : payload.byteLength) + 64;
