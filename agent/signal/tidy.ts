/** What time alone does: documents end, a waiting allocation begins, marks are forgotten, bounds are written down. */
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import type { Desk } from "./desk.ts";
import { isEvent } from "./documents.ts";
import { ack, event, type SignalEffect } from "./effects.ts";
import { entriesToText } from "./entry.ts";
import type { Signer } from "./ledger.ts";
import { keyOf } from "./stored.ts";

/** What nobody waits for is written no more often than this. */
const writeEvery = seconds(60);
/** The clock's lower bound alone is worth a write this often. */
const clockEvery = seconds(900);

interface MarkName {
  readonly topic: string;
  readonly signer: Signer;
}

export class Tidying {
  readonly #desk: Desk;
  /** What differs from the disk. Read when it is written, not when it changed: a topic may have been used anew meanwhile. */
  #topics = new Set<string>();
  #marks = new Map<string, MarkName>();
  #writtenAt: Millis | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  passed(tick: Tick): SignalEffect[] {
    const effects = this.#end(tick);
    for (const { topic, signers } of this.#desk.ledger.prune(this.#desk.wall.earliest(tick))) {
      for (const signer of signers) this.noteMark({ topic, signer });
    }
    return [...effects, ...this.#write(tick)];
  }

  /** A mark has moved that no document on its way to the disk carries along: a heartbeat's seq, which a restart may not use again. */
  noteMark(mark: MarkName): void {
    this.#marks.set(keyOf.mark(mark.topic, mark.signer), mark);
  }

  #end(tick: Tick): SignalEffect[] {
    const effects = this.#supersede(tick);
    const now = this.#desk.now(tick);
    for (const [topic, shelf] of this.#desk.shelves) {
      const change = shelf.tidy(now);
      if (shelf.empty) this.#desk.shelves.delete(topic);
      if (change === null) continue;
      this.#topics.add(topic);
      this.#desk.changed();
      if (change.begun !== null && isEvent(change.begun.document)) {
        effects.push(ack(change.begun.document, "CANCELLED"), event("signal.cancelled", { id: change.begun.document.ref.id, topic }));
      }
      for (const { document, signer } of change.ended) {
        // One that was never kept has left no mark on disk: after a restart what it replaced would be news.
        this.noteMark({ topic, signer });
        effects.push(event("signal.ended", { id: document.ref.id, topic, type: document.type }));
      }
    }
    return effects;
  }

  /** An event that is on disk and has surely begun takes the place of the one it names, for good. */
  #supersede(tick: Tick): SignalEffect[] {
    const { earliest } = this.#desk.now(tick);
    const effects: SignalEffect[] = [];
    for (const [topic, shelf] of this.#desk.shelves) {
      for (const { document } of shelf.standing) {
        if (!isEvent(document) || document.supersedes === null || document.status !== "ACTIVE" || this.#desk.terms(document).begins > earliest) continue;
        const other = `${topic.slice(0, topic.lastIndexOf("/"))}/${document.supersedes}`;
        const gone = other === topic ? [] : (this.#desk.shelves.get(other)?.supersede(document.issued) ?? []);
        if (gone.length === 0) continue;
        this.#topics.add(other);
        this.#desk.changed();
        for (const entry of gone) effects.push(ack(entry.document, "SUPERSEDED", { code: null, reason: `by ${document.ref.id}` }), event("signal.superseded", { id: entry.document.ref.id, topic: other, by: document.ref.id }));
      }
    }
    return effects;
  }

  /** Only while nothing else is on its way to the disk: then the shelves' standing documents are what it should hold. */
  #write(tick: Tick): SignalEffect[] {
    const since = this.#writtenAt === null ? Infinity : tick.uptime - this.#writtenAt;
    const dirty = this.#topics.size + this.#marks.size > 0;
    if (since < (dirty ? writeEvery : clockEvery) || this.#desk.commits.waiting > 0) return [];
    const [topics, marks] = [this.#topics, this.#marks];
    [this.#topics, this.#marks] = [new Set(), new Map()];
    this.#writtenAt = tick.uptime;
    const done = (kept: boolean): SignalEffect[] => {
      if (kept) return [];
      this.#topics = new Set([...topics, ...this.#topics]);
      this.#marks = new Map([...marks, ...this.#marks]);
      return [];
    };
    return [this.#desk.commit(null, this.#changes(topics, marks), { tick, done })];
  }

  #changes(topics: ReadonlySet<string>, marks: ReadonlyMap<string, MarkName>): Map<string, string | null> {
    const { shelves, ledger } = this.#desk;
    const changes = new Map<string, string | null>();
    for (const topic of topics) {
      const standing = shelves.get(topic)?.standing ?? [];
      changes.set(keyOf.document(topic), standing.length === 0 ? null : entriesToText(standing));
    }
    for (const [key, { topic, signer }] of marks) {
      // The number of what is not on disk would pass for heard after a restart: it goes with its document.
      if (shelves.get(topic)?.waits === true) continue;
      const mark = ledger.mark(topic, signer);
      changes.set(key, mark === null ? null : JSON.stringify(mark));
    }
    return changes;
  }
}
