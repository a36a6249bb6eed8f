/** One exchange of API V3: a connection, one message each way, each behind its length in four bytes, lowest first. */
import { Buffer } from "node:buffer";
import { askOnce, failed, Gather, type Address, type ExchangeLimits, type Framing } from "../cgminer/ask-once.ts";

const HEAD = 4;

/** Returns the reply's text. Throws a DeviceError `unreachable`, `timeout` or `malformed`, or the signal's reason. */
export function exchangeFramed(address: Address, request: string, { deadlineMs, maxBytes }: ExchangeLimits, signal: AbortSignal): Promise<string> {
  return askOnce(address, framed(request), { deadlineMs, framing: new LengthFirst(address, maxBytes) }, signal);
}

class LengthFirst implements Framing {
  readonly #address: Address;
  readonly #maxBytes: number;
  readonly #message = new Gather();

  constructor(address: Address, maxBytes: number) {
    this.#address = address;
    this.#maxBytes = maxBytes;
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
    if (length > this.#maxBytes) throw failed(this.#address, "malformed", "announced a reply that is too long: is this the port of API V3 (4433)?");
    return bytes.length < HEAD + length ? null : bytes.toString("utf8", HEAD, HEAD + length);
  }

  ended(error: NodeJS.ErrnoException | null): string {
    throw failed(this.#address, this.length === 0 ? "unreachable" : "malformed", this.#ending(error), error ?? undefined);
  }

  #ending(error: NodeJS.ErrnoException | null): string {
    if (this.length > 0) return error === null ? `ended after ${this.length} bytes, before its reply was whole` : `broke off after ${this.length} bytes (${error.code ?? error.message})`;
    if (error === null) return "hung up without a word";
    return error.code === "ECONNREFUSED" ? "refused the connection: is the miner on, and does its firmware have API V3?" : `cannot be reached (${error.code ?? error.message})`;
  }
}

function framed(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}
