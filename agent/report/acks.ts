/**
 * What becomes of an accepted document: STARTED when it has surely begun, SETTLED when the meter has shown it, PARTIAL or
 * CANNOT_COMPLY when the time to respond is over and it has not, COMPLETED when it has ended. Nothing is called settled
 * that no meter has shown.
 */
import type { Decision } from "../core/decide.ts";
import type { DocumentRef } from "../core/grid.ts";
import type { Instant, Millis, Watts } from "../core/units.ts";
import type { Emergency } from "../core/flexibility.ts";
import { measuredW } from "./status.ts";

export interface Terms {
  readonly begins: Instant;
  readonly ends: Instant;
  readonly respondWithin: Millis | null;
  readonly tolerance: Watts | null;
  readonly priority: number | null;
}

export interface Accepted {
  readonly ref: DocumentRef;
  readonly type: string;
  /** null: from now on, without end. */
  readonly terms: Terms | null;
}

export interface Outcome {
  readonly ref: DocumentRef;
  readonly type: string;
  readonly status: "STARTED" | "SETTLED" | "COMPLETED" | "SUPERSEDED" | "PARTIAL" | "CANNOT_COMPLY";
  /** With CANNOT_COMPLY that is known beforehand: when it will be there all the same. */
  readonly expectedSettleAfter: Millis | null;
  readonly shortfallW: number | null;
  readonly reason: string | null;
}

interface Open extends Accepted {
  /** Measured when it was accepted; null: not measured. */
  readonly before: number | null;
  /** Uptime of its beginning; null: not begun. */
  startedAt: Millis | null;
  settled: boolean;
  failed: boolean;
}

export interface Judging {
  /** Wall time as far as it has surely come. */
  readonly earliest: Instant;
  /** Where a document gives none. */
  readonly responseTime: Millis;
  /** What an EMERGENCY comes to in this rack, as far as can be said beforehand. */
  readonly emergency: () => Emergency | null;
  readonly nominal: Watts;
}

/** More than a broker of sane documents has in flight; the oldest gives way. */
const MOST = 100;
/** A decision made at once still shows the watts of before. */
const FIRST_LOOK = 1000;
const WORKING = new Set(["ALLOCATION", "LIMIT", "SETPOINT", "LEVEL", "EMERGENCY"]);

/** Documents accepted and not yet over. */
export class OpenDocuments {
  /** By topic and id: a site and a rack may each have an event of the same name. */
  readonly #open = new Map<string, Open>();

