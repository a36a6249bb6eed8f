/**
 * Conformance vectors: documents as they travel, signed with public test keys, and what an agent has to answer and to
 * hold after each. The keys are made from constants: whoever makes the files again gets the same bytes.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { compose, isoTime } from "../../agent/signal/compose.ts";
import type { DocumentType } from "../../agent/signal/documents/envelope.ts";
import type { SigningKey } from "../../agent/signal/jws.ts";

export interface VectorFile {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly shows: string;
  readonly agent: Agent;
  readonly steps: readonly Step[];
}

export interface Agent {
  readonly prefix: string;
  readonly operator: string;
  readonly site: string;
  readonly rack: string;
  readonly signatures: "required" | "optional";
  readonly nominalW: number;
  readonly failsafeLimitW: number;
  readonly optOut: boolean;
  /** 32 bytes in hex: of the draws u = HMAC-SHA256(seed, id) / 2^256. */
  readonly deviceSeed: string;
  /** The pinned root key. */
  readonly rootKey: object;
  /** false: the agent has no synchronised clock, only an uptime; 1970 until it hears better. */
  readonly synchronised: boolean;
}

export interface Step {
  /** Wall time; the agent has started at the first step's. Between steps it lives second by second. */
  readonly at: string;
  /** The process is killed and started again before the message; what was acknowledged as ACCEPTED is on disk. */
  readonly restart?: true;
  readonly message: { readonly topic: string; readonly payload: string; readonly retain: boolean } | null;
  readonly expect: Expected;
}

export interface Expected {
  /** Acks sent since the step before, by the time it is this one's: `STATUS` or `STATUS/CODE`. Those that need a meter are left out. */
  readonly acks: readonly string[];
  /** null: no limit. */
  readonly limitW: number | null;
  readonly source: string | null;
  readonly state: string;
  readonly setpointW: number | null;
  /** How many messages have been refused so far, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

export const origin = Date.parse("2026-11-22T18:00:00Z");
export const node = "site/s1/rack/r1";
export const topicOf = (path: string): string => `gla/1/demo/${path}`;

export function testKey(kid: string, byte: number): SigningKey & { readonly publicKey: KeyObject } {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, byte)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { kid, key, publicKey: createPublicKey(key) };
}

export const root = testKey("root", 1);
export const grid = testKey("grid-1", 2);
export const stranger = testKey("grid-1", 3);
export const successor = testKey("grid-2", 4);
export const testKeys = [root, grid, stranger, successor] as const;

const agent: Agent = {
  prefix: "gla/1", operator: "demo", site: "s1", rack: "r1", signatures: "required", nominalW: 33_528, failsafeLimitW: 10_000, optOut: false,
  deviceSeed: "5eed".repeat(16), rootKey: root.publicKey.export({ format: "jwk" }), synchronised: true,
};

export interface Saying {
  readonly node?: string;
  readonly id?: string;
  readonly epoch?: number;
  readonly seq?: number;
  /** Seconds from the origin. */
  readonly iat?: number;
  readonly exp?: number;
  readonly key?: SigningKey | null;
  readonly retain?: boolean;
  /** Changed after it was signed. */
  readonly spoil?: (payload: string) => string;
  /** On another topic than its own. */
  readonly topic?: string;
}

type After = Partial<Expected>;

/** Writes a vector step by step; what a step does not say stays as it was before, and nothing is answered. */
export class Story {
  readonly #agent: Agent;
  readonly #steps: Step[] = [];
  readonly #last = new Map<string, readonly [number, number]>();
  #now = 0;
  #seq = 100;
  #restart = false;
  #expected: Expected;

  constructor(over: Partial<Agent> = {}) {
    this.#agent = { ...agent, ...over };
    this.#expected = { acks: [], limitW: this.#agent.failsafeLimitW, source: "failsafe", state: "init", setpointW: null, refused: {} };
  }

  /** Seconds from the origin. */
  get now(): number {
    return this.#now;
  }

  at(second: number): this {
    this.#now = second;
    return this;
  }

  restart(): this {
    this.#restart = true;
    return this;
  }

