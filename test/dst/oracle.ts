/**
 * The judge. It knows what the operator issued and what reached the rack, the true power of every machine, and what the
 * agent published; it shares no code with the agent. Each cause opens one grant of time; beyond all grants the rules hold.
 */
import type { Issued } from "./operator.ts";

export interface Violation {
  readonly atS: number;
  readonly rule: string;
  readonly detail: string;
}

export interface Sight {
  readonly nowMs: number;
  readonly wallMs: number;
  readonly powerW: number;
  readonly floorW: number;
  readonly outlets: number;
  /** The most the rack could draw within a limit. */
  readonly reach: (limitW: number) => number;
  /** Something is broken, or was a moment ago: nothing is promised about use. */
  readonly broken: boolean;
  /** Percent of nominal a minute that the allocation lets the rack rise. */
  readonly rampW: number;
  /** What the agent says now, on its control socket; null before its first decision. */
  readonly status: { readonly effectiveLimitW: number | null; readonly compliance: string; readonly state: string } | null;
}

/** Seconds until the true power has to follow, from each cause. */
const GRANTS = {
  /** 10 s of the contract, a tune of its own, and one reading. */
  "limit step": 20,
  "process start": 22,
  /** A machine back from a reboot passes through its default point until it is read and told: 30 s restart, 20 s ramp, 10 s. */
  reboot: 75,
  /** Recognised after its settle time and 12 s, then the others make room. */
  stuck: 60,
  /** It may have missed its last order; the meter shows it and the others make room. */
  "silent device": 45,
  "device back": 45,
  /** Planned without a meter from ten seconds on: what it knew before holds until then. */
  "meter lost": 30,
  /** Found out with the next orders that should move it; until then what it showed is believed. */
  "meter frozen": 60,
} as const;
export type Cause = keyof typeof GRANTS;

/** After the ramp: restart delay, the longest wake in the plan with its room, and a minute. */
const USE_AFTER_MS = 150_000;
/** Share of the reachable that has to be used. */
const USE = 0.97;
/** Looks 10 s apart: when work moves between machines the one is down before the other is up. */
const UNDER_LOOKS = 4;
/** The most hashrate is not always the most power: the difference of two neighbouring points. */
const USE_SLACK_W = 60;

const INIT_DECISION_MS = 5_000;

export class Oracle {
  readonly violations: Violation[] = [];
  readonly exercised = new Map<string, number>();
  readonly #failsafeW: number;
  #grantUntil = 0;
  /** Delivered to a living agent and genuine. */
  #allocation: { limitW: number; endMs: number; timeoutS: number } | null = null;
  readonly #limits = new Map<string, { limitW: number; endMs: number }>();
  #stopped = false;
  #released = false;
  #beatAt: number | null = null;
  #bootAt = 0;
  #limitW: number;

  constructor(failsafeW: number) {
    this.#failsafeW = failsafeW;
    this.#limitW = failsafeW;
  }

  cause(cause: Cause, nowMs: number): void {
    this.#grantUntil = Math.max(this.#grantUntil, nowMs + GRANTS[cause] * 1000);
    this.#count(`cause: ${cause}`);
  }

  booted(nowMs: number): void {
    this.#bootAt = nowMs;
    this.#beatAt = null;
    this.cause("process start", nowMs);
  }

  /** A genuine document reached a living agent. Older ones than held change nothing. */
  delivered({ type, id, payload }: Issued, nowMs: number): void {
    this.#count(`document: ${type}`);
    const end = Date.parse(String(payload["exp"]));
    switch (type) {
      case "ALLOCATION": {
        const failsafe = payload["failsafe"] as { heartbeatTimeoutS: number };
        this.#allocation = { limitW: Number(payload["maxW"]), endMs: Date.parse(String(payload["validUntil"])), timeoutS: failsafe.heartbeatTimeoutS };
        break;
      }
      case "LIMIT": {
        const interval = (payload["intervals"] as { limitW: number }[])[0];
        if (payload["status"] === "CANCELLED" || interval === undefined) this.#limits.delete(id);
        else this.#limits.set(id, { limitW: interval.limitW, endMs: end });
        break;
      }
      case "EMERGENCY":
        this.#stopped = true;
        this.#released = false;
        break;
      case "RELEASE":
        this.#released = true;
        break;
      case "HEARTBEAT":
        this.#beatAt = nowMs;
        break;
      default:
    }
  }

