/**
 * The lawful limit, by true time and from what the operator really said: the judge's own reading of the contract. What was
 * delivered binds downwards at once and upwards when it is kept; what a dying controller had not kept is unsaid until it comes again.
 */
import type { Issued, Kept } from "./sight.ts";

interface Allocation {
  readonly maxW: number;
  readonly endMs: number;
  readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 120_000;

export class Law {
  readonly #failsafeW: number;
  readonly #kept: Kept;
  /** By topic, oldest first: the last one kept, and what came after it. */
  readonly #held = new Map<string, Issued[]>();
  #beatMs = -Infinity;
  /** A heartbeat has named what is held, or something came after one, since the agent last had to distrust. */
  #confirmed = false;
  #lostMs = -Infinity;
  #spokenMs = -Infinity;
  /** By topic: the number that a heartbeat has named last, perhaps before the document came. */
  readonly #named = new Map<string, number>();

  constructor(failsafeW: number, kept: Kept) {
    this.#failsafeW = failsafeW;
    this.#kept = kept;
  }

  /** A new process knows what is on the disk, and trusts nobody. */
  booted(wallMs: number): void {
    this.#confirmed = false;
    this.#lostMs = wallMs;
    this.#beatMs = -Infinity;
    for (const [topic, versions] of this.#held) {
      const kept = versions.filter(({ seq }) => seq <= this.#kept.seq(topic));
      if (kept.length === 0) this.#held.delete(topic);
      else this.#held.set(topic, kept.slice(-1));
    }
  }

  /** A genuine document reaches a living agent. */
  delivered(document: Issued, wallMs: number): void {
    if (document.type === "HEARTBEAT") return this.#beat(document, wallMs);
    const versions = this.#held.get(document.topic) ?? [];
    const newest = Math.max(this.#kept.seq(document.topic), versions.at(-1)?.seq ?? -1);
    if (document.seq < newest || (document.seq === newest && versions.length > 0)) return;
    this.#held.set(document.topic, [...versions, document]);
    this.#spokenMs = wallMs;
  }

  limitW(wallMs: number): number {
    this.#forget();
    let limit = Infinity;
    let allocated = false;
    for (const document of this.#binding()) {
      if (document.type === "ALLOCATION") {
        const { maxW, endMs } = readAllocation(document);
        limit = Math.min(limit, wallMs < endMs ? maxW : this.#failsafeW);
        allocated = true;
      } else if (document.type === "LIMIT") {
        const { limitW, endMs } = readLimit(document);
        if (wallMs < endMs) limit = Math.min(limit, limitW);
      }
    }
    this.#trust(wallMs);
    if (!this.#confirmed || !allocated) limit = Math.min(limit, this.#failsafeW);
    return this.#stopped() ? 0 : limit;
  }

  /** When a document that says no more than this ends by itself. */
  endsMs(limitW: number, wallMs: number): number {
    let ends = Infinity;
    for (const document of this.#binding()) {
      if (document.type === "LIMIT") {
        const { limitW: saidW, endMs } = readLimit(document);
        if (saidW <= limitW && wallMs < endMs) ends = Math.min(ends, endMs);
      } else if (document.type === "ALLOCATION") {
        const { maxW, endMs } = readAllocation(document);
        if (maxW <= limitW && wallMs < endMs) ends = Math.min(ends, endMs);
      }
    }
    return ends;
  }

  /** Lost with the heartbeat; back with a document that has come since, while a heartbeat counts. */
  #trust(wallMs: number): void {
    const alive = this.#alive(wallMs);
    if (this.#confirmed && !alive) this.#lostMs = wallMs;
    this.#confirmed = alive && (this.#confirmed || this.#spokenMs >= this.#lostMs);
  }

  #beat({ payload }: Issued, wallMs: number): void {
    const issuedMs = Date.parse(String(payload["iat"]));
    if (issuedMs <= this.#beatMs || wallMs - issuedMs > this.#timeoutMs()) return;
    this.#trust(wallMs);
    this.#beatMs = issuedMs;
    const last = payload["last"] as Readonly<Record<string, readonly [number, number]>>;
    const known = (topic: string): number => Math.max(this.#kept.seq(topic), this.#held.get(topic)?.at(-1)?.seq ?? -1);
    if (Object.entries(last).every(([topic, [, seq]]) => known(topic) >= seq)) this.#confirmed = true;
    for (const [topic, [, seq]] of Object.entries(last)) this.#named.set(topic, seq);
  }

  #alive(wallMs: number): boolean {
    return wallMs - this.#beatMs <= this.#timeoutMs();
  }

  #timeoutMs(): number {
    let least = Infinity;
    for (const document of this.#binding()) if (document.type === "ALLOCATION") least = Math.min(least, readAllocation(document).timeoutMs);
    return least === Infinity ? DEFAULT_TIMEOUT_MS : least;
  }

  *#binding(): Iterable<Issued> {
    for (const versions of this.#held.values()) yield* versions;
  }

  #stopped(): boolean {
    for (const [topic, versions] of this.#held) {
      const last = versions.at(-1);
      if (last?.type === "EMERGENCY") return true;
      if (last?.type !== "RELEASE") continue;
      // A release of what never came here ends nothing, and one that is not kept has not ended it.
      const latched = this.#kept.latched(topic);
      if (latched || (versions.some(({ type }) => type === "EMERGENCY") && (this.#named.get(topic) ?? -1) < last.seq)) return true;
    }
    return false;
  }

  /** What is kept replaces what stood before it. */
  #forget(): void {
    for (const [topic, versions] of this.#held) {
      if (versions.length < 2) continue;
      const kept = versions.findLastIndex(({ seq }) => seq <= this.#kept.seq(topic));
      if (kept > 0) this.#held.set(topic, versions.slice(kept));
    }
  }
}

/** Documents never change: each is read once. */
const readAllocation = onceEach(({ payload }): Allocation => {
  const failsafe = payload["failsafe"] as { readonly heartbeatTimeoutS: number };
  return { maxW: Number(payload["maxW"]), endMs: Date.parse(String(payload["validUntil"])), timeoutMs: failsafe.heartbeatTimeoutS * 1000 };
});

const readLimit = onceEach(({ payload }): { readonly limitW: number; readonly endMs: number } => {
  const [interval] = payload["intervals"] as { readonly limitW: number }[];
  const binds = payload["status"] !== "CANCELLED" && interval !== undefined;
  return binds ? { limitW: interval.limitW, endMs: Date.parse(String(payload["exp"])) } : { limitW: Infinity, endMs: Infinity };
});

function onceEach<T>(read: (document: Issued) => T): (document: Issued) => T {
  const known = new WeakMap<Issued, T>();
  return (document) => {
    const before = known.get(document);
    if (before !== undefined) return before;
    const made = read(document);
    known.set(document, made);
    return made;
  };
}