  say(type: DocumentType, fields: Readonly<Record<string, unknown>>, after: After = {}, saying: Saying = {}): this {
    const iat = origin + (saying.iat ?? this.#now) * 1_000;
    this.#seq += 1;
    const document = compose(type, fields, {
      operator: "demo", node: saying.node ?? node, seq: saying.seq ?? this.#seq, iat, exp: saying.exp === undefined ? iat + 3_600_000 : origin + saying.exp * 1_000,
      key: saying.key === undefined ? (type === "KEYS" ? root : grid) : saying.key, ...(saying.id !== undefined && { id: saying.id }), ...(saying.epoch !== undefined && { epoch: saying.epoch }),
    });
    const message = { topic: saying.topic ?? document.topic, payload: saying.spoil?.(document.payload) ?? document.payload, retain: saying.retain ?? false };
    const taken = (after.acks ?? []).some((word) => word.startsWith("RECEIVED") || word.startsWith("REJECTED"));
    if (taken && (after.acks ?? []).every((word) => !word.includes("REPLAY"))) this.#last.set(document.topic, [saying.epoch ?? 0, saying.seq ?? this.#seq]);
    return this.#step(message, after);
  }

  hear(topic: string, payload: string, after: After = {}, retain = false): this {
    return this.#step({ topic, payload, retain }, after);
  }

  /** The last message again. */
  again(after: After = {}, retain = true): this {
    const message = this.#steps.findLast((step) => step.message !== null)?.message;
    if (!message) throw new Error("nothing was said yet");
    return this.#step({ ...message, retain }, after);
  }

  wait(seconds: number, after: After = {}): this {
    this.#now += seconds;
    return this.#step(null, after);
  }

  /** The whole set, each key for everything here. */
  keys(after: After = {}, keys: readonly (typeof grid)[] = [grid]): this {
    const rows = keys.map(({ kid, publicKey }) => ({ kid, alg: "Ed25519", key: publicKey.export({ format: "jwk" }), types: ["ALLOCATION", "LIMIT", "SETPOINT", "LEVEL", "EMERGENCY", "RELEASE", "HEARTBEAT"], nodes: ["site/s1", "area", "all"], notAfter: null }));
    return this.say("KEYS", { keys: rows }, { acks: ["RECEIVED", "ACCEPTED"], ...after });
  }

  allocation(maxW: number | null, after: After = {}, more: Readonly<Record<string, unknown>> = {}, saying: Saying = {}): this {
    const from = saying.iat ?? this.#now;
    return this.say("ALLOCATION", { validFrom: isoTime(origin + (from - 10) * 1_000), validUntil: isoTime(origin + (saying.exp ?? from + 3_600) * 1_000), maxW, ...more }, { acks: ["RECEIVED", "ACCEPTED"], ...after }, saying);
  }

  limit(limitW: number, after: After = {}, more: Readonly<Record<string, unknown>> = {}, saying: Saying = {}): this {
    return this.say("LIMIT", { intervals: [{ start: null, durationS: null, limitW }], ...more }, { acks: ["RECEIVED", "ACCEPTED"], ...after }, { id: "e1", ...saying });
  }

  /** Names what this story has said so far and was answered. */
  heartbeat(after: After = {}, over: Readonly<Record<string, readonly [number, number]>> = {}, saying: Saying = {}): this {
    return this.say("HEARTBEAT", { periodS: 30, last: { ...Object.fromEntries(this.#last), ...over } }, after, { exp: (saying.iat ?? this.#now) + 120, ...saying });
  }

  /** Keys, 20 kW, a heartbeat that confirms: what most stories begin with. */
  trusted(more: Readonly<Record<string, unknown>> = {}): this {
    return this.keys().allocation(20_000, {}, more).heartbeat({ limitW: 20_000, source: "allocation", state: "limited" });
  }

  tell(name: string, shows: string): VectorFile {
    return { name, shows, agent: this.#agent, steps: this.#steps };
  }

  #step(message: Step["message"], after: After): this {
    this.#expected = { ...this.#expected, acks: [], ...after };
    this.#steps.push({ at: isoTime(origin + this.#now * 1_000), ...(this.#restart && { restart: true as const }), message, expect: this.#expected });
    this.#restart = false;
    return this;
  }
}
