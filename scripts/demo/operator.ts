/** The grid operator of the demo: its keys, its documents, its heartbeat. It knows the rack by the contract only. */
import type { KeyObject } from "node:crypto";
import type { Link } from "../../agent/runtime/link.ts";
import { compose, isoTime, type Composed } from "../../agent/signal/compose.ts";
import type { SigningKey } from "../../agent/signal/jws.ts";
import { HEARTBEAT_TIMEOUT_S } from "./story.ts";

type DocumentType = Parameters<typeof compose>[0];

export interface OperatorOptions {
  readonly link: Link;
  readonly operator: string;
  readonly node: string;
  readonly root: SigningKey;
  readonly key: SigningKey;
  /** The public half of `key`. */
  readonly publicKey: KeyObject;
}

const HOUR_MS = 3_600_000;
const PERIOD_S = 1;
/** An allocation raises once it is in force at every time it may be: 2 s later than one that begins now. */
const BEFORE_MS = 60_000;
/** A heartbeat that names a document follows it at this distance: sooner and it may overtake it on its way. */
const AFTER_DOCUMENT_MS = 300;
const BETWEEN_ANSWERS_MS = 100;
/** Restarts at once instead of after minutes, and no slope that would outlast the story. */
const RESTART = { minOffS: 1, randomS: 1, rampPctPerMin: 6_000 };

export class Operator {
  readonly #options: OperatorOptions;
  /** Topic to (epoch, seq) of the last document on it: what a heartbeat names. */
  readonly #last = new Map<string, readonly [number, number]>();
  #seq = 0;
  #emergency: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #beatAt = 0;
  /** Where the rack's journal stood when it last said so. */
  #seen: string | null = null;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  keys(): void {
    const { root, key, publicKey } = this.#options;
    const granted = { kid: key.kid, alg: "Ed25519", key: publicKey.export({ format: "jwk" }), types: ["ALLOCATION", "EMERGENCY", "RELEASE", "HEARTBEAT"], nodes: ["all", "site"], notAfter: null };
    this.#say("KEYS", { keys: [granted] }, { key: root });
  }

  /** null: no limit of the grid's. Returns the document's id. */
  allocate(limitW: number | null): string {
    const now = Date.now();
    return this.#say("ALLOCATION", {
      validFrom: isoTime(now - BEFORE_MS),
      validUntil: isoTime(now + HOUR_MS),
      maxW: limitW === null ? null : Math.round(limitW),
      failsafe: { heartbeatTimeoutS: HEARTBEAT_TIMEOUT_S, onLoss: "FAILSAFE_NOW" },
      restart: RESTART,
      report: { telemetryS: 2 },
    }).id;
  }

  /** The operator notes the head of the rack's journal and echoes it: from then on two know it. */
  saw(logHead: string | null): void {
    this.#seen = logHead;
  }

  emergency(): void {
    this.#emergency = this.#say("EMERGENCY", { action: "STOP" }).id;
  }

  release(): void {
    if (this.#emergency !== null) this.#say("RELEASE", { releases: this.#emergency });
    this.#emergency = null;
  }

  heartbeat(beats: boolean): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (beats) this.#beat();
  }

  /** A rack that says it waits for its confirmation gets it at once; GLA/1 gives an operator 60 s. */
  answer(): void {
    if (this.#timer === null || Date.now() - this.#beatAt < BETWEEN_ANSWERS_MS) return;
    clearTimeout(this.#timer);
    this.#beat();
  }

  #beat(): void {
    this.#beatAt = Date.now();
    this.#say("HEARTBEAT", { periodS: PERIOD_S, last: Object.fromEntries(this.#last), ...(this.#seen !== null && { seen: this.#seen }) });
    this.#timer = setTimeout(() => this.#beat(), PERIOD_S * 1000);
  }

  #say(type: DocumentType, fields: Readonly<Record<string, unknown>>, { key = this.#options.key }: { key?: SigningKey } = {}): Composed {
    const { link, operator, node } = this.#options;
    const now = Date.now();
    this.#seq = Math.max(this.#seq + 1, now);
    const document = compose(type, fields, { operator, node, seq: this.#seq, iat: now, exp: now + HOUR_MS, key });
    link.publish(document);
    if (type === "HEARTBEAT") return document;
    this.#last.set(document.topic, [0, this.#seq]);
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#beat(), AFTER_DOCUMENT_MS);
    }
    return document;
  }
}
