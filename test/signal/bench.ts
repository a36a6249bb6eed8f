/** A signal room on a table: a clock to turn, an operator to speak, a disk that keeps or refuses. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Tick } from "../../agent/core/time.ts";
import { instant, millis, watts } from "../../agent/core/units.ts";
import { compose, isoTime, type Composed } from "../../agent/signal/compose.ts";
import type { SignalOptions } from "../../agent/signal/options.ts";
import type { DocumentType } from "../../agent/signal/documents/envelope.ts";
import type { SignalAck, SignalCommit, SignalEffect, SignalEvent } from "../../agent/signal/effects.ts";
import type { SigningKey } from "../../agent/signal/jws.ts";
import { Signal } from "../../agent/signal/signal.ts";

export const start = Date.parse("2026-11-22T18:00:00Z");
export const node = "site/s1/rack/r1";
export const at = (path: string): string => `gla/1/demo/${path}`;
export const own = (path: string): string => at(`${node}/${path}`);

export const newKey = (kid: string): SigningKey & { readonly publicKey: KeyObject } => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { kid, key: privateKey, publicKey };
};

export interface Said {
  readonly node?: string;
  readonly id?: string;
  readonly epoch?: number;
  readonly seq?: number;
  readonly iat?: number;
  readonly exp?: number;
  readonly key?: SigningKey | null;
}

export class Bench {
  readonly signal: Signal;
  readonly disk = new Map<string, string>();
  readonly root = newKey("root");
  readonly grid = newKey("grid-1");
  /** null: refuses to write. */
  keeps: "at once" | "later" | "never" = "at once";
  readonly effects: SignalEffect[] = [];
  readonly #waiting: SignalCommit[] = [];
  #uptime = 1_000;
  /** Milliseconds the wall clock is off, and whether the kernel knows. */
  wall = { off: 0, error: 0 as number | null };
  #seq = start;
  readonly options: SignalOptions;

  constructor(options: Partial<SignalOptions> = {}, from?: Bench | { readonly wall: Bench["wall"] }) {
    if (from !== undefined) this.wall = from.wall;
    if (from instanceof Bench) {
      this.root = from.root;
      this.grid = from.grid;
      this.#uptime = from.#uptime;
      this.#seq = from.#seq;
      this.disk = new Map(from.disk);
    }
    this.options = {
      prefix: "gla/1", operator: "demo", site: "s1", rack: "r1", signatures: "optional", heartbeat: "required", clock: "kernel",
      rootKey: this.root.publicKey, nominal: watts(40_000), optOut: false, shares: {}, drawSeed: () => "5eed".repeat(16), ...options,
    };
    this.signal = new Signal(this.options);
    this.did(this.signal.restore(this.disk, this.tick()));
  }

  /** The same controller after a restart, `down` milliseconds later. */
  restarted(down = 1_000): Bench {
    this.#uptime += down;
    return new Bench(this.options, this);
  }

  now(): number {
    return start + this.#uptime - 1_000;
  }

  tick(): Tick {
    return { uptime: millis(this.#uptime), at: instant(this.now() + this.wall.off), error: this.wall.error === null ? null : millis(this.wall.error) };
  }

  wait(length: number, step = 1_000): SignalEffect[] {
    const effects: SignalEffect[] = [];
    for (const end = this.#uptime + length; this.#uptime < end; ) {
      this.#uptime = Math.min(end, this.#uptime + step);
      effects.push(...this.did(this.signal.passed(this.tick())));
    }
    return effects;
  }

  /** A document as the operator would make it now. */
  document(type: DocumentType, fields: Readonly<Record<string, unknown>>, said: Said = {}): Composed {
    this.#seq += 1;
    const iat = said.iat ?? this.now();
    return compose(type, fields, {
      operator: "demo", node: said.node ?? node, seq: said.seq ?? this.#seq, iat, exp: said.exp ?? iat + 3_600_000,
      key: said.key === undefined ? null : said.key,
      ...(said.id !== undefined && { id: said.id }),
      ...(said.epoch !== undefined && { epoch: said.epoch }),
    });
  }

  allocation(maxW: number | null, said: Said & { readonly fields?: Readonly<Record<string, unknown>> } = {}): Composed {
    const iat = said.iat ?? this.now();
    return this.document("ALLOCATION", { validFrom: isoTime(iat - 10_000), validUntil: isoTime(said.exp ?? iat + 3_600_000), maxW, ...said.fields }, { ...said, iat });
  }

  limit(limitW: number, said: Said & { readonly fields?: Readonly<Record<string, unknown>> } = {}): Composed {
    return this.document("LIMIT", { intervals: [{ start: null, durationS: null, limitW }], ...said.fields }, { id: "e1", ...said });
  }

  heartbeat(last: Readonly<Record<string, readonly [number, number]>>, said: Said = {}): Composed {
    const iat = said.iat ?? this.now();
    return this.document("HEARTBEAT", { periodS: 30, last }, { exp: iat + 120_000, ...said, iat });
  }

  /** A heartbeat that names what the signal room says it holds. */
  matching(said: Said = {}): Composed {
    return this.heartbeat(this.signal.summary(this.tick()).held, said);
  }

  /** The whole set of keys, with the grid's in it. */
  keySet(keys: readonly Readonly<Record<string, unknown>>[] = [this.keyRow()], said: Said = {}): Composed {
    return this.document("KEYS", { keys }, { key: this.root, ...said });
  }

  keyRow(of: { readonly kid: string; readonly publicKey: KeyObject } = this.grid, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
    const types = ["ALLOCATION", "LIMIT", "SETPOINT", "LEVEL", "EMERGENCY", "RELEASE", "HEARTBEAT"];
    return { kid: of.kid, alg: "Ed25519", key: of.publicKey.export({ format: "jwk" }), types, nodes: ["site/s1", "all"], notAfter: null, ...more };
  }

  hear({ topic, payload }: { readonly topic: string; readonly payload: string | Uint8Array }, retain = false): SignalEffect[] {
    return this.did(this.signal.receive({ topic, payload: Buffer.from(payload), retain }, this.tick()));
  }

  /** The disk answers what was asked of it while it kept "later". */
  answer(kept = true): SignalEffect[] {
    return this.#waiting.splice(0).flatMap((commit) => this.#write(commit, kept));
  }

  did(effects: readonly SignalEffect[]): SignalEffect[] {
    const all: SignalEffect[] = [];
    for (const effect of effects) {
      all.push(effect);
      this.effects.push(effect);
      if (effect.kind !== "commit") continue;
      if (this.keeps === "later") this.#waiting.push(effect);
      else all.push(...this.#write(effect, this.keeps === "at once"));
    }
    return all;
  }

  #write(commit: SignalCommit, kept: boolean): SignalEffect[] {
    if (kept) {
      for (const [key, text] of commit.changes) {
        if (text === null) this.disk.delete(key);
        else this.disk.set(key, text);
      }
    }
    return this.did(this.signal.committed(commit.id, kept, this.tick()));
  }

  /** Smallest watts stated now by allocations and limits in force; null: none. */
  stated(): number | null {
    const { allocations, limits } = this.signal.heard();
    const now = this.signal.now(this.tick());
    const covers = ({ start: from, end }: { start: number | null; end: number | null }): boolean =>
      (from === null || now.latest === null || from <= now.latest) && (end === null || now.earliest < end);
    const watts = [
      ...allocations.filter(({ valid }) => covers(valid)).flatMap(({ ceiling, schedule }) => [ceiling, ...schedule.filter(({ span }) => covers(span)).map(({ limit }) => limit)]),
      ...limits.filter(({ expires }) => expires === null || now.earliest < expires).flatMap(({ intervals }) => intervals.filter(({ span }) => covers(span)).map(({ limit }) => limit)),
    ].filter((power) => power !== null);
    return watts.length === 0 ? null : Math.min(...watts);
  }

  confirmed(): boolean {
    return this.signal.heard().heartbeat.confirmedAt !== null;
  }
}

export const codes = (effects: readonly SignalEffect[]): string[] =>
  effects.flatMap((effect) => (effect.kind === "ack" ? [`${effect.ack.status}${effect.ack.code === null ? "" : `/${effect.ack.code}`}`] : []));
export const acks = (effects: readonly SignalEffect[]): SignalAck["ack"][] => effects.flatMap((effect) => (effect.kind === "ack" ? [effect.ack] : []));
export const events = (effects: readonly SignalEffect[]): SignalEvent[] => effects.filter((effect) => effect.kind === "event");
export const names = (effects: readonly SignalEffect[]): string[] => events(effects).map(({ name }) => name);
export const asksAgain = (effects: readonly SignalEffect[]): number => effects.filter(({ kind }) => kind === "resubscribe").length;
