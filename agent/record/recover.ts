/** Where a journal stands when it is opened again, after a clean end or in the middle of a line. */
import type { Disk } from "../runtime/disk.ts";
import { hashOf, linkOf, parseHead, START, type Head } from "./chain.ts";
import { linesOf } from "./lines.ts";
import { HEADS, listSegments, type Segment } from "./segments.ts";

export interface Recovered {
  readonly head: Head;
  /** The segment that goes on; null: a new one begins. */
  readonly segment: Segment | null;
  readonly lastNumber: number;
  /** Bytes of a line that was being written. They were never acknowledged, and are gone. */
  readonly torn: number;
  /** The last head kept beside the journal says that it went further, or otherwise: somebody was here. */
  readonly contradicts: string | null;
}

export async function recover(disk: Disk): Promise<Recovered> {
  const segments = await listSegments(disk);
  const known = await lastHead(disk);
  let torn = 0;
  for (const segment of segments.toReversed()) {
    const end = await endOf(disk, segment);
    if (!segment.packed && end.torn > 0) await disk.truncate(segment.name, end.bytes);
    torn += end.torn;
    if (end.head === null) {
      await disk.remove(segment.name);
      continue;
    }
    return { head: end.head, segment: segment.packed ? null : { ...segment, bytes: end.bytes }, lastNumber: segments.at(-1)?.number ?? 0, torn, contradicts: contradiction(known, end.head) };
  }
  return { head: START, segment: null, lastNumber: segments.at(-1)?.number ?? 0, torn, contradicts: contradiction(known, START) };
}

/** null: the head beside it may lag behind, and says nothing else. */
function contradiction(known: Head | null, found: Head): string | null {
  if (known === null || known.n < found.n || (known.n === found.n && known.hash === found.hash)) return null;
  return known.n > found.n
    ? `it ends at line ${found.n}, and the head beside it says it went to line ${known.n}: lines are missing at its end`
    : `its last line ${found.n} is not the one the head beside it names: it was changed`;
}

/** The last whole line, and what stands behind it. */
async function endOf(disk: Disk, segment: Segment): Promise<{ readonly head: Head | null; readonly bytes: number; readonly torn: number }> {
  let head: Head | null = null;
  let bytes = 0;
  let torn = 0;
  for await (const lines of linesOf(disk.chunks(segment.name))) {
    for (const line of lines) {
      if (!line.complete) torn = line.bytes.length;
      else bytes += line.bytes.length + 1;
    }
    const last = lines.findLast(({ complete }) => complete);
    const link = last === undefined ? null : linkOf(last.bytes);
    if (last !== undefined && link !== null) head = { n: link.n, hash: hashOf(last.bytes) };
  }
  return { head, bytes, torn };
}

/** The last one that can be read; whether it is genuine is for verifying to say. */
async function lastHead(disk: Disk): Promise<Head | null> {
  const file = (await disk.list()).find(({ name }) => name === HEADS);
  if (file === undefined) return null;
  const text = Buffer.from(await disk.read(HEADS, 0, file.bytes)).toString("utf8");
  return text.split("\n").map(headOfLine).findLast((head) => head !== null) ?? null;
}

function headOfLine(line: string): Head | null {
  try {
    const value = JSON.parse(line) as { readonly logHead?: unknown; readonly payload?: unknown };
    if (typeof value.payload !== "string") return parseHead(value.logHead);
    return parseHead((JSON.parse(Buffer.from(value.payload, "base64url").toString("utf8")) as { readonly logHead?: unknown }).logHead);
  } catch {
    return null;
  }
}
