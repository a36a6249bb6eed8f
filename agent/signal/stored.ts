/** The signal room's corner of the store: everything under `signal/`. */
import type { DocumentRef } from "../core/grid.ts";
import { instant, type Instant } from "../core/units.ts";
import { compareOrder } from "./order.ts";
import type { LatchState } from "./latch.ts";
import type { Mark, Signer } from "./ledger.ts";

export const STORED_PREFIX = "signal/";

/** Topics hold no `#`, so a mark's key reads back into topic and signer. */
export const keyOf = {
  document: (topic: string): string => `${STORED_PREFIX}document/${topic}`,
  latch: (topic: string): string => `${STORED_PREFIX}latch/${topic}`,
  mark: (topic: string, signer: Signer): string => `${STORED_PREFIX}mark/${topic}#${signer ?? ""}`,
  clock: `${STORED_PREFIX}clock`,
  seed: `${STORED_PREFIX}seed`,
} as const;

export type StoredRecord =
  | { readonly kind: "document"; readonly topic: string }
  | { readonly kind: "latch"; readonly topic: string }
  | { readonly kind: "mark"; readonly topic: string; readonly signer: Signer }
  | { readonly kind: "clock" };

/** What a key of the store is for; null: not ours. */
export function readKey(key: string): StoredRecord | null {
  if (key === keyOf.clock) return { kind: "clock" };
  const match = /^signal\/(document|latch|mark)\/([^#]+)(?:#(.*))?$/.exec(key);
  const [, kind, topic, signer] = match ?? [];
  if (topic === undefined) return null;
  if (kind === "mark") return { kind, topic, signer: signer === undefined || signer === "" ? null : signer };
  return kind === "document" || kind === "latch" ? { kind, topic } : null;
}

/** These throw on what they did not write: the caller says so and goes on without. */
export function markFromText(text: string): Mark {
  const { epoch, seq, hash, taken, until } = JSON.parse(text) as Mark;
  if (![epoch, seq].every(Number.isSafeInteger) || typeof hash !== "string") throw new TypeError("not a mark");
  return { epoch, seq, hash, taken, until: until === null ? null : instant(until) };
}

export function latchFromText(text: string): LatchState {
  const { latch, release } = JSON.parse(text) as LatchState;
  if (latch === null || !["STOP", "BLACK_START_HOLD"].includes(latch.action)) throw new TypeError("not a latch");
  for (const ref of [latch.ref, release?.ref]) if (ref !== undefined && !Number.isFinite(compareOrder(ref, ref))) throw new TypeError("not a latch");
  // What is read here is on disk.
  return { latch, release: release && { ref: release.ref, kept: true } };
}

/** Stands for a latch that cannot be read: an emergency that is certain only in that there was one. Any EMERGENCY takes its place. */
export function unreadableLatch(topic: string): LatchState {
  const ref: DocumentRef = { id: "unreadable", topic, epoch: 0, seq: 0 };
  return { latch: { ref, action: "STOP" }, release: null };
}

export const clockFromText = (text: string): Instant => instant(Number(text));

/** How many documents a topic's record holds; what they say is read when they are restored. */
export function entryCount(text: string): number {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === "object" && entry !== null && "payload" in entry && typeof entry.payload === "string")) throw new TypeError("not documents");
  return entries.length;
}
