/**
 * One HTTP exchange with a miner: one request, one reply, on a connection of its own or on one that is kept for what follows.
 * Redirects are not followed: a password sent to a miner stays with that miner.
 */
import { Buffer } from "node:buffer";
import { request as httpRequest, type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { DeviceError, type DeviceErrorCode } from "../../agent/runtime/errors.ts";
import { onAbort } from "../../agent/runtime/on-abort.ts";
import type { Address, ExchangeLimits } from "../cgminer/ask-once.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Begins with a slash. Stands in errors up to its query, so secrets belong in headers or the body. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Where the miner takes longer for this one than for others. */
  readonly deadlineMs?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As UTF-8. Where the miner gave no length, an end of the connection proves nothing: whole or cut is for the parser to say. */
  readonly body: string;
}

/** What a reply's head may have in all; an embedded server sends some hundred bytes. */
const MAX_HEADER_BYTES = 8 * 1024;

/**
 * Resolves with any status. Throws a DeviceError `unreachable`, `timeout` or `malformed` (too large, cut, not HTTP), or the signal's reason.
 * `limits.kept`: whose connection is used; one that the miner has closed meanwhile is replaced, and the request sent again, so it must be one that changes nothing.
 */
export function exchange(address: Address, request: HttpRequest, limits: ExchangeLimits & { readonly kept?: Agent }, signal: AbortSignal): Promise<HttpReply> {
  const { kept = null } = limits;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    let sent = send();
    const timer = setTimeout(() => fail("timeout", tooLate(limits.deadlineMs, sent)), limits.deadlineMs);
    const takeBack = onAbort(signal, () => end(() => reject(signal.reason as Error)));

    function settle(then: () => void): void {
      clearTimeout(timer);
      takeBack();
      sent.off("error", broken).on("error", ignore);
      then();
    }
    function end(then: () => void): void {
      settle(then);
      sent.removeAllListeners().on("error", ignore).destroy();
    }
    function fail(code: DeviceErrorCode, what: string, cause?: Error): void {
      end(() => reject(new DeviceError(code, `${address.host}:${address.port} ${nameOf(request)} ${what}`, cause && { cause })));
    }
    function broken(error: NodeJS.ErrnoException): void {
      const received = receivedBy(sent);
      if (error.code?.startsWith("HPE_") === true) fail("malformed", `answered with something that is not HTTP (${error.code})`, error);
      else if (received > 0) fail("malformed", `broke off after ${received} bytes (${error.code ?? error.message})`, error);
      else if (sent.reusedSocket) sent = send();
      else fail("unreachable", unreachable(error), error);
    }

    function send(): ClientRequest {
      const opened = open(address, request, kept);
      opened.on("error", broken);
      opened.on("response", (reply: IncomingMessage) => {
        reply.on("error", broken);
        reply.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length > limits.maxBytes) fail("malformed", `sent more than ${limits.maxBytes} bytes`);
          else chunks.push(chunk);
        });
        reply.on("end", () => {
          const { statusCode: status = 0, headers } = reply;
          (kept === null ? end : settle)(() => resolve({ status, headers, body: Buffer.concat(chunks, length).toString("utf8") }));
        });
      });
      // Node leaves the socket of an upgrade to whoever listens for it.
      opened.on("upgrade", (_reply, socket) => {
        socket.destroy();
        fail("malformed", "answered with a change of protocol");
      });
      opened.on("socket", (socket) => before.set(opened, socket.bytesRead));
      return opened.end(request.body);
    }
  });
}

function open({ host, port }: Address, { method, path, headers, body }: HttpRequest, agent: Agent | null): ClientRequest {
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return httpRequest({ host, port, method, path, headers: { ...headers, ...length }, agent: agent ?? false, maxHeaderSize: MAX_HEADER_BYTES });
}

/** `POST /api/v1/unlock`. */
export const nameOf = ({ method, path }: HttpRequest): string => `${method} ${path.split("?", 1)[0]}`;

/** What the connection had brought before this request. */
const before = new WeakMap<ClientRequest, number>();
const receivedBy = (sent: ClientRequest): number => (sent.socket?.bytesRead ?? 0) - (before.get(sent) ?? 0);

function unreachable(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "refused the connection: is the miner on, and is this its web port?";
  if (error.code === "ECONNRESET") return "hung up without a word: may this host use its web port?";
  return `cannot be reached (${error.code ?? error.message})`;
}

function tooLate(deadlineMs: number, sent: ClientRequest): string {
  if (sent.socket?.connecting !== false) return `did not accept a connection within ${deadlineMs} ms`;
  const received = receivedBy(sent);
  return received === 0 ? `did not answer within ${deadlineMs} ms` : `sent ${received} bytes and no end within ${deadlineMs} ms`;
}

function ignore(): void {}
