/**
 * One connection, one request in one write, one reply: what the framings on it have in common. Nothing connects before the
 * request is ready, because a miner that serves one client at a time waits for whoever sits idle on its connection.
 */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
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

/** Reads one reply. Throws what `fail` makes of a reply that is none. */
export interface Framing {
  /** Bytes so far. */
  readonly length: number;
  /** Bytes that came; they are overwritten after the call. Returns the reply once it is whole, null before. */
  take(bytes: Buffer): string | null;
  /** The connection ended, cleanly or by `error`, before the reply was whole. Returns what counts as whole all the same. */
  ended(error: NodeJS.ErrnoException | null): string;
}

export type Fail = (code: DeviceErrorCode, what: string, cause?: Error) => never;

/**
 * All sockets read into it: what one reads is taken from it before the next reads. Otherwise the kernel's every packet costs 64 KB
 * of fresh memory, and a thousand miners that answer at once a third of the time in the garbage collector.
 */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);

/** Returns the reply's text. Throws a DeviceError `unreachable`, `timeout` or `malformed`, or the signal's reason. */
export function askOnce(address: Address, request: string | Buffer, options: { readonly deadlineMs: number; readonly framing: (fail: Fail) => Framing }, signal: AbortSignal): Promise<string> {
  const { deadlineMs } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const fail: Fail = (code, what, cause) => {
      throw new DeviceError(code, `${address.host}:${address.port} ${what}`, cause && { cause });
    };
    const framing = options.framing(fail);
    const socket = connect({
      ...address,
      onread: {
        buffer: SHARED,
        callback: (length) => {
          settle(() => framing.take(SHARED.subarray(0, length)));
          return true;
        },
      },
    });
    const timer = setTimeout(() => settle(tooLate), deadlineMs);
    const takeBack = onAbort(signal, () => settle(() => { throw signal.reason; }));

    /** Ends the exchange with what `work` returns or throws; null: it goes on. */
    function settle(work: () => string | null): void {
      try {
        const reply = work();
        if (reply === null) return;
        resolve(reply);
      } catch (error) {
        reject(error);
      }
      clearTimeout(timer);
      takeBack();
      socket.removeAllListeners().on("error", ignore).destroy();
    }
    function tooLate(): never {
      if (socket.pending) return fail("timeout", `did not accept a connection within ${deadlineMs} ms`);
      return fail("timeout", framing.length === 0 ? `did not answer within ${deadlineMs} ms` : `sent ${framing.length} bytes and no end within ${deadlineMs} ms`);
    }

    socket.on("end", () => settle(() => framing.ended(null)));
    socket.on("error", (error) => settle(() => framing.ended(error)));
    socket.write(request);
  });
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

function ignore(): void {}
