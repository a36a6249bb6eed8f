/** Lets messages go within a budget of bytes: whatever happens, a farm's uplink is not filled by its machines. */
import type { OutgoingMessage } from "../../runtime/link.ts";

export interface Candidate {
  readonly urgency: number;
  /** Publishes, and returns what it took in bytes. */
  readonly send: () => number;
}

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

  /** The most urgent first, until there is no room; what is left is asked about again later. */
  spend(candidates: readonly Candidate[], atS: number): void {
    const passed = this.#at === null ? 0 : atS - this.#at;
    this.#at = atS;
    this.#room = Math.min(this.#burst, this.#room + passed * this.#bytesPerSecond);
    for (const { send } of candidates.filter(({ urgency }) => urgency > 0).sort((a, b) => b.urgency - a.urgency)) {
      if (this.#room <= 0) return;
      this.#room -= send();
    }
  }
}

/** PUBLISH of MQTT 5: fixed header, length of the topic, packet identifier, properties. */
const AROUND = 16;
export const bytesOf = ({ topic, payload }: OutgoingMessage): number => AROUND + Buffer.byteLength(topic) + Buffer.byteLength(payload);
