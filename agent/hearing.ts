/** What the signal room makes of messages, carried out: to the disk, to whoever waits for an answer, and to a cycle where what binds is another. */
import { bindingWord } from "./core/limit.ts";
import type { Tick } from "./core/time.ts";
import type { Notebook } from "./notebook.ts";
import type { DaemonParts } from "./parts.ts";
import { stackOf } from "./runtime/errors.ts";
import type { SignalEffect } from "./signal/effects.ts";
import type { Signal } from "./signal/signal.ts";
import type { Teller } from "./teller.ts";

export interface HearingContext {
  readonly parts: () => DaemonParts;
  readonly notebook: Notebook;
  readonly teller: Teller;
  /** A cycle follows at once. */
  readonly soon: () => void;
}

export class Hearing {
  readonly #context: HearingContext;

  constructor(context: HearingContext) {
    this.#context = context;
  }

  message(message: Parameters<Signal["receive"]>[0]): void {
    const { signal, clock, log } = this.#context.parts();
    log.debug({ topic: message.topic, bytes: message.payload.length, retain: message.retain }, "a message came");
    this.#hurried(() => this.#carryOut(signal.receive(message, clock.now())));
  }

  /** To be called every cycle. */
  passed(tick: Tick): void {
    this.#carryOut(this.#context.parts().signal.passed(tick));
  }

  restored(stored: ReadonlyMap<string, string>, tick: Tick): void {
    this.#carryOut(this.#context.parts().signal.restore(stored, tick));
  }

  connected(count: number): void {
    const { signal, clock } = this.#context.parts();
    this.#context.teller.connected(count);
    signal.session(true, clock.now());
    this.#context.soon();
  }

  disconnected(reason: string): void {
    const { signal, clock } = this.#context.parts();
    this.#context.teller.event("link.lost", { link: "grid", reason });
    signal.session(false, clock.now());
  }

  /** A cycle follows at once where what binds is another after `work`. A flood of messages that change nothing must not become a flood of cycles. */
  #hurried(work: () => void): void {
    const { signal, clock, policy } = this.#context.parts();
    const binding = (): string => {
      try {
        return bindingWord(signal.heard(), signal.now(clock.now()), policy.failsafe);
      } catch {
        // What is wrong with what is held is told by the decision that meets it.
        return "fault";
      }
    };
    const before = binding();
    work();
    if (binding() !== before) this.#context.soon();
  }

  #carryOut(effects: readonly SignalEffect[]): void {
    const { parts, notebook, teller } = this.#context;
    const { signal, clock, grid, attendants, log } = parts();
    for (const effect of effects) {
      switch (effect.kind) {
        case "commit":
          void notebook.write(effect.changes).then(() => true, () => false).then((kept) => {
            this.#hurried(() => this.#carryOut(signal.committed(effect.id, kept, clock.now())));
          });
          break;
        case "ack":
          teller.ack(effect.ack);
          break;
        case "event":
          teller.event(effect.name, effect.fields);
          break;
        case "verified":
          for (const attendant of attendants) attendant.heard?.(effect.document);
          break;
        case "bug":
          log.error({ topic: effect.topic, stack: stackOf(effect.error) }, "a bug of ours: a document of the grid was refused for it");
          break;
        case "resubscribe":
          grid.resubscribe();
          break;
      }
    }
  }
}
