/**
 * HEAR: what the grid has said, as a reducer. Messages, clock readings and the fate of commits go in; what is heard, and
 * what has to be done about it, comes out. No timers, no disk, no network, so that it runs the same on a virtual clock.
 */
import type { Heard } from "../core/grid.ts";
import type { Now, Tick } from "../core/time.ts";
import type { IncomingMessage, Subscription } from "../runtime/link.ts";
import { Desk } from "./desk.ts";
import { drawFor } from "./draw.ts";
import type { SignalEffect, SignalVerified } from "./effects.ts";
import { sameWire, type Entry } from "./entry.ts";
import { afterBug } from "./bug.ts";
import { FloodGate } from "./flood.ts";
import { review, unconfirmed } from "./gap.ts";
import { LARGEST_DOCUMENT } from "./json.ts";
import { openMessage, type Opened } from "./open.ts";
import type { SignalOptions } from "./options.ts";
import { compareOrder } from "./order.ts";
import { refuse } from "./result.ts";
import { restore } from "./restore.ts";
import { summarise, type SignalSummary } from "./summary.ts";
import { keep, takeDocument } from "./take-document.ts";
import { clearConfirmed, takeEmergency } from "./take-emergency.ts";
import { takeHeartbeat } from "./take-heartbeat.ts";
import { Tidying } from "./tidy.ts";
import type { Place } from "./topics.ts";

export class Signal {
  readonly #desk: Desk;
  readonly #gate = new FloodGate();
  readonly #tidying: Tidying;
  /** The message at hand, once it has verified. */
  #opened: Opened | null = null;

  constructor(options: SignalOptions) {
    this.#desk = new Desk(options);
    this.#tidying = new Tidying(this.#desk);
  }

