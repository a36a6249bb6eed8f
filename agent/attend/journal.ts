/** Writes down for ever what the grid said and what was done about it: documents whole, orders with cause and result, events with who. */
import type { Decision } from "../core/decide.ts";
import type { Order } from "../core/state.ts";
import type { Tick } from "../core/time.ts";
import { millis, type Millis } from "../core/units.ts";
import { hashOf, headText, parseHead } from "../record/chain.ts";
import type { Checkpoint, Journal } from "../record/journal.ts";
import type { Change } from "../report/changes.ts";
import { setpointWord } from "../report/devices.ts";
import type { AgentEvent } from "../report/events.ts";
import type { Chore } from "../runtime/chore.ts";
import type { VerifiedDocument } from "../signal/effects.ts";
import type { Attendant, Desk } from "./attendant.ts";

export interface RecordOptions {
  readonly journal: Journal;
  /** Publishes a signed head where others keep it. */
  readonly publish: (head: string) => void;
  /** What runs, and under which configuration. */
  readonly boot: string;
  readonly software: string;
  readonly config: { readonly state: "ok" | "last-good"; readonly content: unknown };
}

interface Kept {
  readonly config: string;
  /** The head the operator last echoed. */
  readonly seen: string | null;
}

const CHECKPOINT_EVERY = millis(3_600_000);
/** What must not wait for the second: what the grid said, and what was switched by whom. */
const AT_ONCE = /^(signal|emergency|estop|technician|outlet|maintenance|mode|limit|keys)\./;
/** Told in a line for all machines together. */
const SUMMED = new Set(["setpoint.ordered", "setpoint.acknowledged"]);
/** Whole documents a minute; beyond, what came is known by its hash. */
const MOST_DOCUMENT_BYTES = 2 * 1024 * 1024;
const MINUTE = 60_000;

export class Recorder implements Attendant {
  readonly name = "journal";
  readonly chores: readonly Chore[];
  readonly #options: RecordOptions;
  #desk: Desk | null = null;
  #kept: Kept = { config: "", seen: null };
  /** What a heartbeat said last, but for its time. */
  #heartbeat = "";
  #results: [number, number][] = [];
  #checkpointAt: Millis | null = null;
  /** The last: what others are asked to keep. */
  #checkpointed: Checkpoint | null = null;
  #budget = { minute: -1, bytes: 0 };
  #uptime: Millis = millis(0);

  constructor(options: RecordOptions) {
    this.#options = options;
    this.chores = [{ name: "journal: pack what is old, remove what is older", cron: "20 3 * * *", zone: "UTC", run: () => options.journal.tidy() }];
  }

  /** Of the last checkpoint; null: there is none yet. */
  get logHead(): string | null {
    return this.#checkpointed === null ? null : headText(this.#checkpointed.head);
  }

  /** The disk does not take it; null: it does again. */
  trouble(reason: string | null): void {
    if (reason === null) this.#desk?.event("journal.recovered", {});
    else this.#desk?.event("journal.failed", { reason });
  }

