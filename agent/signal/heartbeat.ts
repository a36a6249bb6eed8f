/**
 * The operator's heartbeat: what counts as alive, what confirms, and what is missing.
 * A heartbeat counts by its age, so that one held back on the way is as old as it is.
 */
import type { HeartbeatState } from "../core/grid.ts";
import type { Tick } from "../core/time.ts";
import { instant, millis, seconds, type Instant, type Millis } from "../core/units.ts";
import type { HeartbeatDocument } from "./documents.ts";
import { compareOrder, type Order } from "./order.ts";

const everySoOften = seconds(3);
/** GLA/1: a gap unhealed for this long counts as a lost heartbeat. */
const longestGap = seconds(10);
/** GLA/1: a heartbeat that is back and confirms nothing for this long is an alarm. */
const longestDoubt = seconds(120);
/** With `heartbeat: optional`: the broker has resent what it retains this long after the session began. */
const settledSession = seconds(3);

/** What this agent has verified: asked by topic. */
export interface Verified {
  /** The last (epoch, seq); null: none yet. */
  latest(topic: string): Order | null;
  /** Does this agent obey the topic at all? */
  obeys(topic: string): boolean;
  /** Topics on which a document stands now. */
  standing(): readonly string[];
}

export class Heartbeat {
  /** The last that counted: what it names is compared. */
  #last: HeartbeatDocument | null = null;
  /** The youngest that counted, by when it was issued: what the age is counted from. */
  #born: { readonly at: Millis; readonly issued: Instant } | null = null;
  #confirmedAt: Millis | null = null;
  #gapSince: Millis | null = null;
  #askedAt: Millis | null = null;
  /** Since when heartbeats count without a confirmation. */
  #doubtedSince: Millis | null = null;
  #missed = false;
  /** max(iat - uptime) since boot: the age of a heartbeat without a synchronised clock is counted from it. */
  #offset = -Infinity;
  #sessionSince: Millis | null = null;
  /** Uptime at which a session was last seen live. */
  #liveAt: Millis | null = null;

