/** One exchange of API V3: a connection, one message each way, each behind its length in four bytes, lowest first. */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { onAbort } from "../cgminer/abort.ts";
import type { Address, ExchangeLimits } from "../cgminer/wire.ts";

const HEAD = 4;

/** Returns the reply's text. Throws a DeviceError `unreachable`, `timeout` or `malformed`, or the signal's reason. */
export function exchangeFramed(address: Address, request: string, limits: ExchangeLimits, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const chunks: Buffer[] = [];
    let received = 0;
    /** Of the whole message with its head; null until the head is there. */
    let wanted: number | null = null;
    const socket = connect(address.port, address.host);
    const timer = setTimeout(() => fail("timeout", tooLate()), limits.deadlineMs);
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
    function tooLate(): string {
      if (socket.pending) return `did not accept a connection within ${limits.deadlineMs} ms`;
      return received === 0 ? `did not answer within ${limits.deadlineMs} ms` : `sent ${received} bytes and no end within ${limits.deadlineMs} ms`;
    }

    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      wanted ??= received < HEAD ? null : HEAD + Buffer.concat(chunks).readUInt32LE(0);
      // The length is checked before anything is gathered for it: a miner that speaks another language announces gigabytes.
      if (wanted !== null && wanted - HEAD > limits.maxBytes) fail("malformed", "announced a reply that is too long: is this the port of API V3 (4433)?");
      else if (wanted !== null && received >= wanted) {
        const end = wanted;
        settle(() => resolve(Buffer.concat(chunks).toString("utf8", HEAD, end)));
      }
    });
    socket.on("end", () => (received === 0 ? fail("unreachable", "hung up without a word") : fail("malformed", `ended after ${received} bytes, before its reply was whole`)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (received > 0) fail("malformed", `broke off after ${received} bytes (${error.code ?? error.message})`, error);
      else if (error.code === "ECONNREFUSED") fail("unreachable", "refused the connection: is the miner on, and does its firmware have API V3?", error);
      else fail("unreachable", `cannot be reached (${error.code ?? error.message})`, error);
    });
    socket.write(framed(request));
  });
}

function framed(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

function ignore(): void {}