  /** `decision`: the last before it. Types that ask nothing of the rack are not followed. */
  accepted(document: Accepted, decision: Decision | null): void {
    if (!WORKING.has(document.type)) return;
    const key = keyOf(document.ref);
    this.#open.delete(key);
    this.#open.set(key, { ...document, before: decision === null ? null : measuredW(decision), startedAt: null, settled: false, failed: false });
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > MOST && oldest !== undefined) this.#open.delete(oldest);
  }

  ended(ref: DocumentRef): void {
    this.#open.delete(keyOf(ref));
  }

  /** What is to be said after one decision, by priority. */
  outcomes(decision: Decision, { earliest, responseTime, emergency, nominal }: Judging): Outcome[] {
    const outcomes: Outcome[] = [];
    const byPriority = [...this.#open.values()].sort((a, b) => (a.terms?.priority ?? Infinity) - (b.terms?.priority ?? Infinity) || 0);
    for (const document of byPriority) {
      if (!this.#open.has(keyOf(document.ref))) continue;
      if (document.startedAt === null) {
        outcomes.push(...this.#begin(document, decision, earliest));
        if (document.startedAt !== null && document.type === "EMERGENCY") outcomes.push(...foreseen(document, decision, { emergency: emergency(), nominal }));
      }
      // Released: what the meter shows from now on is not what was asked for.
      if (document.type === "EMERGENCY" && document.startedAt !== null && decision.state !== "emergency") {
        outcomes.push(...this.#end(document, decision));
        continue;
      }
      if (document.startedAt !== null) outcomes.push(...this.#judge(document, decision, document.startedAt + (document.terms?.respondWithin ?? responseTime)));
      if (document.terms !== null && earliest >= document.terms.ends) outcomes.push(...this.#end(document, decision));
    }
    return outcomes;
  }

  #begin(document: Open, decision: Decision, earliest: Instant): Outcome[] {
    if (document.terms !== null && earliest < document.terms.begins) return [];
    document.startedAt = decision.uptime;
    const replaced = [...this.#open.values()].filter(({ ref, startedAt }) => ref.topic === document.ref.topic && ref.id !== document.ref.id && startedAt !== null);
    for (const { ref } of replaced) this.#open.delete(keyOf(ref));
    return [...replaced.map((other) => outcome(other, "SUPERSEDED", { decision, reason: `by ${document.ref.id}` })), outcome(document, "STARTED", { decision })];
  }

  #judge(document: Open, decision: Decision, deadline: number): Outcome[] {
    if (document.settled || document.startedAt === null || decision.uptime - document.startedAt < FIRST_LOOK) return [];
    if (isShown(document, decision)) {
      document.settled = true;
      return [outcome(document, "SETTLED", { decision })];
    }
    const atFloor = decision.compliance.kind === "at-floor";
    if (document.failed || (!atFloor && decision.uptime < deadline)) return [];
    document.failed = true;
    const now = measuredW(decision);
    const came = now !== null && document.before !== null && now < document.before - decision.tolerance;
    const short = decision.compliance.kind === "at-floor" || decision.compliance.kind === "violating" || decision.compliance.kind === "settling";
    return [outcome(document, came || !short ? "PARTIAL" : "CANNOT_COMPLY", { decision, reason: reasonFor(decision), shortfall: true })];
  }

  #end(document: Open, decision: Decision): Outcome[] {
    this.#open.delete(keyOf(document.ref));
    if (document.settled) return [outcome(document, "COMPLETED", { decision })];
    return document.failed ? [] : [outcome(document, "PARTIAL", { decision, reason: "it ended before a meter had shown it" })];
  }
}

const keyOf = ({ topic, id }: DocumentRef): string => `${topic} ${id}`;

/** GLA/1 "Times to keep": within 30 s no more than a twentieth is left, or it is said at once how long it takes. */
const LEFT_AFTER_30S = 0.05;

function foreseen(document: Open, decision: Decision, { emergency, nominal }: { readonly emergency: Emergency | null; readonly nominal: Watts }): Outcome[] {
  const allowed = LEFT_AFTER_30S * nominal;
  if (emergency === null || emergency.after30s <= allowed) return [];
  document.failed = true;
  const shortfall = Math.round(emergency.after30s - allowed);
  return [{ ...outcome(document, "CANNOT_COMPLY", { decision, reason: `these machines take ${Math.ceil(emergency.within / 1_000)} s to come down, and no outlet may be opened before` }), expectedSettleAfter: emergency.within, shortfallW: shortfall }];
}

/** Has the meter shown what the document asks for? A SETPOINT is met from both sides, everything else from above. */
function isShown({ type, terms }: Accepted, decision: Decision): boolean {
  const { draw, effective, quality, setpoint } = decision;
  if (quality !== "measured") return false;
  const allowed = terms?.tolerance ?? decision.tolerance;
  const limit = effective.limit.kind === "limited" ? effective.limit.power : Infinity;
  if (draw.high > limit + allowed) return false;
  if (type !== "SETPOINT" || setpoint === null) return true;
  const target = Math.min(limit, setpoint.power);
  // Without a limit nothing says how exactly: then as a limit of this size would.
  const near = terms?.tolerance ?? Math.max(decision.tolerance, 0.005 * target + 10);
  return draw.low <= target + near && draw.high >= target - near;
}

function reasonFor({ compliance, quality }: Decision): string {
  if (compliance.kind === "at-floor") return "every machine that hears is asleep; what remains cannot be shed";
  if (quality !== "measured" || compliance.kind === "unverified") return "no meter has shown it within the response time";
  if (compliance.kind === "compliant" || compliance.kind === "not-limited") return "the limit is kept, but the meter does not show what was asked for as exactly as it was asked";
  return "the meter still shows more than the limit after the response time";
}

function outcome({ ref, type }: Accepted, status: Outcome["status"], said: { readonly decision: Decision; readonly reason?: string; readonly shortfall?: true }): Outcome {
  const { decision } = said;
  const { compliance } = decision;
  const excess = "excess" in compliance ? Math.round(compliance.excess) : null;
  return {
    ref, type, status, expectedSettleAfter: null,
    shortfallW: said.shortfall === true ? excess : null, reason: said.reason ?? null,
  };
}
