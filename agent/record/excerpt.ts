/** Lines of the journal between two times, read where they lie. */
import type { Disk } from "../runtime/disk.ts";
import { linesOf } from "./lines.ts";
import { listSegments, type Segment } from "./segments.ts";

/** A line as an object; what it holds besides depends on its kind. */
export interface JournalLine {
  readonly n: number;
  readonly at: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

const DAY_MS = 86_400_000;
const AT = /"at":"([^"]{20,30})"/;
const HEAD_BYTES = 180;

/** By their time, in the order they were written. A line that cannot be read is passed over: verifying is another matter. */
export async function* excerpt(disk: Disk, from: number, to: number): AsyncGenerator<JournalLine> {
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()];
  for (const segment of await listSegments(disk)) {
    if (!mayHold(segment, from, to)) continue;
    for await (const lines of linesOf(disk.chunks(segment.name))) {
      for (const { bytes, complete } of lines) {
        const at = complete ? AT.exec(bytes.toString("latin1", 0, HEAD_BYTES))?.[1] : undefined;
        if (at === undefined || at < first || at > last) continue;
        const line = parsed(bytes);
        if (line !== null) yield line;
      }
    }
  }
}

/** Files looked through for one line: two months of days. Unpacking two years would take minutes. */
const MOST_SEARCHED = 62;

/** The youngest line of a kind that holds `text`; null: there is none in the last two months. */
export async function findLast(disk: Disk, kind: string, text: string): Promise<JournalLine | null> {
  const [kindBytes, textBytes] = [Buffer.from(`"kind":"${kind}"`), Buffer.from(text)];
  for (const segment of (await listSegments(disk)).slice(-MOST_SEARCHED).toReversed()) {
    let found: Buffer | null = null;
    for await (const lines of linesOf(disk.chunks(segment.name))) {
      for (const { bytes, complete } of lines) if (complete && bytes.includes(kindBytes) && bytes.includes(textBytes)) found = Buffer.from(bytes);
    }
    if (found !== null) return parsed(found);
  }
  return null;
}

/** A segment holds a day, and as much besides as a clock was wrong. */
function mayHold({ day }: Segment, from: number, to: number): boolean {
  const begins = Date.parse(day);
  return begins + 2 * DAY_MS > from && begins - DAY_MS < to;
}

function parsed(bytes: Buffer): JournalLine | null {
  try {
    return JSON.parse(bytes.toString("utf8")) as JournalLine;
  } catch {
    return null;
  }
}
