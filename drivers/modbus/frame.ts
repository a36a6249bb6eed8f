import { functionCode } from "./request.ts";
import type { Request } from "./request.ts";

/** Transaction, protocol and length; the length counts from the unit on. */
const HEADER = 6;
/** Unit, function code and 252 bytes of data: the longest a reply may be. */
const LONGEST = 254;

/**
 * Reads along on a Modbus/TCP connection while one request is out and says whether the bytes so far can be its reply.
 * The library skips what it cannot place and never looks at the protocol number, nor at the unit of an exception:
 * here one stray byte is enough to say that this connection is not to be trusted.
 */
export class ReplyFrame {
  readonly #request: Request;
  #bytes = Buffer.alloc(0);

  constructor(request: Request) {
    this.#request = request;
  }

  /** What is wrong with the bytes so far, or "incomplete", or "complete". */
  take(chunk: Buffer): "incomplete" | "complete" | { readonly wrong: string } {
    if (this.#bytes.length + chunk.length > HEADER + LONGEST) return { wrong: "more bytes than any reply has" };
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const bytes = this.#bytes;
    if (bytes.length >= 4 && bytes.readUInt16BE(2) !== 0) return { wrong: "not a Modbus/TCP frame" };
    if (bytes.length < HEADER) return "incomplete";
    const length = bytes.readUInt16BE(4);
    if (length < 3 || length > LONGEST) return { wrong: `a frame of ${length} bytes` };
    const unit = bytes[6];
    if (unit !== undefined && unit !== this.#request.unit) return { wrong: `an answer from unit ${unit}` };
    const code = bytes[7];
    if (code !== undefined && (code & 0x7f) !== functionCode(this.#request)) return { wrong: `an answer to function ${code & 0x7f}` };
    if (code !== undefined && code > 0x7f && length !== 3) return { wrong: `an exception of ${length} bytes` };
    if (bytes.length > HEADER + length) return { wrong: "bytes after the reply" };
    return bytes.length === HEADER + length ? "complete" : "incomplete";
  }
}
