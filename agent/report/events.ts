import type { Instant } from "../core/units.ts";
import { isoTime } from "./figures.ts";

/** A happening: `noun.past`, the same name in log, topic and runbook. */
export interface AgentEvent {
  readonly at: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Kept for `curtailctl events`: a few hours of an eventful rack. */
const KEPT = 2_000;
/** The oldest go so many at a time: one by one, each would move all that stay. */
const ROOM = 250;

/** The recent events, and whoever follows them. */
export class EventRing {
  readonly #events: AgentEvent[] = [];
  readonly #followers = new Set<(event: AgentEvent) => void>();

  add(name: string, at: Instant, fields: Readonly<Record<string, unknown>>): AgentEvent {
    const event: AgentEvent = { at: isoTime(at), name, ...fields };
    this.#events.push(event);
    if (this.#events.length >= KEPT + ROOM) this.#events.splice(0, ROOM);
    for (const follow of this.#followers) follow(event);
    return event;
  }

  last(count: number): readonly AgentEvent[] {
    return count <= 0 ? [] : this.#events.slice(-Math.min(count, KEPT));
  }

  /** Calls `follow` for every event from now on; the returned function ends it. */
  follow(follow: (event: AgentEvent) => void): () => void {
    this.#followers.add(follow);
    return () => this.#followers.delete(follow);
  }
}
