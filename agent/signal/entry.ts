/** A verified document as it is held and kept on disk. */
import { createHash } from "node:crypto";
import type { Instant } from "../core/units.ts";
import { isStanding, readDocument, type GridDocument, type StandingDocument } from "./documents.ts";
import { readEnvelope } from "./documents/envelope.ts";
import { readJson } from "./json.ts";
import type { Signer } from "./ledger.ts";
import { accept, refuse, type Result } from "./result.ts";
import type { Topics } from "./topics.ts";

export interface Entry<T extends GridDocument = StandingDocument> {
  readonly signer: Signer;
  /** The payload as it was signed, or as the short form was filled in. */
  readonly payload: string;
  /** SHA-256 of the payload as it came: tells a redelivery from a forgery with the same number. */
  readonly hash: string;
  /** Length and SHA-256 of the whole message: tells a redelivery without verifying it again. */
  readonly wire: string;
  /** Came as a short form: the same bytes without the retain flag are a new document. */
  readonly short: boolean;
  /** When it takes the place of what stands before it; null: at once. */
  readonly begins: Instant | null;
  /** A MAY that the farm's policy leaves undone. */
  readonly declined: boolean;
  readonly document: T;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

export const wireOf = (bytes: Uint8Array): string => `${bytes.length}:${sha256(bytes)}`;

/** The same message as `entry` came in? Hashes only what has the right length. */
export function sameWire(entry: Entry, bytes: Uint8Array): boolean {
  return entry.wire.startsWith(`${bytes.length}:`) && entry.wire === wireOf(bytes);
}

interface Kept {
  readonly signer: Signer;
  readonly payload: string;
  readonly hash: string;
  readonly wire: string;
  readonly short: boolean;
}

export function entriesToText(entries: readonly Entry[]): string {
  return JSON.stringify(entries.map(({ signer, payload, hash, wire, short }): Kept => ({ signer, payload, hash, wire, short })));
}

/** How this device takes a document: drawn and decided here, so not part of what is kept. */
export type Taking = (document: StandingDocument) => Pick<Entry, "begins" | "declined">;

/** What `entriesToText` wrote. The signature was checked before it was written; what it says is read anew. */
export function entriesFromText(text: string, topic: string, { topics, taking }: { readonly topics: Topics; readonly taking: Taking }): Result<readonly Entry[]> {
  const place = topics.read(topic);
  if (place === null) return refuse("AUDIENCE", `${topic} is no topic of this agent`);
  const entries: Entry[] = [];
  for (const kept of JSON.parse(text) as readonly Kept[]) {
    const value = readJson(Buffer.from(kept.payload));
    if (!value.ok) return value;
    const envelope = readEnvelope(value.value, place, topics.operator);
    if (!envelope.ok) return envelope;
    const document = readDocument(value.value, envelope.value);
    if (!document.ok) return document;
    if (!isStanding(document.value)) return refuse("SCHEMA", `a ${document.value.type} is not kept here`);
    entries.push({ ...kept, ...taking(document.value), document: document.value });
  }
  return accept(entries);
}
