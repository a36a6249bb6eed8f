/**
 * What has to reach others and waits on disk until it has: evidence, which is never dropped, and summaries, the oldest of which
 * give way. What is taken is on the platter; it is deleted when it was acknowledged.
 */
import { seconds } from "../core/units.ts";
import { Bell } from "../runtime/bell.ts";
import { INDEX, isSummary, keyOf, offerAgain, PREFIX, readIndex, recordId, type Index, type Kind, type Stored } from "./outbox-index.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { messageOf } from "../runtime/errors.ts";
import { Trouble } from "../runtime/trouble.ts";

export interface OutboxOptions extends Omit<SenderOptions, "tag" | "forget" | "untaken"> {
  /** A name nobody else has. One names the outbox for ever, and record ids begin with it; one names each run. */
  readonly draw: () => string;
  readonly summaries: { readonly most: number; readonly mostBytes: number };
}

const AGAIN = seconds(5);
const OFFER_AGAIN = seconds(3_600);
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const PAGE = 200;
/** A little more than needed goes at once, so that not every minute drops one. */
const LEAVE = 0.99;

/** 7 days of 1,000 machines: minutes in five parts, quarter hours in five parts and one of the rack. */
export const SUMMARIES = { most: 7 * (1_440 * 5 + 96 * 6), mostBytes: 768 * 1024 * 1024 } as const;

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const index = await readIndex(options.drawer, options.draw);
  await offerAgain(options.drawer);
  return new Outbox(options, index);
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #sender: Sender;
  readonly #bell = new Bell();
  #index: Index;
  /** Taken and not yet on disk. */
  readonly #taken = new Map<string, string>();
  #takenBytes = 0;
  #writing: Promise<void> | null = null;
  /** Who changes the index waits for who is at it. */
  #turn: Promise<unknown> = Promise.resolve();
  #summariesStopped = false;
  /** The disk takes nothing. */
  #refusing = false;
  /** Of this run: a number that never came to the disk is given again after a kill, and its id must not be. */
  readonly #run: string;

  constructor(options: OutboxOptions, index: Index) {
    this.#options = options;
    this.#index = index;
    this.#run = options.draw();
    this.#sender = new Sender({ ...options, tag: index.tag, forget: (keys) => this.#forget(keys), untaken: () => (this.#refusing ? [...this.#taken] : []) });
  }

  get waiting(): { readonly evidence: number; readonly summaries: number } {
    return { evidence: this.#index.evidence, summaries: this.#index.summaries };
  }

  /** Takes a record. It counts as taken when it is on disk: `settled` says so. */
  put(topic: string, document: object, kind: Kind = "evidence"): void {
    if (kind === "summary" && (this.#summariesStopped || this.#refusing)) return;
    const { uptime, at } = this.#options.clock.now();
    const stored: Stored = { topic, at: new Date(at).toISOString(), document, ...(this.#refusing && { id: this.#ownId(keyOf(kind, this.#index.next)) }) };
    const value = JSON.stringify(stored);
    // A disk that takes nothing for so long costs records at last, and the journal has them.
    if (this.#takenBytes + value.length > MOST_WAITING_BYTES) return;
    const key = keyOf(kind, this.#index.next);
    this.#index = { ...this.#index, next: this.#index.next + 1 };
    this.#taken.set(key, value);
    this.#takenBytes += value.length;
    this.#sender.taken(key, uptime);
    this.#write();
  }

  /** Resolves when everything taken is on disk; false when it could not be put there. */
  async settled(): Promise<boolean> {
    while (this.#writing !== null) await this.#writing;
    return this.#taken.size === 0;
  }

  /** Summaries give way before evidence has to: `reason` says why, null lets them in again. */
  stopSummaries(reason: string | null): void {
    if ((reason !== null) === this.#summariesStopped) return;
    this.#summariesStopped = reason !== null;
    if (reason !== null) this.#options.event("summaries.stopped", { reason });
    else this.#options.event("summaries.resumed", {});
  }

  /** To be called when a connection has come about. */
  connected(): void {
    this.#bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, link, drawer, event } = this.#options;
    const trouble = new Trouble((reason) => event("storage.failed", { reason }));
    let offeredAt = clock.now().uptime;
    while (!signal.aborted) {
      if (link.connected) {
        try {
          if (clock.now().uptime - offeredAt >= OFFER_AGAIN) {
            offeredAt = clock.now().uptime;
            await offerAgain(drawer);
          }
          const more = await this.#sender.flush(signal);
          trouble.over();
          if (more) continue;
        } catch (error) {
          trouble.failed(error);
        }
      }
      await this.#bell.wait(clock, AGAIN, signal).catch(() => undefined);
    }
    await this.settled();
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#turn;
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
          const { index, dropped } = await this.#withRoom(batch);
          await drawer.write(new Map([...batch, ...dropped, [INDEX, JSON.stringify({ ...index, next: this.#index.next })]]), { durable: true });
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
  async #withRoom(batch: ReadonlyMap<string, string>): Promise<{ readonly index: Index; readonly dropped: ReadonlyMap<string, null> }> {
    const { drawer, event, summaries: { most, mostBytes } } = this.#options;
    let { evidence, summaries, summaryBytes } = this.#index;
    for (const [key, value] of batch) {
      if (isSummary(key)) [summaries, summaryBytes] = [summaries + 1, summaryBytes + value.length];
      else evidence += 1;
    }
    const dropped = new Map<string, null>();
    if (summaries > most || summaryBytes > mostBytes) {
      for (const [key, value] of await drawer.read(PREFIX.summary, "", PAGE)) {
        if (summaries <= LEAVE * most && summaryBytes <= LEAVE * mostBytes) break;
        dropped.set(key, null);
        [summaries, summaryBytes] = [summaries - 1, summaryBytes - value.length];
      }
      event("summaries.dropped", { count: dropped.size });
    }
    return { index: { ...this.#index, evidence, summaries, summaryBytes }, dropped };
  }

  /** Summaries go, evidence waits in memory. */
  #refused(error: unknown): void {
    if (!this.#refusing) this.#options.event("summaries.stopped", { reason: messageOf(error) });
    this.#refusing = true;
    for (const [key, value] of this.#taken) {
      if (isSummary(key)) this.#untake(key);
      else {
        const named = JSON.stringify({ ...(JSON.parse(value) as Stored), id: this.#ownId(key) });
        this.#taken.set(key, named);
        this.#takenBytes += named.length - value.length;
      }
    }
  }

  #ownId(key: string): string {
    return `${recordId(this.#index.tag, key)}-${this.#run}`;
  }

  #untake(key: string): void {
    this.#takenBytes -= this.#taken.get(key)?.length ?? 0;
    this.#taken.delete(key);
  }

  async #forget(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#untake(key);
    await this.#inTurn(async () => {
      const gone = keys.filter(isSummary).length;
      const { evidence, summaries, summaryBytes } = this.#index;
      const left = Math.max(0, summaries - gone);
      this.#index = { ...this.#index, evidence: Math.max(0, evidence - keys.length + gone), summaries: left, summaryBytes: left === 0 ? 0 : Math.round((summaryBytes * left) / summaries) };
      await this.#options.drawer.write(new Map<string, string | null>([...keys.map((key): [string, null] => [key, null]), [INDEX, JSON.stringify(this.#index)]]), { durable: false });
    }).catch(() => undefined);
  }
}
