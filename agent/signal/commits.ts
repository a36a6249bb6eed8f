/** What was asked of the disk and has not been answered yet. */
import type { DocumentRef } from "../core/grid.ts";
import type { Tick } from "../core/time.ts";
import type { SignalCommit, SignalEffect } from "./effects.ts";

/** Hears what became of a commit. */
export type Done = (kept: boolean, tick: Tick) => SignalEffect[];

export class Commits {
  /** Whether the last write was kept. */
  storage: "ok" | "failed" = "ok";
  readonly #asked = new Map<number, Done>();
  #last = 0;

  get waiting(): number {
    return this.#asked.size;
  }

  /** Call what it returns to forget what has been asked since, and was not sent. */
  checkpoint(): () => void {
    const last = this.#last;
    return () => {
      for (const id of this.#asked.keys()) if (id > last) this.#asked.delete(id);
    };
  }

  ask(ref: DocumentRef | null, changes: ReadonlyMap<string, string | null>, done: Done): SignalCommit {
    const id = (this.#last += 1);
    this.#asked.set(id, done);
    return { kind: "commit", id, ref, changes };
  }

  answer(id: number, kept: boolean, tick: Tick): SignalEffect[] {
    const done = this.#asked.get(id);
    if (done === undefined) return [];
    this.#asked.delete(id);
    const before = this.storage;
    this.storage = kept ? "ok" : "failed";
    const effects = done(kept, tick);
    return before === this.storage ? effects : [{ kind: "event", name: kept ? "storage.recovered" : "storage.failed", fields: {} }, ...effects];
  }
}
