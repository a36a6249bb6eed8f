/**
 * Some brokers answer a publish they do not allow by closing the connection, and would do so for ever.
 * A topic that was on its way when the broker closed is a suspect and travels alone from then on; one whose
 * second journey ends the same way is set aside for a minute, and longer each time. An acknowledgement clears it.
 */
import type { Millis } from "../core/units.ts";

const setAsideFirst = 60_000;
const setAsideLongest = 600_000;
/** A close longer after the send has another cause: brokers close at once. */
const suspicious = 5_000;
const mostTopics = 256;

interface Suspect {
  closes: number;
  asideUntil: number;
}

export class Suspects {
  readonly #suspects = new Map<string, Suspect>();

  isSuspect(topic: string): boolean {
    return this.#suspects.has(topic);
  }

  isAside(topic: string, now: Millis): boolean {
    const suspect = this.#suspects.get(topic);
    return suspect !== undefined && now < suspect.asideUntil;
  }

  clear(topic: string): void {
    this.#suspects.delete(topic);
  }

  /** The broker closed while these were on their way. Returns the topics that are now set aside. */
  closed(onTheirWay: readonly { readonly topic: string; readonly sentAt: Millis }[], now: Millis): string[] {
    const aside: string[] = [];
    // One close is one close, however many messages of a topic were on their way.
    const recent = new Set(onTheirWay.filter(({ sentAt }) => now - sentAt <= suspicious).map(({ topic }) => topic));
    for (const topic of recent) {
      const closes = (this.#suspects.get(topic)?.closes ?? 0) + 1;
      this.#suspects.delete(topic);
      this.#suspects.set(topic, { closes, asideUntil: closes < 2 ? 0 : now + Math.min(setAsideFirst * 2 ** (closes - 2), setAsideLongest) });
      if (closes >= 2) aside.push(topic);
    }
    for (const topic of this.#suspects.keys()) {
      if (this.#suspects.size <= mostTopics) break;
      this.#suspects.delete(topic);
    }
    return aside;
  }
}
