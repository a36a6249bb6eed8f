/**
 * One exchange with a miner's API port: one connection, one request in one write, one reply.
 * cgminer serves a single client at a time and reads a request with a single recv(), so nothing connects before
 * the request is ready: a client that sits idle on its connection locks everybody else out.
 */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { onAbort } from "./abort.ts";
import { parseReply } from "./parse.ts";

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

export const DEFAULT_LIMITS: ExchangeLimits = { deadlineMs: 3_000, maxBytes: 1024 * 1024 };

/** Replies that arrive in pieces without a NUL are tried this often and no more: work stays linear in their size. */
const CLOSING_TRIES = 16;

/**
 * Sends `request` and returns the reply's text, NUL at its end removed. Whole or cut is for the parser to say:
 * a connection that ends, however cleanly, proves nothing.
 * Throws a DeviceError `unreachable`, `timeout` or `malformed` (too large, cut by a reset), or the signal's reason.
 */
export function exchange(address: Address, request: string, limits: ExchangeLimits, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const reply = new Gather();
    let tries = 0;
    const socket = connect(address.port, address.host);
    const timer = setTimeout(() => fail("timeout", tooLate(limits.deadlineMs, socket.pending, reply.length)), limits.deadlineMs);
    const takeBack = onAbort(signal, () => settle(() => reject(signal.reason as Error)));

    function settle(end: () => void): void {
      clearTimeout(timer);
      takeBack();
      socket.removeAllListeners().on("error", ignore).destroy();
      end();
    }
    function fail(code: DeviceErrorCode, what: string, cause?: Error): void {
      settle(() => reject(new DeviceError(code, `${address.host}:${address.port} ${what}`, cause && { cause })));
    }
    function finish(): void {
      settle(() => resolve(reply.text()));
    }

    socket.on("data", (chunk: Buffer) => {
      if (reply.length + chunk.length > limits.maxBytes) {
        fail("malformed", `sent more than ${limits.maxBytes} bytes`);
        return;
      }
      reply.add(chunk);
      if (!reply.endsInBracket()) return;
      // A NUL right after a closing bracket ends the reply. Some firmware sends none and keeps the connection: then the JSON has to close.
      if (chunk.at(-1) === 0 || (tries++ < CLOSING_TRIES && closes(reply.text()))) finish();
    });
    socket.on("end", () => (reply.length === 0 ? fail("unreachable", "hung up without a word: is this host in its api-allow list?") : finish()));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (reply.length === 0) fail("unreachable", unreachable(error), error);
      else if (reply.endsInBracket()) finish();
      else fail("malformed", `broke off after ${reply.length} bytes (${error.code ?? error.message})`, error);
    });
    socket.write(request);
  });
}

/** Bytes in one growing buffer: amortised linear, and a drip of single bytes costs no object each. */
class Gather {
  length = 0;
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    if (this.length === 0) {
      this.#bytes = chunk;
    } else {
      if (this.length + chunk.length > this.#bytes.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (this.length + chunk.length)));
        this.#bytes.copy(grown, 0, 0, this.length);
        this.#bytes = grown;
      }
      chunk.copy(this.#bytes, this.length);
    }
    this.length += chunk.length;
  }

  /** Whether the last byte that says something closes an object or an array. */
  endsInBracket(): boolean {
    const last = this.#bytes[this.#end() - 1];
    return last === 0x7d || last === 0x5d;
  }

  text(): string {
    return this.#bytes.toString("utf8", 0, this.#end());
  }

  /** Where trailing NULs and white space begin. */
  #end(): number {
    let end = this.length;
    while (end > 0 && (this.#bytes[end - 1] ?? 0) <= 0x20) end--;
    return end;
  }
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

function tooLate(deadlineMs: number, connecting: boolean, received: number): string {
  if (connecting) return `did not accept a connection within ${deadlineMs} ms`;
  return received === 0 ? `did not answer within ${deadlineMs} ms` : `sent ${received} bytes and no end within ${deadlineMs} ms`;
}

function ignore(): void {}
