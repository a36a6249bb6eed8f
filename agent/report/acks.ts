/**
 * What becomes of an accepted document: SETTLED when the meter has shown it, CANNOT_COMPLY when it shows otherwise after
 * the response time. Nothing is called settled that no meter has shown.
 */
import type { Decision } from "../core/decide.ts";
import type { Millis } from "../core/units.ts";
import { limitW, measuredW } from "./status.ts";

export interface Outcome {
  readonly id: string;
  readonly status: "SETTLED" | "CANNOT_COMPLY";
  readonly measuredW: number | null;
  readonly effectiveLimitW: number | null;
  readonly shortfallW: number | null;
  readonly reason: string | null;
}

/** More than a broker of sane documents has in flight; the oldest gives way. */
const MOST = 100;

/** Documents accepted and not yet seen at the meter. */
export class OpenDocuments {
  readonly #open = new Map<string, { readonly since: Millis; failed: boolean }>();

  accepted(id: string, uptime: Millis): void {
    this.#open.set(id, { since: uptime, failed: false });
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > MOST && oldest !== undefined) this.#open.delete(oldest);
  }

  ended(id: string): void {
    this.#open.delete(id);
  }

  /** Judged from one decision; a document is looked at from the first full cycle after its acceptance. */
  outcomes(decision: Decision): Outcome[] {
    const outcomes: Outcome[] = [];
    const { compliance } = decision;
    const figures = { measuredW: measuredW(decision), effectiveLimitW: limitW(decision.effective.limit) };
    for (const [id, document] of this.#open) {
      if (decision.uptime - document.since < 1000) continue;
      if ((compliance.kind === "compliant" || compliance.kind === "not-limited") && decision.quality === "measured") {
        this.#open.delete(id);
        outcomes.push({ id, status: "SETTLED", ...figures, shortfallW: null, reason: null });
      } else if ((compliance.kind === "at-floor" || compliance.kind === "violating") && !document.failed) {
        document.failed = true;
        const reason = compliance.kind === "at-floor" ? "every machine that hears is asleep; what remains cannot be shed" : "the meter still shows more than the limit after the response time";
        outcomes.push({ id, status: "CANNOT_COMPLY", ...figures, shortfallW: Math.round(compliance.excess), reason });
      }
    }
    return outcomes;
  }
}
