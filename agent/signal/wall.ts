/** Wall time as an interval (GLA/1 principle 4). Without a synchronised clock only a lower bound is known. */
import type { Now, Tick } from "../core/time.ts";
import { instant, millis, seconds, type Instant, type Millis } from "../core/units.ts";

export type ClockMode = "kernel" | "heartbeat" | "assumed";

/** A synchronised clock is right within this, or within what it says itself if that is more. */
const accuracy = seconds(2);
/** How far a document may be ahead of a synchronised clock. */
const tolerance = seconds(5);

export class Wall {
  readonly #mode: ClockMode;
  /** Wall time is at least uptime plus this. */
  #offset = -Infinity;

  constructor(mode: ClockMode) {
    this.#mode = mode;
  }

  /** Call what it returns to bring this moment back. */
  checkpoint(): () => void {
    const offset = this.#offset;
    return () => void (this.#offset = offset);
  }

  synchronised(tick: Tick): boolean {
    return this.#mode === "assumed" || tick.error !== null;
  }

  /** A synchronised look replaces what was believed before, also downwards: otherwise one wrong hour would last for ever. */
  look(tick: Tick): void {
    if (this.synchronised(tick)) this.#offset = tick.at - this.#slack(tick) - tick.uptime;
  }

  /** A verified document was issued at `issued`, so it is that late at least. Also for a bound kept on disk. */
  witness(issued: Instant, tick: Tick): void {
    if (!this.synchronised(tick)) this.#offset = Math.max(this.#offset, issued - tick.uptime);
  }

  /** `notAfter`: an upper bound where the heartbeat gives one, used only while the clock is not synchronised. */
  now(tick: Tick, notAfter: Instant | null): Now {
    const { uptime, at } = tick;
    if (this.synchronised(tick)) {
      const slack = this.#slack(tick);
      return { uptime, earliest: instant(at - slack), latest: instant(at + slack) };
    }
    const earliest = this.earliest(tick);
    const bounded = this.#mode === "heartbeat" && notAfter !== null;
    return { uptime, earliest, latest: bounded ? instant(Math.max(notAfter, earliest)) : null };
  }

  earliest(tick: Tick): Instant {
    return instant(this.#offset === -Infinity ? 0 : this.#offset + tick.uptime);
  }

  /** The best single guess, for what this agent itself dates. */
  guess(tick: Tick): Instant {
    return this.synchronised(tick) ? tick.at : this.earliest(tick);
  }

  /** INVALID_TIME is for a clock that is known to be right; any other may be slow. */
  inFuture(issued: Instant, tick: Tick): boolean {
    return this.synchronised(tick) && issued > tick.at + tolerance;
  }

  #slack(tick: Tick): Millis {
    return millis(Math.max(accuracy, tick.error ?? 0));
  }
}
