/** The journal's files: one a day, numbered, so that a clock set back disturbs no order. `000042-2026-11-22.jsonl`, packed with `.gz` behind. */
import { createHash } from "node:crypto";
import type { Disk, DiskFile } from "../runtime/disk.ts";

export interface Segment extends DiskFile {
  readonly number: number;
  /** UTC, `2026-11-22`. */
  readonly day: string;
  readonly packed: boolean;
}

/** The last heads, one a line: how far the journal surely went. */
export const HEADS = "heads";

const NAME = /^(\d{6,})-(\d{4}-\d{2}-\d{2})\.jsonl(\.gz)?$/;

export const segmentName = (number: number, day: string): string => `${String(number).padStart(6, "0")}-${day}.jsonl`;

export function segmentOf({ name, bytes }: DiskFile): Segment | null {
  const match = NAME.exec(name);
  return match === null ? null : { name, bytes, number: Number(match[1]), day: match[2] ?? "", packed: match[3] !== undefined };
}

/** Oldest first. Where packing was cut short the plain file is the true one. */
export async function listSegments(disk: Disk): Promise<Segment[]> {
  const byNumber = new Map<number, Segment>();
  for (const file of await disk.list()) {
    const segment = segmentOf(file);
    if (segment !== null && byNumber.get(segment.number)?.packed !== false) byNumber.set(segment.number, segment);
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

const PART = 1 << 20;

/** SHA-256 of a file as it lies there, packed or not. */
export async function sumOf(disk: Disk, name: string): Promise<string> {
  const sum = createHash("sha256");
  for (let from = 0; ; from += PART) {
    const part = await disk.read(name, from, PART);
    sum.update(part);
    if (part.length < PART) return sum.digest("hex");
  }
}
