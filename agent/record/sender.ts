/**
 * Empties an outbox onto a link: in order, at most a window on its way or acknowledged and not yet deleted, so that whoever kills
 * the process sends no more than that twice.
 */
import { seconds, type Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Drawer } from "../runtime/drawer.ts";
import type { Delivery, Link } from "../runtime/link.ts";
import { ASIDE, isSummary, PREFIX, recordId, type Stored } from "./outbox-index.ts";

export interface SenderOptions {
  readonly drawer: Drawer;
  readonly link: Pick<Link, "connected" | "deliver">;
  /** Resolves when a summary may go; evidence does not ask. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  /** What goes out on a topic, signed where it has to be. */
  readonly seal: (topic: string, payload: string) => string;
  readonly topicRoot: string;
  readonly tag: string;
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Deletes what was acknowledged. Not synced: a killed process has deleted it all the same. */
  readonly forget: (keys: readonly string[]) => Promise<void>;
  /** What a disk that takes nothing has not taken: it goes out from memory. */
  readonly untaken: () => readonly (readonly [key: string, value: string])[];
}

/** What may be sent twice after a kill. A smaller Receive Maximum of the broker narrows it in the link. */
const WINDOW = 20;
const PAGE = 200;
/** What is sent later than this after it was taken is history: records that are paced take some of it. */
const FRESH = seconds(60);
/** A refused topic is said so often. */
const SAY_AGAIN = seconds(3_600);
const MOST_TOPICS = 256;

export class Sender {
  readonly #options: SenderOptions;
  /** Uptime at which a record was taken while the link was there; what is not here is history when it goes out. */
  readonly #since = new Map<string, Millis>();
  readonly #saidAt = new Map<string, Millis>();
  /** On their way, or acknowledged and not yet deleted. */
  #out = 0;
  readonly #gone: string[] = [];
  #deleting: Promise<void> | null = null;
  #free: (() => void) | null = null;
  #lost = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** A record that is taken now. */
  taken(key: string, uptime: Millis): void {
    if (this.#options.link.connected) this.#since.set(key, uptime);
  }

  /** Sends what there is, evidence first, until nothing is left or the connection is gone. True: evidence came in meanwhile. */
  async flush(signal: AbortSignal): Promise<boolean> {
    this.#lost = false;
    await this.#empty(PREFIX.evidence, signal);
    const more = await this.#empty(PREFIX.summary, signal);
    for (const [key, value] of this.#options.untaken()) if (!(await this.#next(key, value, signal))) break;
    while (this.#out > 0) await this.#step();
    return more;
  }

  /** Evidence that comes in meanwhile does not wait behind a week of summaries: true, then. */
  async #empty(prefix: string, signal: AbortSignal): Promise<boolean> {
    const { drawer } = this.#options;
    for (let after = ""; !this.#lost && !signal.aborted; ) {
      const page = await drawer.read(prefix, after, PAGE);
      for (const [key, value] of page) if (!(await this.#next(key, value, signal))) return false;
      const last = page.at(-1);
      if (last === undefined) return false;
      after = last[0];
      if (prefix === PREFIX.summary && (await drawer.read(PREFIX.evidence, "", 1)).length > 0) return true;
    }
    return false;
  }

  /** Sends one when there is room; false: no more can be sent. */
  async #next(key: string, value: string, signal: AbortSignal): Promise<boolean> {
    while (this.#out >= WINDOW) await this.#step();
    if (isSummary(key)) await this.#options.room(signal).catch(() => undefined);
    if (this.#lost || signal.aborted) return false;
    void this.#send(key, value);
    return true;
  }

  async #send(key: string, value: string): Promise<void> {
    const { link, topicRoot, seal, clock, tag } = this.#options;
    const { topic, at, document, id = recordId(tag, key) } = JSON.parse(value) as Stored;
    const since = this.#since.get(key);
    const historical = since === undefined || clock.now().uptime - since > FRESH;
    const payload = JSON.stringify({ ...document, recordId: id, recordedAt: at, ...(historical && { historical: true }) });
    this.#out += 1;
    const sealed = seal(topic, payload);
    const delivery = await link.deliver({
      topic: `${topicRoot}/${topic}`, payload: sealed, qos: 1, retain: false,
      contentType: sealed === payload ? "application/json" : "application/jose+json",
      ...(topic.startsWith("ack/") && { correlation: topic.slice("ack/".length) }),
    });
    this.#settle(key, value, { delivery, topic });
  }

  #settle(key: string, value: string, { delivery, topic }: { readonly delivery: Delivery; readonly topic: string }): void {
    // Whatever comes of it later comes late.
    this.#since.delete(key);
    if (delivery.kind === "acknowledged") {
      this.#gone.push(key);
      void this.#delete();
    } else {
      this.#out -= 1;
      if (delivery.kind === "lost") this.#lose();
      else void this.#setAside(key, value, { topic, reason: delivery.reason });
    }
    this.#free?.();
  }

  /** What waits here waits for another connection now. */
  #lose(): void {
    this.#lost = true;
    this.#since.clear();
  }

  async #setAside(key: string, value: string, { topic, reason }: { readonly topic: string; readonly reason: string }): Promise<void> {
    const { clock, event, drawer, tag } = this.#options;
    const { uptime } = clock.now();
    const said = this.#saidAt.get(topic);
    if (said === undefined || uptime - said >= SAY_AGAIN) {
      if (this.#saidAt.size >= MOST_TOPICS) this.#saidAt.clear();
      this.#saidAt.set(topic, uptime);
      event("outbox.refused", { topic, reason, record: recordId(tag, key) });
    }
    await drawer.write(new Map([[key, null], [`${ASIDE}${key}`, value]]), { durable: true }).catch(() => undefined);
  }

  /** Until the next answer, or until something is deleted. */
  #step(): Promise<void> {
    return new Promise((resolve) => {
      this.#free = () => {
        this.#free = null;
        resolve();
      };
    });
  }

  /** As soon as anything is acknowledged: a broker that hears nothing keeps its other answers back (Nagle), 40 ms for each window. */
  #delete(): Promise<void> {
    this.#deleting ??= this.#deleteAll().finally(() => (this.#deleting = null));
    return this.#deleting;
  }

  async #deleteAll(): Promise<void> {
    while (this.#gone.length > 0) {
      const keys = this.#gone.splice(0);
      await this.#options.forget(keys);
      this.#out -= keys.length;
      this.#free?.();
    }
  }
}
