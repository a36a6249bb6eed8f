/** An acknowledgement as it goes out: every field, null where there is nothing to say. */
import type { Decision } from "../core/decide.ts";
import type { DocumentRef } from "../core/grid.ts";
import type { Instant } from "../core/units.ts";
import { isoTime } from "./figures.ts";
import { limitW, measuredW } from "./status.ts";

export interface AckWords {
  readonly status: string;
  readonly code?: string | null;
  readonly reason?: string | null;
  /** When the meter should show it. */
  readonly expectedSettleAt?: Instant | null;
  readonly shortfallW?: number | null;
}

export interface AckContext {
  readonly ref: DocumentRef;
  /** The document's type. */
  readonly of: string;
  readonly at: Instant;
  /** What was decided last; null before the first decision. */
  readonly decision: Decision | null;
  /** A share nobody but the configuration grants is to be seen in everything that rests on it. */
  readonly shareFrom: "operator" | "config" | null;
}

export function ackDocument({ status, code = null, reason = null, expectedSettleAt = null, shortfallW = null }: AckWords, { ref, of, at, decision, shareFrom }: AckContext) {
  return {
    v: 1, type: "ACK", at: isoTime(at), ...ref, of, status, code, reason,
    expectedSettleAt: expectedSettleAt === null ? null : isoTime(expectedSettleAt),
    measuredW: decision === null ? null : measuredW(decision),
    effectiveLimitW: decision === null ? null : limitW(decision.effective.limit),
    shortfallW,
    ...(shareFrom === "config" && { shareFrom }),
  };
}
