/** Lets messages go within a budget of bytes: whatever happens, a farm's uplink is not filled by its machines. */
import { millis } from "../../core/units.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Link, OutgoingMessage } from "../../runtime/link.ts";

export interface Candidate {
  readonly urgency: number;
  readonly send: () => void;
}

/** What goes without asking is paid for afterwards, as far as this long of the budget: nobody is silenced for longer. */
const DEEPEST_S = 10;

export class Pace {
  readonly #bytesPerSecond: number;
  readonly #burst: number;
  #room: number;
  #at: number | null = null;

  constructor({ bytesPerSecond, burst }: { readonly bytesPerSecond: number; readonly burst: number }) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#burst = burst;
    this.#room = burst;
  }

  /** What goes takes room from what comes. */
  charge(bytes: number): void {
    this.#room = Math.max(-DEEPEST_S * this.#bytesPerSecond, this.#room - bytes);
  }

  /** Resolves when there is room, rejects when `signal` aborts first. */
  async room(clock: Clock, signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#pass(clock.now().uptime / 1000);
      if (this.#room > 0) return;
      await clock.sleep(millis(Math.ceil((-this.#room / this.#bytesPerSecond) * 1000) + 1), signal);
    }
  }

  /** The most urgent first, until there is no room; what is left is asked about again later. */
  spend(candidates: readonly Candidate[], atS: number): void {
    this.#pass(atS);
    for (const { send } of candidates.filter(({ urgency }) => urgency > 0).sort((a, b) => b.urgency - a.urgency)) {
      if (this.#room <= 0) return;
      send();
    }
  }

  #pass(atS: number): void {
    const passed = this.#at === null ? 0 : atS - this.#at;
    this.#at = atS;
    this.#room = Math.min(this.#burst, this.#room + passed * this.#bytesPerSecond);
  }
}

/** `link`, charging `pace` with all that goes: who may wait asks it first, who may not leaves less to the others. */
export const charging = (link: Link, pace: Pace): Link => ({
  get connected() {
    return link.connected;
  },
  run: (listener, signal) => link.run(listener, signal),
  publish(message) {
    pace.charge(bytesOf(message));
    link.publish(message);
  },
  deliver(message) {
    pace.charge(bytesOf(message));
    return link.deliver(message);
  },
  next: () => link.next(),
  resubscribe: () => link.resubscribe(),
});

/** PUBLISH of MQTT 5: fixed header, length of the topic, packet identifier, properties. */
const AROUND = 16;
export const bytesOf = ({ topic, payload }: OutgoingMessage): number => AROUND + Buffer.byteLength(topic) + (typeof payload === "string" ? Buffer.byteLength(payload) : payload.length);
