/** How this device takes a document: from when it acts here, whether it is declined, and what the answer is measured by. */
import { instant, type Watts } from "../core/units.ts";
import { bindLevel } from "./bind.ts";
import { isEvent, type AllocationDocument, type EventDocument, type StandingDocument } from "./documents.ts";
import type { AckTerms } from "./effects.ts";
import type { Taking } from "./entry.ts";

export function termsOf(document: AllocationDocument | EventDocument, { nominal, u }: { readonly nominal: Watts; readonly u: number }): AckTerms {
  if (document.type === "ALLOCATION") {
    const { valid } = document.allocation;
    return { begins: valid.start ?? document.issued, ends: valid.end ?? document.expires, respondWithin: null, tolerance: null, priority: null };
  }
  const { respondWithin, tolerance, priority, expires, issued } = document;
  const spans = bindLevel(document, { share: 1, nominal, u }).intervals.map(({ span }) => span);
  return { begins: spans[0]?.start ?? issued, ends: instant(Math.max(...spans.map(({ end }) => end ?? expires), issued)), respondWithin, tolerance, priority };
}

export function takingOf(document: StandingDocument, { optOut, u }: { readonly optOut: boolean; readonly u: number }): ReturnType<Taking> {
  if (document.type === "ALLOCATION") return { begins: document.allocation.valid.start, declined: false };
  if (!isEvent(document)) return { begins: null, declined: false };
  const delay = document.status === "CANCELLED_RANDOM" ? u * (document.randomize ?? 0) : null;
  return { begins: delay === null ? null : instant(document.issued + delay), declined: optOut && document.obligation === "MAY" };
}
