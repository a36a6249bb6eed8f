/** A bad grid document is a value, not an exception. */
export type RefusalCode =
  | "SCHEMA" | "NEGATIVE" | "UNSIGNED" | "BAD_SIGNATURE" | "AUDIENCE" | "REPLAY" | "EXPIRED"
  | "INVALID_TIME" | "NOT_APPLICABLE" | "TOO_LARGE" | "STORAGE" | "FLOOD" | "INTERNAL";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** Cause, in words; never longer than `longestReason` and never a secret. */
  readonly reason: string;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Refusal;

/** Reasons quote what a stranger sent: bounded, so that a log line stays a line. */
const longestReason = 200;

export const accept = <T>(value: T): Result<T> => ({ ok: true, value });

export function refuse(code: RefusalCode, reason: string): Refusal {
  const line = reason.replaceAll(/\p{Cc}+/gu, " ");
  return { ok: false, code, reason: line.length > longestReason ? `${line.slice(0, longestReason - 1)}…` : line };
}
