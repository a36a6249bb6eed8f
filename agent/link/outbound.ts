/** The way out: a window of unacknowledged QoS 1 messages in front of the waiting ones, and the rules of who may go. */
import { millis, type Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Delivery, OutgoingMessage } from "../runtime/link.ts";
import type { Log } from "../runtime/log.ts";
import { OutboundQueue, sizeOf, type Waiting } from "./outbound-queue.ts";
import type { Session } from "./session.ts";
import { Suspects } from "./suspects.ts";

const limits = { messages: 1_000, bytes: 4_194_304 };
/** Most unacknowledged publishes, whatever the broker allows: what a connection loses has to be sent again. */
const widestWindow = 20;
/** Bytes the system has not taken beyond which QoS 0 is dropped. */
const congested = 262_144;

const setAside: Delivery = { kind: "refused", reason: "the broker closed the connection on it twice" };

interface OnItsWay extends Waiting {
  readonly sentAt: Millis;
}

export interface OutboundOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly answerTimeoutMs?: number;
}

export class Outbound {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #answerTimeout: number;
  readonly #queue = new OutboundQueue(limits);
  readonly #suspects = new Suspects();
  readonly #onTheirWay = new Set<OnItsWay>();
  /** QoS 0 has no acknowledgement: only how the connection fares after it tells whether it was allowed. */
  readonly #unanswered = new Map<string, Millis>();
  #session: Session | null = null;

  constructor({ clock, log, answerTimeoutMs = 10_000 }: OutboundOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#answerTimeout = answerTimeoutMs;
  }

  /** Nothing is on its way: whatever may go is gone, as long as a session is attached. */
  get idle(): boolean {
    return this.#onTheirWay.size === 0;
  }

  publish(message: OutgoingMessage): void {
    const now = this.#clock.now().uptime;
    if (message.qos === 0) return this.#publishOnce(message, now);
    const shed = this.#queue.push(message, now);
    if (shed > 0) this.#log.warn({ shed, waiting: this.#queue.size }, "the queue to the broker is full: the oldest messages are gone");
    this.#pump();
  }

  /** Behind all that was published, and only on the session that is attached. */
  deliver(message: OutgoingMessage): Promise<Delivery> {
    const now = this.#clock.now().uptime;
    if (this.#session === null) return Promise.resolve({ kind: "lost" });
    if (this.#suspects.isAside(message.topic, now)) return Promise.resolve(setAside);
    return new Promise((settle) => {
      this.#queue.push(message, now, settle);
      this.#pump();
    });
  }

  attach(session: Session): void {
    this.#session = session;
    this.#pump();
  }

  /** The session is gone: what was on its way waits again. */
  detach(byBroker: boolean): void {
    const now = this.#clock.now().uptime;
    const lost = [...this.#onTheirWay];
    this.#session = null;
    this.#onTheirWay.clear();
    const sent = [...lost.map(({ message, sentAt }) => ({ topic: message.topic, sentAt })), ...[...this.#unanswered].map(([topic, sentAt]) => ({ topic, sentAt }))];
    this.#unanswered.clear();
    for (const topic of byBroker ? this.#suspects.closed(sent, now) : []) {
      this.#log.error({ topic }, `the broker closed the connection twice on a publish to ${topic}: set aside for a while. Check the rack's access rights at the broker`);
    }
    for (const { message, settle } of [...lost, ...this.#queue.takeAll(({ settle: own }) => own !== undefined)]) {
      settle?.(this.#suspects.isAside(message.topic, now) ? setAside : { kind: "lost" });
    }
    this.#queue.putBack(lost.filter(({ settle }) => settle === undefined));
  }

  /** Ends a session whose broker takes publishes and acknowledges none; sends what was set aside when its time is over. */
  async watch(session: Session, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(millis(this.#answerTimeout / 2), signal).catch(() => undefined);
      const [oldest] = this.#onTheirWay;
      if (oldest !== undefined && this.#clock.now().uptime - oldest.sentAt > this.#answerTimeout) session.drop("a publish was not acknowledged in time");
      this.#pump();
    }
  }

  #publishOnce(message: OutgoingMessage, now: Millis): void {
    const session = this.#session;
    if (this.#suspects.isAside(message.topic, now)) return;
    if (session === null || session.backlog > congested || sizeOf(message) > session.maximumPacketSize) return;
    // The connection outlived the last one: the topic is allowed.
    if (this.#unanswered.delete(message.topic)) this.#suspects.clear(message.topic);
    if (this.#unanswered.size < limits.messages) this.#unanswered.set(message.topic, now);
    session.publish(message, message.expirySeconds ?? null, () => undefined);
  }

  #pump(): void {
    const session = this.#session;
    if (session === null) return;
    const window = Math.min(session.receiveMaximum, widestWindow);
    const now = this.#clock.now().uptime;
    while (this.#onTheirWay.size < window) {
      const alone = this.#onTheirWay.size === 0;
      if (!alone && [...this.#onTheirWay].some(({ message }) => this.#suspects.isSuspect(message.topic))) return;
      const may = ({ topic }: OutgoingMessage): boolean => !this.#suspects.isAside(topic, now) && (alone || !this.#suspects.isSuspect(topic));
      // What is said now goes ahead of what was kept.
      const waiting = this.#queue.take((message, { settle }) => settle === undefined && may(message)) ?? this.#queue.take(may);
      if (waiting === null) return;
      this.#send(session, waiting);
    }
  }

  #send(session: Session, waiting: Waiting): void {
    const { message, queuedAt, bytes, settle } = waiting;
    const now = this.#clock.now().uptime;
    const remaining = message.expirySeconds === undefined ? null : Math.ceil(message.expirySeconds - (now - queuedAt) / 1_000);
    if (remaining !== null && remaining <= 0) return settle?.({ kind: "lost" });
    if (bytes > session.maximumPacketSize) {
      this.#log.warn({ topic: message.topic, bytes, most: session.maximumPacketSize }, "the broker does not take a message of this size: not sent");
      settle?.({ kind: "refused", reason: `${bytes} bytes, and the broker takes ${session.maximumPacketSize}` });
      return;
    }
    const onItsWay: OnItsWay = { ...waiting, sentAt: now };
    this.#onTheirWay.add(onItsWay);
    session.publish(message, remaining, (refusal) => {
      if (!this.#onTheirWay.delete(onItsWay)) return;
      this.#suspects.clear(message.topic);
      if (refusal !== null) this.#log.warn({ topic: message.topic, refusal }, "the broker refused a publish");
      settle?.(refusal === null ? { kind: "acknowledged" } : { kind: "refused", reason: refusal });
      this.#pump();
    });
  }
}
