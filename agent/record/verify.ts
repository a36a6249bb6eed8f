/**
 * Reads a journal from its first line to its last and says what does not fit: an edit, a missing line, another order, an end
 * cut off. Needs the files and the rack's public key, and no daemon.
 */
import type { Disk } from "../runtime/disk.ts";
import { linesOf, type Line } from "./lines.ts";
import { Reading } from "./reading.ts";
import { HEADS, listSegments } from "./segments.ts";
import type { Verdict, VerifyOptions } from "./verdict.ts";

export async function verifyJournal(disk: Disk, options: VerifyOptions): Promise<Verdict> {
  const reading = new Reading(options);
  // First: a daemon may be writing, and what it adds meanwhile is no contradiction.
  const heads = await readHeads(disk);
  const segments = await listSegments(disk);
  for (const segment of segments) await reading.segment(disk, segment);
  reading.heads(heads);
  return reading.verdict(segments.length);
}

async function readHeads(disk: Disk): Promise<readonly Line[] | null> {
  if (!(await disk.list()).some(({ name }) => name === HEADS)) return null;
  const heads: Line[] = [];
  for await (const lines of linesOf(disk.chunks(HEADS))) heads.push(...lines);
  return heads;
}
