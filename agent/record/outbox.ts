/**
 * What has to reach others and waits on disk until it has: evidence, which is never dropped, and summaries, the oldest of which
 * give way. In order, at most a window on its way, and deleted only when acknowledged: whoever kills the process loses nothing
 * that was taken, and sends at most one window twice.
 */
import { seconds, type Millis } from "../core/units.ts";
import { Bell } from "../runtime/bell.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Drawer } from "../runtime/drawer.ts";
import type { Delivery, Link } from "../runtime/link.ts";
import { readIndex, type Index } from "./outbox-index.ts";

export type Kind = "evidence" | "summary";

export interface OutboxOptions {
  readonly drawer: Drawer;
  readonly link: Pick<Link, "connected" | "deliver">;
  readonly clock: Clock;
  /** What goes out on a topic, signed where it has to be. */
  readonly seal: (topic: string, payload: string) => string;
  readonly topicRoot: string;
  /** Names this outbox for ever: record ids begin with it. Asked for once. */
  readonly draw: () => string;
  readonly summaries: { readonly most: number; readonly mostBytes: number };
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Stored {
  readonly topic: string;
  /** When it was taken, wall time. */
  readonly at: string;
  readonly document: object;
}

/** What may be sent twice after a kill, and what a broker with a small Receive Maximum narrows in the link. */
const WINDOW = 20;
const PAGE = 200;
const AGAIN = seconds(5);
/** What is sent later than this after it was taken is history. */
const FRESH = seconds(5);
/** What was set aside is offered again: somebody may have mended the broker. */
const OFFER_AGAIN = seconds(3_600);
const MOST_TOPICS = 256;
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const PREFIX = { evidence: "e/", summary: "s/" } as const satisfies Record<Kind, string>;
const ASIDE = "aside/";

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const index = await readIndex(options.drawer, options.draw);
  await offerAgain(options.drawer);
  return new Outbox(options, index);
}