  /** Call what it returns to bring this moment back. */
  checkpoint(): () => void {
    const then = [this.#last, this.#born, this.#confirmedAt, this.#gapSince, this.#askedAt, this.#offset] as const;
    return () => {
      [this.#last, this.#born, this.#confirmedAt, this.#gapSince, this.#askedAt, this.#offset] = then;
    };
  }

  /** How old a heartbeat is, now that it has arrived. */
  age({ issued }: HeartbeatDocument, tick: Tick, synchronised: boolean): Millis {
    this.#offset = Math.max(this.#offset, issued - tick.uptime);
    return millis(Math.max(0, synchronised ? tick.at - issued : tick.uptime - (issued - this.#offset)));
  }

  /** A heartbeat that counts: seq risen, younger than its timeout. */
  beat(heartbeat: HeartbeatDocument, age: Millis, { uptime }: Tick): void {
    const at = millis(uptime - age);
    this.#last = heartbeat;
    if (this.#born === null || at > this.#born.at) this.#born = { at, issued: heartbeat.issued };
  }

  session(connected: boolean, { uptime }: Tick): void {
    this.#sessionSince = connected ? (this.#sessionSince ?? uptime) : null;
  }

  /** With `heartbeat: optional` a live session is a heartbeat, and a settled one without a gap a confirmation. */
  live({ uptime }: Tick): void {
    if (this.#sessionSince === null) return;
    this.#liveAt = uptime;
    if (this.sessionSettled(uptime) && this.#gapSince === null) this.#confirmedAt = uptime;
  }

  sessionSettled(uptime: Millis): boolean {
    return this.#sessionSince !== null && uptime - this.#sessionSince >= settledSession;
  }

  counts(uptime: Millis, timeout: Millis): boolean {
    return this.#speaks(uptime, timeout) || within(this.#liveAt, uptime, timeout);
  }

  /** A confirmation ends when its heartbeat is lost or a gap stays open. */
  lapse(uptime: Millis, timeout: Millis): void {
    const gone = this.#gapSince !== null && uptime - this.#gapSince >= longestGap;
    if (!this.counts(uptime, timeout) || gone) this.#confirmedAt = null;
  }

  /** Topics on which the operator has said something newer than has been verified. */
  missing(verified: Verified): string[] {
    const newer = ([topic, order]: readonly [string, Order]): boolean => {
      const latest = verified.latest(topic);
      return verified.obeys(topic) && (latest === null || compareOrder(order, latest) > 0);
    };
    return [...(this.#last?.last ?? [])].filter(newer).map(([topic]) => topic);
  }

  /** Does the last name every topic we obey, each with exactly the last we verified, and no other? */
  matches(verified: Verified): boolean {
    return this.#last !== null && this.differences(verified).length === 0;
  }

  /** Topics that stand in the way of that. */
  differences(verified: Verified): string[] {
    if (this.#last === null) return [];
    const { last } = this.#last;
    const other = ([topic, order]: readonly [string, Order]): boolean => {
      const latest = verified.latest(topic);
      return !verified.obeys(topic) || latest === null || compareOrder(order, latest) !== 0;
    };
    return [...[...last].filter(other).map(([topic]) => topic), ...verified.standing().filter((topic) => !last.has(topic))];
  }

  /** Heartbeats count and confirm nothing: says when that has lasted too long, and when it is over. */
  unconfirmed(uptime: Millis, timeout: Millis): "missed" | "given" | null {
    if (this.#confirmedAt !== null) {
      const missed = this.#missed;
      [this.#doubtedSince, this.#missed] = [null, false];
      return missed ? "given" : null;
    }
    if (!this.counts(uptime, timeout)) this.#doubtedSince = null;
    else this.#doubtedSince ??= uptime;
    if (this.#missed || this.#doubtedSince === null || uptime - this.#doubtedSince < longestDoubt) return null;
    this.#missed = true;
    return "missed";
  }

  confirm(uptime: Millis): void {
    this.#confirmedAt = uptime;
  }

  /** Notes whether a gap is open; says what changed. */
  gap(open: boolean, uptime: Millis): "opened" | "healed" | null {
    if (open === (this.#gapSince !== null)) return null;
    this.#gapSince = open ? uptime : null;
    this.#askedAt = null;
    return open ? "opened" : "healed";
  }

  /** Is it time to ask the broker again for what it retains? Once at the gap, then every few seconds. */
  asksAgain(uptime: Millis): boolean {
    if (this.#gapSince === null || (this.#askedAt !== null && uptime - this.#askedAt < everySoOften)) return false;
    this.#askedAt = uptime;
    return true;
  }

  /** What the operator names on a topic, while a heartbeat counts; null: nothing. A live session names nothing. */
  named(topic: string, uptime: Millis, timeout: Millis): Order | null {
    return this.#speaks(uptime, timeout) ? (this.#last?.last.get(topic) ?? null) : null;
  }

  /** An upper bound of wall time while the youngest counts (config `clock: heartbeat`). */
  notAfter(uptime: Millis, timeout: Millis): Instant | null {
    return this.#born !== null && this.#speaks(uptime, timeout) ? instant(this.#born.issued + timeout) : null;
  }

  get state(): HeartbeatState {
    const at = this.#born?.at ?? null;
    const bornAt = at === null || (this.#liveAt !== null && this.#liveAt > at) ? this.#liveAt : at;
    return { bornAt, confirmedAt: this.#confirmedAt, gapSince: this.#gapSince };
  }

  /** A heartbeat counts, not merely a session. */
  #speaks(uptime: Millis, timeout: Millis): boolean {
    return within(this.#born?.at ?? null, uptime, timeout);
  }
}

const within = (since: Millis | null, uptime: Millis, length: Millis): boolean => since !== null && uptime - since <= length;
