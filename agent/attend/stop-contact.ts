/** One emergency stop, wired normally closed: what does not read closed is a stop. Pure. */
import { formatOutlet, type OutletName } from "../config/address.ts";
import { seconds, type Millis } from "../core/units.ts";

export type Trip = "open" | "unreadable";

/** A cable that is cut and a box that restarts look alike for a moment; a button pushed is seen at once. */
const UNREADABLE = { reads: 3, over: seconds(2) } as const;
/** A contact counts as closed for so long after it was read. */
const FRESH = seconds(3);
/** Reads come every second: whoever brings none at all is as mute as a box that does not answer. */
const SILENCE = seconds(10);

export class StopContact {
  readonly input: OutletName;
  readonly name: string;
  #closed: boolean | null = null;
  #readAt: Millis;
  #missed: { readonly since: Millis; readonly reads: number } | null = null;

  constructor(input: OutletName, uptime: Millis) {
    this.input = input;
    this.name = formatOutlet(input);
    this.#readAt = uptime;
  }

  /** One read: closed, open, or null where it said nothing. What it trips; null: nothing. */
  read(closed: boolean | null, uptime: Millis): Trip | null {
    this.#readAt = uptime;
    this.#closed = closed;
    if (closed !== null) {
      this.#missed = null;
      return closed ? null : "open";
    }
    this.#missed = { since: this.#missed?.since ?? uptime, reads: (this.#missed?.reads ?? 0) + 1 };
    return this.#missed.reads >= UNREADABLE.reads && uptime - this.#missed.since >= UNREADABLE.over ? "unreadable" : null;
  }

  /** Whether nobody has read it for longer than can be. */
  isMute(uptime: Millis): boolean {
    return uptime - this.#readAt > SILENCE;
  }

  state(uptime: Millis): "closed" | Trip {
    if (this.#closed === null || uptime - this.#readAt > FRESH) return "unreadable";
    return this.#closed ? "closed" : "open";
  }
}