  attach(kept: unknown, desk: Desk): void {
    const { journal, boot, software, config } = this.#options;
    this.#desk = desk;
    this.#kept = isKept(kept) ? kept : this.#kept;
    const { torn, contradicts } = journal.found;
    if (contradicts !== null) {
      journal.write({ kind: "damaged", reason: contradicts }, { atOnce: true });
      desk.event("journal.damaged", { reason: contradicts });
    }
    const content = JSON.stringify(config.content);
    const hash = hashOf(content);
    journal.write({ kind: "started", boot, software, config: hash, configState: config.state, ...(torn > 0 && { tornBytes: torn }) }, { atOnce: true });
    if (hash === this.#kept.config) return;
    journal.write({ kind: "config", sha256: hash, content: config.content }, { atOnce: true });
    this.#keep({ ...this.#kept, config: hash });
  }

  decided({ orders }: Decision, { tick }: { readonly tick: Tick }): readonly Change[] {
    const { journal } = this.#options;
    this.#uptime = tick.uptime;
    if (orders.length > 0) journal.write({ kind: "orders", orders: byCause(orders) }, { atOnce: true });
    if (this.#results.length > 0) journal.write({ kind: "results", acknowledgedMs: this.#results.splice(0) });
    if (this.#checkpointAt === null || tick.uptime - this.#checkpointAt >= CHECKPOINT_EVERY) this.#checkpoint(tick);
    return [];
  }

  heard(document: VerifiedDocument): void {
    if (document.type === "HEARTBEAT") return this.#beat(document);
    const { ref, type, signer, hash, message } = document;
    const whole = this.#affords(message.length);
    this.#options.journal.write({ kind: "document", id: ref.id, topic: ref.topic, type, signer, sha256: hash, bytes: message.length, ...(whole && { message }) }, { atOnce: true });
  }

  happened(event: AgentEvent): void {
    const { at: _at, name, ...fields } = event;
    if (name === "setpoint.acknowledged") this.#results.push([Number(fields["order"]), Number(fields["tookMs"])]);
    if (!SUMMED.has(name)) this.#options.journal.write({ kind: "event", name, ...fields }, { atOnce: AT_ONCE.test(name) });
    // A broker that has lost what it retained has it again, and a new one at all.
    if (name === "link.connected" && this.#checkpointed !== null) this.#options.publish(this.#checkpointed.signed);
  }

  /** The operator speaks twice a minute: its word is written down whole when it says something new. */
  #beat({ ref, signer, message, hash }: VerifiedDocument): void {
    const { last, seen } = said(message);
    const words = JSON.stringify([last, seen]);
    if (words === this.#heartbeat) return;
    this.#heartbeat = words;
    const { journal } = this.#options;
    if (this.#affords(message.length)) journal.write({ kind: "document", id: ref.id, topic: ref.topic, type: "HEARTBEAT", signer, sha256: hash, bytes: message.length, message });
    const head = parseHead(seen);
    if (head === null || seen === this.#kept.seen) return;
    journal.write({ kind: "seen", head: seen, doc: ref.id });
    this.#keep({ ...this.#kept, seen: String(seen) });
  }

  #checkpoint(tick: Tick): void {
    const { journal, publish } = this.#options;
    this.#checkpointAt = tick.uptime;
    this.#checkpointed = journal.checkpoint();
    publish(this.#checkpointed.signed);
  }

  #affords(bytes: number): boolean {
    const minute = Math.floor(this.#uptime / MINUTE);
    if (this.#budget.minute !== minute) this.#budget = { minute, bytes: 0 };
    this.#budget.bytes += bytes;
    return this.#budget.bytes <= MOST_DOCUMENT_BYTES;
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    this.#desk?.keep(kept).catch(() => undefined);
  }
}

/** `{"allocation-7": [[12, "asic-01", "point 590"], ...]}` */
function byCause(orders: readonly Order[]): Record<string, [number, string, string | null][]> {
  // A document's id may be the cause, and "constructor" is one.
  const causes = new Map<string, [number, string, string | null][]>();
  for (const { id, device, setpoint, cause } of orders) {
    const told = causes.get(cause) ?? [];
    causes.set(cause, told);
    told.push([id, device, setpointWord(setpoint)]);
  }
  return Object.fromEntries(causes);
}

/** It has verified, signed or not: what it says is looked at for what is new. */
function said(message: string): { readonly last: unknown; readonly seen: unknown } {
  const value = JSON.parse(message) as { readonly payload?: unknown; readonly last?: unknown; readonly seen?: unknown };
  const { last, seen } = typeof value.payload === "string" ? (JSON.parse(Buffer.from(value.payload, "base64url").toString("utf8")) as typeof value) : value;
  return { last: last ?? null, seen: seen ?? null };
}

const isKept = (value: unknown): value is Kept => typeof value === "object" && value !== null && "config" in value && "seen" in value;
