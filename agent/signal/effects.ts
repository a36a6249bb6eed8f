/** What the signal room wants done. It does nothing itself: no timers, no disk, no network. */
import type { DocumentRef } from "../core/grid.ts";
import type { Instant, Millis, Watts } from "../core/units.ts";
import type { RefusalCode } from "./result.ts";

/** To be committed in one batch, in the order given out, and answered with `committed(id, ok)`. null deletes. */
export interface SignalCommit {
  readonly kind: "commit";
  readonly id: number;
  /** null: housekeeping. */
  readonly ref: DocumentRef | null;
  readonly changes: ReadonlyMap<string, string | null>;
}

/** For `.../{node}/ack/{docId}`. What follows acceptance (STARTED, SETTLED, ...) is the report room's to say. */
export interface SignalAck {
  readonly kind: "ack";
  readonly ack: {
    readonly ref: DocumentRef;
    readonly type: string;
    readonly status: "RECEIVED" | "ACCEPTED" | "OPT_OUT" | "CANCELLED" | "SUPERSEDED" | "REJECTED";
    readonly code: RefusalCode | null;
    readonly reason: string | null;
    /** With ACCEPTED: what the report room measures the answer by. */
    readonly terms: AckTerms | null;
  };
}

export interface AckTerms {
  /** When it begins to bind here, and when nothing in it binds any more. */
  readonly begins: Instant;
  readonly ends: Instant;
  /** How soon the meter has to show it, and how exactly; null: as GLA/1 gives. */
  readonly respondWithin: Millis | null;
  readonly tolerance: Watts | null;
  /** The smaller is answered first. */
  readonly priority: number | null;
}

export type SignalEventName =
  | "signal.accepted" | "signal.refused" | "signal.cancelled" | "signal.superseded" | "signal.ended" | "signal.unconfirmed" | "signal.confirmed"
  | "emergency.latched" | "emergency.released" | "keys.changed"
  | "gap.opened" | "gap.healed" | "storage.failed" | "storage.recovered";

/** Said on change, not on repetition. The same name is the log field and the topic level. */
export interface SignalEvent {
  readonly kind: "event";
  readonly name: SignalEventName;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** A document that verified, or came unsigned where that is accepted, and is newer than all its signer said there: as it came, for the record. */
export interface SignalVerified {
  readonly kind: "verified";
  readonly document: VerifiedDocument;
}

export interface VerifiedDocument {
  readonly ref: DocumentRef;
  readonly type: string;
  /** The key that signed it; null: unsigned. */
  readonly signer: string | null;
  /** SHA-256 of its payload. */
  readonly hash: string;
  /** The whole message. */
  readonly message: string;
}

/** Brokers resend what they retain only to a new subscription. */
export interface Resubscribe {
  readonly kind: "resubscribe";
}

/** A bug of ours ended the handling of a message, which was refused for it. As often as such refusals are reported. */
export interface SignalBug {
  readonly kind: "bug";
  readonly topic: string;
  readonly error: unknown;
}

export type SignalEffect = SignalCommit | SignalAck | SignalEvent | SignalVerified | Resubscribe | SignalBug;

export const event = (name: SignalEventName, fields: SignalEvent["fields"]): SignalEvent => ({ kind: "event", name, fields });

export function ack({ ref, type }: { readonly ref: DocumentRef; readonly type: string }, status: SignalAck["ack"]["status"], said?: { readonly code: RefusalCode | null; readonly reason: string }): SignalAck {
  return { kind: "ack", ack: { ref, type, status, code: said?.code ?? null, reason: said?.reason ?? null, terms: null } };
}
