/**
 * One exchange with a miner's API port. cgminer serves a single client at a time and reads a request with a single recv().
 */
import { askOnce, failed, Gather, type Address, type ExchangeLimits, type Framing } from "./ask-once.ts";
import { parseReply } from "./parse.ts";

export const DEFAULT_LIMITS: ExchangeLimits = { deadlineMs: 3_000, maxBytes: 1024 * 1024 };

/** Replies that arrive in pieces without a NUL are tried this often and no more: work stays linear in their size. */
const CLOSING_TRIES = 16;

/**
 * Sends `request` and returns the reply's text, NUL at its end removed. Whole or cut is for the parser to say:
 * a connection that ends, however cleanly, proves nothing.
 * Throws a DeviceError `unreachable`, `timeout` or `malformed` (too large, cut by a reset), or the signal's reason.
 */
export function exchange(address: Address, request: string, { deadlineMs, maxBytes }: ExchangeLimits, signal: AbortSignal): Promise<string> {
  return askOnce(address, request, { deadlineMs, framing: new Bracketed(address, maxBytes) }, signal);
}

/** A reply ends with the NUL after its last bracket. Some firmware sends none and keeps the connection: then the JSON has to close. */
class Bracketed implements Framing {
  readonly #address: Address;
  readonly #maxBytes: number;
  readonly #reply = new Gather();
  #tries = 0;

  constructor(address: Address, maxBytes: number) {
    this.#address = address;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#reply.length;
  }

  take(chunk: Buffer): string | null {
    if (this.length + chunk.length > this.#maxBytes) throw failed(this.#address, "malformed", `sent more than ${this.#maxBytes} bytes`);
    const last = chunk.at(-1);
    this.#reply.add(chunk);
    const said = this.#said();
    if (!endsInBracket(said)) return null;
    const text = said.toString();
    return last === 0 || (this.#tries++ < CLOSING_TRIES && closes(text)) ? text : null;
  }

  ended(error: NodeJS.ErrnoException | null): string {
    if (this.length === 0) throw failed(this.#address, "unreachable", error === null ? "hung up without a word: is this host in its api-allow list?" : unreachable(error), error ?? undefined);
    const said = this.#said();
    if (error !== null && !endsInBracket(said)) throw failed(this.#address, "malformed", `broke off after ${this.length} bytes (${error.code ?? error.message})`, error);
    return said.toString();
  }

  /** What came, without NULs and white space at its end. */
  #said(): Buffer {
    const { bytes } = this.#reply;
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end--;
    return bytes.subarray(0, end);
  }
}

function endsInBracket(said: Buffer): boolean {
  const last = said.at(-1);
  return last === 0x7d || last === 0x5d;
}

/** No part of a reply parses, so what parses is all of it. */
function closes(text: string): boolean {
  try {
    parseReply(text);
    return true;
  } catch {
    return false;
  }
}

function unreachable(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "refused the connection: is the miner on, and is this its API port?";
  if (error.code === "ECONNRESET") return "reset the connection before it answered: is this host in its api-allow list?";
  return `cannot be reached (${error.code ?? error.message})`;
}
