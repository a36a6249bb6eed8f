/**
 * What makes the journal tamper-evident: every line carries the SHA-256 of the line before it, and heads, signed, say
 * how far it went. This file knows lines and heads and no file.
 */
import { hash } from "node:crypto";

/** Where the journal stands: its last line's number and SHA-256. Written `n:hash`. */
export interface Head {
  readonly n: number;
  readonly hash: string;
}

/** Before the first line. */
export const START: Head = { n: 0, hash: "0".repeat(64) };

/** What is signed, published as `log/head` and kept beside the journal. */
export interface HeadDocument {
  readonly v: 1;
  readonly type: "LOG_HEAD";
  readonly at: string;
  readonly logHead: string;
}

export const headText = ({ n, hash: sum }: Head): string => `${n}:${sum}`;

/** null: not a head. */
export function parseHead(text: unknown): Head | null {
  const match = typeof text === "string" ? /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) : null;
  return match === null ? null : { n: Number(match[1]), hash: match[2] ?? "" };
}

/** The text of the line after `before`, without its line feed. Numbers and hashes come first, at known places: verifying reads nothing else. */
export const nextLine = (before: Head, record: object): string => `{"n":${before.n + 1},"prev":"${before.hash}",${JSON.stringify(record).slice(1)}`;

// One call a line instead of three; Node 20.12 and newer have it, and older ones do not run this product.
export const hashOf = (line: string | Uint8Array): string => hash("sha256", line, "hex");

const PREFIX = /^\{"n":(\d{1,15}),"prev":"([0-9a-f]{64})",/;
const PREFIX_BYTES = 5 + 15 + 9 + 64 + 2;

/** The number and the predecessor's hash a line states; null: no line of a journal. */
export function linkOf(line: Buffer): { readonly n: number; readonly prev: string } | null {
  const match = PREFIX.exec(line.toString("latin1", 0, PREFIX_BYTES));
  return match === null ? null : { n: Number(match[1]), prev: match[2] ?? "" };
}
