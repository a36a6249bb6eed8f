/** Bytes cut at line feeds. */
const LF = 10;

export interface Line {
  /** Without its line feed. */
  readonly bytes: Buffer;
  /** False: the file ends before its line feed. */
  readonly complete: boolean;
}

/** No line of ours is longer: a document of 64 KiB, escaped, and what stands around it. */
export const LONGEST_LINE = 16 * 1024 * 1024;

/** A batch of lines for each chunk: one await for hundreds of lines. Rejects when a line is longer than any of ours. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([rest, chunk]);
    const lines: Line[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF, from); end >= 0; end = bytes.indexOf(LF, from)) {
      lines.push({ bytes: bytes.subarray(from, end), complete: true });
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > LONGEST_LINE) throw new Error(`a line is longer than ${LONGEST_LINE} bytes`);
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) yield [{ bytes: rest, complete: false }];
}
