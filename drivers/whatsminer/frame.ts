/** One exchange of API V3: a connection, one message each way, each behind its length in four bytes, lowest first. */
import { Buffer } from "node:buffer";
import { askOnce, Gather, type Address, type ExchangeLimits, type Fail, type Framing } from "../cgminer/ask-once.ts";

const HEAD = 4;

/** Returns the reply's text. Throws a DeviceError `unreachable`, `timeout` or `malformed`, or the signal's reason. */
export function exchangeFramed(address: Address, request: string, { deadlineMs, maxBytes }: ExchangeLimits, signal: AbortSignal): Promise<string> {
  return askOnce(address, framed(request), { deadlineMs, framing: (fail) => new LengthFirst(maxBytes, fail) }, signal);
}

class LengthFirst implements Framing {
  readonly #maxBytes: number;
  readonly #fail: Fail;
  readonly #message = new Gather();

  constructor(maxBytes: number, fail: Fail) {
    this.#maxBytes = maxBytes;
    this.#fail = fail;
  }

  get length(): number {
    return this.#message.length;
  }

  take(chunk: Buffer): string | null {
    this.#message.add(chunk);
    const { bytes } = this.#message;
    if (bytes.length < HEAD) return null;
    const length = bytes.readUInt32LE(0);
    // The length is checked before anything is gathered for it: a miner that speaks another language announces gigabytes.
    if (length > this.#maxBytes) this.#fail("malformed", "announced a reply that is too long: is this the port of API V3 (4433)?");
    return bytes.length < HEAD + length ? null : bytes.toString("utf8", HEAD, HEAD + length);
  }

  ended(error: NodeJS.ErrnoException | null): string {
    const nothing = this.length === 0;
    if (error === null) return nothing ? this.#fail("unreachable", "hung up without a word") : this.#fail("malformed", `ended after ${this.length} bytes, before its reply was whole`);
    if (!nothing) this.#fail("malformed", `broke off after ${this.length} bytes (${error.code ?? error.message})`, error);
    if (error.code === "ECONNREFUSED") this.#fail("unreachable", "refused the connection: is the miner on, and does its firmware have API V3?", error);
    return this.#fail("unreachable", `cannot be reached (${error.code ?? error.message})`, error);
  }
}

function framed(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}
