/** What time alone does: documents end, a waiting allocation begins, marks are forgotten, bounds are written down. */
import type { Tick } from "../core/time.ts";
import { seconds, type Millis } from "../core/units.ts";
import { event, type Desk } from "./desk.ts";
import type { SignalEffect } from "./effects.ts";
import { entriesToText } from "./entry.ts";
import { keyOf } from "./stored.ts";

/** What nobody waits for is written no more often than this. */
const writeEvery = seconds(60);
/** The clock's lower bound alone is worth a write this often. */
const clockEvery = seconds(900);

export class Tidying {
  readonly #desk: Desk;
  #changes = new Map<string, string | null>();
  #writtenAt: Millis | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  passed(tick: Tick): SignalEffect[] {
    const effects = this.#end(tick);
    for (const { topic, signers } of this.#desk.ledger.prune(this.#desk.wall.earliest(tick))) {
      for (const signer of signers) this.#changes.set(keyOf.mark(topic, signer), null);
    }
    return [...effects, ...this.#write(tick)];
  }

  /** A heartbeat's seq has risen: after a restart it may not be used again. */
  note(key: string, text: string): void {
    this.#changes.set(key, text);
  }

  #end(tick: Tick): SignalEffect[] {
    const effects: SignalEffect[] = [];
    const now = this.#desk.now(tick);
    for (const [topic, shelf] of this.#desk.shelves) {
      const ended = shelf.tidy(now);
      if (ended === null) continue;
      this.#desk.changed();
      for (const { document } of ended) effects.push(event("signal.ended", { id: document.ref.id, topic, type: document.type }));
      this.#changes.set(keyOf.document(topic), shelf.standing.length === 0 ? null : entriesToText(shelf.standing));
      if (shelf.empty) this.#desk.shelves.delete(topic);
    }
    return effects;
  }

  #write(tick: Tick): SignalEffect[] {
    const since = this.#writtenAt === null ? Infinity : tick.uptime - this.#writtenAt;
    if (since < (this.#changes.size > 0 ? writeEvery : clockEvery) || this.#desk.commitsWaiting > 0) return [];
    const changes = this.#changes;
    this.#changes = new Map();
    this.#writtenAt = tick.uptime;
    const done = (kept: boolean): SignalEffect[] => {
      if (!kept) this.#changes = new Map([...changes, ...this.#changes]);
      return [];
    };
    return [this.#desk.commit(null, changes, { tick, done })];
  }
}