async function offerAgain(drawer: Drawer): Promise<void> {
  const aside = await drawer.read(ASIDE, "", PAGE);
  if (aside.length > 0) await drawer.write(new Map(aside.flatMap(([key, value]): [string, string | null][] => [[key, null], [key.slice(ASIDE.length), value]])), { durable: true });
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #bell = new Bell();
  #index: Index;
  /** Taken and not yet on disk. */
  #taken = new Map<string, string>();
  #takenBytes = 0;
  #writing: Promise<void> | null = null;
  /** Who changes the index waits for who is at it. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Uptime at which a record was taken while the link was there; what is not here is history when it goes out. */
  readonly #since = new Map<string, Millis>();
  /** On their way, or acknowledged and not yet deleted. */
  #out = 0;
  readonly #gone: string[] = [];
  /** When a topic was last said to be refused. */
  readonly #refusedAt = new Map<string, Millis>();
  #offeredAt: Millis;
  #deleting: Promise<void> | null = null;
  #free: (() => void) | null = null;
  #summariesStopped = false;
  #refusing = false;

  constructor(options: OutboxOptions, index: Index) {
    this.#options = options;
    this.#index = index;
    this.#offeredAt = options.clock.now().uptime;
  }

  get waiting(): { readonly evidence: number; readonly summaries: number } {
    return { evidence: this.#index.evidence, summaries: this.#index.summaries };
  }

  /** Takes a record. It counts as taken when it is on disk: `settled` says so. */
  put(topic: string, document: object, kind: Kind = "evidence"): void {
    if (kind === "summary" && (this.#summariesStopped || this.#refusing)) return;
    const { clock, link } = this.#options;
    const { uptime, at } = clock.now();
    const stored: Stored = { topic, at: new Date(at).toISOString(), document };
    const value = JSON.stringify(stored);
    // A disk that takes nothing for so long costs records at last, and the journal has them.
    if (this.#takenBytes + value.length > MOST_WAITING_BYTES) return;
    const key = `${PREFIX[kind]}${String(this.#index.next).padStart(15, "0")}`;
    this.#index = { ...this.#index, next: this.#index.next + 1 };
    this.#taken.set(key, value);
    this.#takenBytes += value.length;
    if (link.connected) this.#since.set(key, uptime);
    this.#write();
  }

  /** Resolves when everything taken is on disk; false when it could not be put there. */
  async settled(): Promise<boolean> {
    while (this.#writing !== null) await this.#writing;
    return this.#taken.size === 0;
  }

  /** Summaries give way before evidence has to: `reason` says why, null lets them in again. */
  stopSummaries(reason: string | null): void {
    const stopped = reason !== null;
    if (stopped === this.#summariesStopped) return;
    this.#summariesStopped = stopped;
    if (stopped) this.#options.event("summaries.stopped", { reason });
    else this.#options.event("summaries.resumed", {});
  }

  /** To be called when a connection has come about. */
  connected(): void {
    this.#bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, link, drawer } = this.#options;
    while (!signal.aborted) {
      if (link.connected && clock.now().uptime - this.#offeredAt >= OFFER_AGAIN) {
        this.#offeredAt = clock.now().uptime;
        await offerAgain(drawer).catch(() => undefined);
      }
      if (link.connected) await this.#flush(signal).catch((error: unknown) => this.#options.event("storage.failed", { reason: error instanceof Error ? error.message : String(error) }));
      await this.#bell.wait(clock, AGAIN, signal).catch(() => undefined);
    }
    await this.settled();
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#delete();
    await this.#options.drawer.close();
  }

  #write(): void {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
  }

  async #writeAll(): Promise<void> {
    const { drawer, clock } = this.#options;
    while (this.#taken.size > 0) {
      const batch = new Map(this.#taken);
      try {
        await this.#inTurn(async () => {
          const { index, changes } = await this.#withRoom(batch);
          await drawer.write(new Map([...batch, ...changes]), { durable: true });
          this.#index = { ...index, next: this.#index.next };
        });
      } catch (error) {
        this.#refused(error);
        clock.after(AGAIN, () => this.#write());
        this.#bell.ring();
        return;
      }
      for (const key of batch.keys()) this.#untake(key);
      if (this.#refusing) this.#options.event("summaries.resumed", {});
      this.#refusing = false;
      this.#bell.ring();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** The index with a batch in it, and the oldest summaries out of it where they are too many. */
  async #withRoom(batch: ReadonlyMap<string, string>): Promise<{ readonly index: Index; readonly changes: Map<string, string | null> }> {
    const { drawer, summaries } = this.#options;
    let { evidence, summaries: count, summaryBytes: bytes } = this.#index;
    for (const [key, value] of batch) {
      if (key.startsWith(PREFIX.evidence)) evidence += 1;
      else [count, bytes] = [count + 1, bytes + value.length];
    }
    const changes = new Map<string, string | null>();
    if (count > summaries.most || bytes > summaries.mostBytes) {
      for (const [key, value] of await drawer.read(PREFIX.summary, "", PAGE)) {
        // A little more than needed, so that not every minute drops one.
        if (count <= 0.99 * summaries.most && bytes <= 0.99 * summaries.mostBytes) break;
        changes.set(key, null);
        [count, bytes] = [count - 1, bytes - value.length];
      }
      this.#options.event("summaries.dropped", { count: changes.size });
    }
    const index = { ...this.#index, evidence, summaries: count, summaryBytes: bytes };
    return { index, changes: changes.set("index", JSON.stringify({ ...index, next: this.#index.next })) };
  }

  /** The disk takes nothing: summaries go, evidence waits in memory. */
  #refused(error: unknown): void {
    if (!this.#refusing) this.#options.event("summaries.stopped", { reason: error instanceof Error ? error.message : String(error) });
    this.#refusing = true;
    for (const key of this.#taken.keys()) if (key.startsWith(PREFIX.summary)) this.#untake(key);
  }

  #untake(key: string): void {
    this.#takenBytes -= this.#taken.get(key)?.length ?? 0;
    this.#taken.delete(key);
  }

  /** Sends what there is, evidence first, until nothing is left or the connection is gone. */
  async #flush(signal: AbortSignal): Promise<void> {
    let lost = false;
    const loses = (): void => void (lost = true);
    for (const prefix of [PREFIX.evidence, PREFIX.summary]) {
      let after = "";
      while (!lost && !signal.aborted) {
        const page = await this.#options.drawer.read(prefix, after, PAGE);
        for (const [key, value] of page) {
          await this.#room();
          if (lost || signal.aborted) break;
          void this.#send(key, value, loses);
        }
        const last = page.at(-1);
        if (last === undefined) break;
        after = last[0];
        // Evidence that came in meanwhile does not wait behind a week of summaries.
        if (prefix === PREFIX.summary && (await this.#options.drawer.read(PREFIX.evidence, "", 1)).length > 0) {
          this.#bell.ring();
          break;
        }
      }
    }
    // A disk that takes nothing keeps nobody from hearing.
    if (this.#refusing) {
      for (const [key, value] of [...this.#taken]) {
        await this.#room();
        if (lost || signal.aborted) break;
        void this.#send(key, value, loses);
      }
    }
    while (this.#out > 0) await this.#step();
  }

  async #send(key: string, value: string, loses: () => void): Promise<void> {
    const { link, topicRoot, seal, clock } = this.#options;
    const { topic, at, document } = JSON.parse(value) as Stored;
    const since = this.#since.get(key);
    const historical = since === undefined || clock.now().uptime - since > FRESH;
    const payload = JSON.stringify({ ...document, recordId: `${this.#index.tag}-${key.replace("/", "")}`, recordedAt: at, ...(historical && { historical: true }) });
    this.#out += 1;
    const sealed = seal(topic, payload);
    const delivery = await link.deliver({
      topic: `${topicRoot}/${topic}`, payload: sealed, qos: 1, retain: false,
      contentType: sealed === payload ? "application/json" : "application/jose+json",
      ...(topic.startsWith("ack/") && { correlation: topic.slice("ack/".length) }),
    });
    this.#settle(key, value, { delivery, topic, loses });
  }

  #settle(key: string, value: string, { delivery, topic, loses }: { readonly delivery: Delivery; readonly topic: string; readonly loses: () => void }): void {
    if (delivery.kind === "acknowledged") {
      this.#gone.push(key);
      this.#since.delete(key);
      this.#untake(key);
      void this.#delete();
    } else {
      this.#out -= 1;
      if (delivery.kind === "lost") {
        // Whatever comes of it now comes late.
        this.#since.delete(key);
        loses();
      } else void this.#setAside(key, value, { topic, reason: delivery.reason });
    }
    this.#free?.();
  }

  async #setAside(key: string, value: string, { topic, reason }: { readonly topic: string; readonly reason: string }): Promise<void> {
    const { uptime } = this.#options.clock.now();
    const said = this.#refusedAt.get(topic);
    if (said === undefined || uptime - said >= OFFER_AGAIN) {
      this.#refusedAt.set(topic, uptime);
      this.#options.event("outbox.refused", { topic, reason, record: `${this.#index.tag}-${key.replace("/", "")}` });
    }
    if (this.#refusedAt.size > MOST_TOPICS) this.#refusedAt.clear();
    await this.#options.drawer.write(new Map([[key, null], [`${ASIDE}${key}`, value]]), { durable: true }).catch(() => undefined);
  }

  /** Room for one more on its way. */
  async #room(): Promise<void> {
    while (this.#out >= WINDOW) await this.#step();
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
      await this.#forget(keys);
      this.#out -= keys.length;
      this.#free?.();
    }
  }

  /** Not synced: a killed process has deleted them all the same. */
  async #forget(keys: readonly string[]): Promise<void> {
    await this.#inTurn(async () => {
      const summaries = keys.filter((key) => key.startsWith(PREFIX.summary)).length;
      const { evidence, summaries: before, summaryBytes } = this.#index;
      const left = Math.max(0, before - summaries);
      this.#index = { ...this.#index, evidence: Math.max(0, evidence - keys.length + summaries), summaries: left, summaryBytes: left === 0 ? 0 : Math.round((summaryBytes * left) / before) };
      const deletions = keys.map((key): [string, null] => [key, null]);
      await this.#options.drawer.write(new Map<string, string | null>([...deletions, ["index", JSON.stringify(this.#index)]]), { durable: false });
    }).catch(() => undefined);
  }
}

/** 7 days of minutes. */
export const SUMMARIES = { most: 10_080, mostBytes: 768 * 1024 * 1024 } as const;
