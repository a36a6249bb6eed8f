import type { Delivery, IncomingMessage, Link, LinkListener, OutgoingMessage } from "../../agent/runtime/link.ts";
import { forever, type Mortality } from "./mortality.ts";

export interface Eavesdropper {
  /** In the moment before the agent hears it. */
  delivered(message: IncomingMessage): void;
  /** In the moment the agent hands it over. */
  published(message: OutgoingMessage): void;
}

/** A process's connection: silent once it is dead, and overheard while it lives. */
export class MortalLink implements Link {
  readonly #link: Link;
  readonly #mortality: Mortality;
  readonly #ear: Eavesdropper;

  constructor(link: Link, mortality: Mortality, ear: Eavesdropper) {
    this.#link = link;
    this.#mortality = mortality;
    this.#ear = ear;
  }

  get connected(): boolean {
    return this.#link.connected;
  }

  run(listener: LinkListener, signal: AbortSignal): Promise<void> {
    const living = <A extends unknown[]>(call: (...args: A) => void) => (...args: A): void => {
      if (!this.#mortality.enter("link")) return;
      call(...args);
      this.#mortality.leave("link");
    };
    const message = living((heard: IncomingMessage) => {
      this.#ear.delivered(heard);
      listener.message(heard);
    });
    return this.#link.run({ message, connected: living((count) => listener.connected(count)), disconnected: living((reason) => listener.disconnected(reason)) }, signal);
  }

  publish(message: OutgoingMessage): void {
    if (!this.#mortality.enter("link")) return;
    this.#ear.published(message);
    this.#link.publish(message);
    this.#mortality.leave("link");
  }

  async deliver(message: OutgoingMessage): Promise<Delivery> {
    if (!this.#mortality.enter("link")) return forever();
    this.#ear.published(message);
    const delivery = await this.#link.deliver(message);
    return this.#mortality.leave("link") ? delivery : forever();
  }

  next(): void {
    if (!this.#mortality.enter("link")) return;
    this.#link.next();
    this.#mortality.leave("link");
  }

  resubscribe(): void {
    if (!this.#mortality.enter("link")) return;
    this.#link.resubscribe();
    this.#mortality.leave("link");
  }
}
