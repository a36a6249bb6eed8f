/** Lets an outbox speak when its link is there, and keeps room on the disk for what must not be lost. */
import type { Clock } from "../runtime/clock.ts";
import { seconds } from "../core/units.ts";
import type { Outbox } from "../record/outbox.ts";
import type { Reserve } from "../record/reserve.ts";
import type { AgentEvent } from "../report/events.ts";
import type { Attendant, Desk } from "./attendant.ts";

export interface ForwardingOptions {
  readonly clock: Clock;
  readonly outboxes: readonly Outbox[];
  readonly reserve: Reserve;
}

const LOOK_EVERY = seconds(60);

export class Forwarding implements Attendant {
  readonly name = "outbox";
  readonly #options: ForwardingOptions;
  #desk: Desk | null = null;

  constructor(options: ForwardingOptions) {
    this.#options = options;
  }

  attach(_kept: unknown, desk: Desk): void {
    this.#desk = desk;
  }

  event(name: string, fields: Readonly<Record<string, unknown>>): void {
    this.#desk?.event(name, fields);
  }

  happened({ name }: AgentEvent): void {
    if (name === "link.connected") for (const outbox of this.#options.outboxes) outbox.connected();
    // Whatever did not find room may have it now.
    if (name === "journal.failed" || name === "storage.failed") void this.#options.reserve.release();
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#options.outboxes.map((outbox) => outbox.run(signal)), this.#keepRoom(signal)]);
  }

  async #keepRoom(signal: AbortSignal): Promise<void> {
    const { clock, outboxes, reserve } = this.#options;
    for (;;) {
      await clock.sleep(LOOK_EVERY, signal).catch(() => undefined);
      if (signal.aborted) return;
      const short = await reserve.look();
      for (const outbox of outboxes) outbox.stopSummaries(short);
    }
  }
}