  /** `stored`: what the store holds under STORED_PREFIX; before the first message. */
  restore(stored: ReadonlyMap<string, string>, tick: Tick): SignalEffect[] {
    this.#desk.wall.look(tick);
    return restore(this.#desk, stored, tick);
  }

  get signatures(): "required" | "optional" {
    return this.#desk.options.signatures;
  }

  subscriptions(): readonly Subscription[] {
    return this.#desk.topics.subscriptions;
  }

  /** The one boundary: whatever throws in here was a bug of ours, and costs its document only. */
  receive(message: IncomingMessage, tick: Tick): SignalEffect[] {
    const { topic } = message;
    const back = this.#desk.checkpoint(topic);
    this.#opened = null;
    try {
      const effects = this.#receive(message, tick);
      // What it says is worked out here already, and not first in the next cycle.
      this.#desk.heard();
      return effects;
    } catch (error) {
      back();
      return afterBug(this.#desk, { topic, error, opened: this.#opened, tick });
    }
  }

  #receive(message: IncomingMessage, tick: Tick): SignalEffect[] {
    const { topic, payload, retain } = message;
    this.#desk.wall.look(tick);
    this.#desk.refusals.arriving = payload;
    const place = this.#desk.topics.read(topic);
    const alarm = place?.kind === "emergency";
    const no = (...[code, reason]: Parameters<typeof refuse>): SignalEffect[] => this.#desk.refuse(topic, refuse(code, reason), { tick, alarm });
    if (payload.length > LARGEST_DOCUMENT) return no("TOO_LARGE", `${payload.length} bytes, at most ${LARGEST_DOCUMENT} are read`);
    if (place === null) return no("AUDIENCE", "no topic of this agent");
    // Every area's events arrive; those of areas this rack does not belong to are not its own.
    if (place.node.startsWith("area/") && this.#desk.grant(place) === null && this.#desk.shelves.get(topic) === undefined) return [];
    // An empty retained payload clears the broker, not the agent: it is never a cancellation.
    if (payload.length === 0) return alarm ? no("SCHEMA", "an empty message changes no emergency") : [];
    const again = this.#desk.shelves.get(topic)?.find((entry) => (retain || !entry.short) && sameWire(entry, payload));
    if (again) return again.failed && this.#isLast(again.entry) ? keep(this.#desk, place, { entry: again.entry, tick }) : [];
    if (!this.#gate.admits(place.filter, tick)) return no("FLOOD", "more messages in a second than are looked at");
    const { operator } = this.#desk.topics;
    const { ring, wall, ledger, options } = this.#desk;
    const opened = openMessage(place, payload, {
      operator, ring, signatures: options.signatures, earliest: wall.earliest(tick), received: wall.guess(tick), unsigned: ledger.mark(topic, null),
    });
    if (opened.ok) this.#opened = opened.value;
    return opened.ok ? this.#judge(place, opened.value, { retain, tick, bytes: payload }) : this.#desk.refuse(topic, opened, { tick, alarm });
  }

  /** In [0, 1): this device's own draw for an id, the same after any restart. */
  draw(id: string): number {
    return drawFor(this.#desk.seed, id);
  }

  /** The fate of a commit that was asked for. */
  committed(id: number, kept: boolean, tick: Tick): SignalEffect[] {
    this.#desk.wall.look(tick);
    try {
      return this.#desk.committed(id, kept, tick);
    } catch (error) {
      return afterBug(this.#desk, { topic: "the disk's answer", error, opened: null, tick });
    }
  }

  /** To be called every control cycle. */
  passed(tick: Tick): SignalEffect[] {
    const { wall, heartbeat, refusals, options } = this.#desk;
    wall.look(tick);
    if (options.heartbeat === "optional") heartbeat.live(tick);
    heartbeat.lapse(tick.uptime, this.#desk.timeout());
    const ended = this.#tidying.passed(tick);
    return [...ended, ...review(this.#desk, tick), ...unconfirmed(this.#desk, tick), ...clearConfirmed(this.#desk, tick), ...refusals.passed(tick)];
  }

  /** The grid link came up or went down. */
  session(connected: boolean, tick: Tick): void {
    this.#desk.heartbeat.session(connected, tick);
  }

  heard(): Heard {
    return this.#desk.heard();
  }

  now(tick: Tick): Now {
    return this.#desk.now(tick);
  }

  summary(tick: Tick): SignalSummary {
    return summarise(this.#desk, tick);
  }

  #judge(place: Place, opened: Opened, { retain, tick, bytes }: { readonly retain: boolean; readonly tick: Tick; readonly bytes: Uint8Array }): SignalEffect[] {
    const { ref } = opened.envelope;
    const { ledger } = this.#desk;
    const mark = ledger.mark(place.topic, opened.signer);
    if (opened.short && retain && mark?.hash === opened.hash && mark.taken) return []; // The same short form, already ended: resent, not renewed.
    const verdict = ledger.judge(place.topic, opened.signer, ref, opened.hash);
    const arrival = { opened, tick };
    const alarm = place.kind === "emergency" || verdict === "altered" || verdict === "older";
    if (verdict === "altered") return this.#replay(place, opened, { reason: "another document had this epoch and seq", alarm, tick });
    if (verdict === "older") return retain ? [] : this.#replay(place, opened, { reason: "older than the last on this topic", alarm, tick });
    const record = verdict === "newer" ? [verified(opened, bytes)] : [];
    if (place.kind === "emergency") return [...record, ...takeEmergency(this.#desk, place, arrival)];
    if (place.kind === "heartbeat") {
      if (verdict === "same") return [];
      const effects = takeHeartbeat(this.#desk, place, arrival);
      if (ledger.mark(place.topic, opened.signer) !== mark) this.#tidying.noteMark({ topic: place.topic, signer: opened.signer });
      return [...record, ...effects];
    }
    const stands = this.#desk.shelves.get(place.topic)?.find(({ hash }) => hash === opened.hash) ?? null;
    const done = verdict === "same" && mark?.taken === true && stands === null;
    return done ? [] : [...record, ...takeDocument(this.#desk, place, arrival)];
  }

  #isLast({ signer, document: { ref } }: Entry): boolean {
    const mark = this.#desk.ledger.mark(ref.topic, signer);
    return mark !== null && compareOrder(mark, ref) === 0;
  }

  #replay(place: Place, opened: Opened, { reason, alarm, tick }: { readonly reason: string; readonly alarm: boolean; readonly tick: Tick }): SignalEffect[] {
    const refusal = refuse("REPLAY", `${opened.envelope.ref.id}: ${reason}`);
    const context = { tick, alarm };
    return place.kind === "heartbeat" ? this.#desk.refuse(place.topic, refusal, context) : this.#desk.reject(opened, refusal, context);
  }
}

function verified({ envelope: { ref, type }, signer, hash }: Opened, bytes: Uint8Array): SignalVerified {
  return { kind: "verified", document: { ref, type, signer, hash, message: Buffer.from(bytes).toString("utf8") } };
}
