/**
 * One connection, one request in one write, one reply: what the framings on it have in common. Nothing connects before the
 * request is ready, because a miner that serves one client at a time waits for whoever sits idle on its connection.
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { onAbort } from "../../agent/runtime/on-abort.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ExchangeLimits {
  /** Connecting, writing and reading together. */
  readonly deadlineMs: number;
  /** Largest reply. */
  readonly maxBytes: number;
}

/** Reads one reply. Throws what `failed` makes of a reply that is none. */
export interface Framing {
  /** Bytes so far. */
  readonly length: number;
  /** Bytes that came; they are overwritten after the call. Returns the reply once it is whole, null before. */
  take(bytes: Buffer): string | null;
  /** The connection ended, cleanly or by `error`, before the reply was whole. Returns what counts as whole all the same. */
  ended(error: NodeJS.ErrnoException | null): string;
}

/** Names the miner, and never what it was asked: that may carry a secret. */
export function failed({ host, port }: Address, code: DeviceErrorCode, what: string, cause?: Error): DeviceError {
  return new DeviceError(code, `${host}:${port} ${what}`, cause && { cause });
}

/**
 * All sockets read into it: what one reads is taken from it before the next reads. Otherwise the kernel's every packet costs 64 KB
 * of fresh memory, and a thousand miners that answer at once a third of the time in the garbage collector.
 */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);

/** Returns the reply's text. Throws a DeviceError `unreachable`, `timeout` or `malformed`, or the signal's reason. */
export function askOnce(address: Address, request: string | Buffer, { deadlineMs, framing }: { readonly deadlineMs: number; readonly framing: Framing }, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else new Exchange(address, framing, { resolve, reject }).begin(request, deadlineMs, signal);
  });
}

interface Outcome {
  readonly resolve: (reply: string) => void;
  readonly reject: (reason: unknown) => void;
}

/** A thousand are under way at once, each for as long as its miner takes: what one of them holds, the garbage collector carries about. */
class Exchange {
  readonly #address: Address;
  readonly #framing: Framing;
  readonly #outcome: Outcome;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #takeBack: (() => void) | null = null;

  constructor(address: Address, framing: Framing, outcome: Outcome) {
    this.#address = address;
    this.#framing = framing;
    this.#outcome = outcome;
  }

  begin(request: string | Buffer, deadlineMs: number, signal: AbortSignal): void {
    const { host, port } = this.#address;
    const socket = connect({ host, port, onread: { buffer: SHARED, callback: (length) => this.#read(length) } });
    socket.on("end", () => this.#ended(null));
    socket.on("error", (error) => this.#ended(error));
    socket.write(request);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#fail(this.#tooLate(deadlineMs)), deadlineMs);
    this.#takeBack = onAbort(signal, () => this.#fail(signal.reason));
  }

  #read(length: number): boolean {
    try {
      const reply = this.#framing.take(SHARED.subarray(0, length));
      if (reply !== null) this.#succeed(reply);
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  #ended(error: NodeJS.ErrnoException | null): void {
    try {
      this.#succeed(this.#framing.ended(error));
    } catch (why) {
      this.#fail(why);
    }
  }

  #tooLate(deadlineMs: number): DeviceError {
    const { length } = this.#framing;
    const what = this.#socket?.pending === true ? "did not accept a connection" : length === 0 ? "did not answer" : `sent ${length} bytes and no end`;
    return failed(this.#address, "timeout", `${what} within ${deadlineMs} ms`);
  }

  #succeed(reply: string): void {
    this.#over();
    this.#outcome.resolve(reply);
  }

  #fail(reason: unknown): void {
    this.#over();
    this.#outcome.reject(reason);
  }

  /** What the socket still says is for nobody. */
  #over(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#takeBack?.();
    this.#socket?.destroy();
  }
}

/** Bytes in one growing buffer: amortised linear, and a drip of single bytes costs no object each. */
export class Gather {
  length = 0;
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    if (this.length + chunk.length > this.#bytes.length) {
      const grown = this.length === 0 ? Buffer.allocUnsafe(chunk.length) : Buffer.allocUnsafeSlow(Math.max(4096, 2 * (this.length + chunk.length)));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.length);
    this.length += chunk.length;
  }

  /** What has come, until more is added. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}
