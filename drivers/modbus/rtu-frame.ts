import { functionCode } from "./request.ts";
import type { Request } from "./request.ts";
import type { FrameReader } from "./stream.ts";

/** Unit, function, byte count, 250 bytes of data and checksum: the longest a reply may be. */
const LONGEST = 256;
const EXCEPTION_BYTES = 5;
const ECHO_BYTES = 8;

/**
 * Cuts the reply to one request out of an RTU stream. There is no number in an RTU frame that says which request it answers,
 * so nothing is searched for and nothing skipped: the first byte is the unit or the line is not to be trusted.
 */
export class RtuReplyFrame implements FrameReader {
  readonly #request: Request;
  #bytes = Buffer.alloc(0);

  constructor(request: Request) {
    this.#request = request;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  take(chunk: Buffer): "incomplete" | "complete" | { readonly wrong: string } {
    if (this.#bytes.length + chunk.length > LONGEST) return { wrong: "more bytes than any reply has" };
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const [unit, code, count] = this.#bytes;
    if (unit !== undefined && unit !== this.#request.unit) return { wrong: `an answer from unit ${unit}` };
    if (code !== undefined && (code & 0x7f) !== functionCode(this.#request)) return { wrong: `an answer to function ${code & 0x7f}` };
    if (code === undefined || count === undefined) return "incomplete";
    const length = this.#length(code);
    if (code < 0x80 && this.#request.kind === "read" && count !== length - EXCEPTION_BYTES) return { wrong: `${count} bytes of data where ${length - EXCEPTION_BYTES} were asked for` };
    if (this.#bytes.length > length) return { wrong: "bytes after the reply" };
    return this.#bytes.length === length ? "complete" : "incomplete";
  }

  #length(code: number): number {
    if (code >= 0x80) return EXCEPTION_BYTES;
    if (this.#request.kind !== "read") return ECHO_BYTES;
    const { table, count } = this.#request;
    return EXCEPTION_BYTES + (table === "coil" || table === "discrete" ? Math.ceil(count / 8) : 2 * count);
  }
}