  /** What the rack has to keep to now. A release takes effect when the agent says so; the oracle only allows it. */
  #lawful({ nowMs, wallMs }: Sight): number {
    let limit = this.#allocation !== null && wallMs < this.#allocation.endMs ? this.#allocation.limitW : this.#failsafeW;
    for (const { limitW, endMs } of this.#limits.values()) if (wallMs < endMs) limit = Math.min(limit, limitW);
    const timeoutMs = (this.#allocation?.timeoutS ?? 120) * 1000;
    if (this.#beatAt === null || nowMs - this.#beatAt > timeoutMs) limit = Math.min(limit, this.#failsafeW);
    if (this.#stopped && !this.#released) limit = 0;
    return limit;
  }

  look(sight: Sight): void {
    const limit = this.#lawful(sight);
    const { nowMs, status } = sight;
    if (limit < this.#limitW) this.cause("limit step", nowMs);
    this.#limitW = limit;
    this.#count("looks");
    const tolerance = Math.max(0.005 * limit, 0.01 * sight.powerW, 2 * sight.outlets + 10);
    const beyond = nowMs > this.#grantUntil;
    const allowed = Math.max(limit, sight.floorW) + tolerance;
    if (beyond) {
      this.#count("looks beyond grants");
      if (sight.powerW > allowed) this.#violate(sight, "power within the limit", `${Math.round(sight.powerW)} W drawn, ${Math.round(limit)} W allowed`);
    }
    this.#use(sight, limit);
    if (status === null) {
      if (nowMs - this.#bootAt > INIT_DECISION_MS) this.#violate(sight, "decision within 5 s of process start", "no decision");
      return;
    }
    const said = status.effectiveLimitW ?? Infinity;
    const late = nowMs - Math.max(this.#bootAt, this.#limitSince) > INIT_DECISION_MS;
    if (late && said > Math.floor(limit) + 1) this.#violate(sight, "the stated limit is never above the true one", `${said} W stated, ${Math.round(limit)} W true`);
    const word = status.compliance;
    if (beyond && sight.powerW > allowed && (word === "compliant" || word === "not-limited")) this.#violate(sight, "no false compliance", `${word} at ${Math.round(sight.powerW)} W over ${Math.round(limit)} W`);
    this.#count(`compliance: ${word}`);
    this.#count(`state: ${status.state}`);
    if (limit !== this.#lastLimit) {
      this.#lastLimit = limit;
      this.#limitSince = nowMs;
    }
  }
  /** Under a limit that has stood long enough, on a rack that has been whole long enough, the allocation is used. */
  #use(sight: Sight, limit: number): void {
    const { nowMs, powerW, broken, rampW } = sight;
    // Heartbeats count by the time they were issued: the agent may know a moment earlier than we that they are old.
    const stricter = (sight.status?.effectiveLimitW ?? Infinity) < limit - 1;
    if (broken || stricter || limit !== this.#usedLimit || nowMs < this.#grantUntil) {
      this.#usedLimit = limit;
      this.#usableAt = nowMs + USE_AFTER_MS + (limit / Math.max(1, rampW)) * 60_000;
    }
    if (nowMs < this.#usableAt || limit <= 0) return;
    this.#count("looks at use");
    if (nowMs % 10_000 !== 0) return;
    // What the margin, the meter's noise and the uncertainty of one machine's model take away from a small limit.
    const reach = sight.reach(limit * 0.985 - 30);
    this.#under = powerW < USE * reach - USE_SLACK_W ? this.#under + 1 : 0;
    if (this.#under >= UNDER_LOOKS) this.#violate(sight, "97 % of the reachable is used", `${Math.round(powerW)} W of ${Math.round(reach)} W reachable under ${Math.round(limit)} W`);
  }
  #usedLimit = -1;
  #usableAt = 0;
  #under = 0;

  #lastLimit = -1;
  #limitSince = 0;

  #violate({ nowMs }: Sight, rule: string, detail: string): void {
    if (this.violations.length < 20) this.violations.push({ atS: Math.round(nowMs / 1000), rule, detail });
  }

  violate(atMs: number, rule: string, detail: string): void {
    if (this.violations.length < 20) this.violations.push({ atS: Math.round(atMs / 1000), rule, detail });
  }

  #count(what: string): void {
    this.exercised.set(what, (this.exercised.get(what) ?? 0) + 1);
  }
}
