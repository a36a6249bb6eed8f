import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "../runtime/errors.ts";
import type { Secrets } from "../runtime/secrets.ts";

const mostBytes = 16_384;
/** Less fits into one or two packets anyway. */
const worthPacking = 2_048;

/** What one caller may take of a server: nobody keeps a connection by saying little, or many by saying nothing. */
export const bounds = {
  connections: 64,
  server: { connectionsCheckingInterval: 2_000, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 1_000, maxHeaderSize: 8_192 } satisfies ServerOptions,
} as const;

export const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()).closeAllConnections());

/** An answer that is no JSON. */
export class Verbatim {
  readonly type: string;
  readonly body: string | Buffer;

  constructor(type: string, body: string | Buffer) {
    this.type = type;
    this.body = body;
  }
}

/** What the caller did wrong or cannot have, with what to do. `status` is the HTTP status: 400 401 403 404 405 409 413 503. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly status: number;
  readonly cure: string;

  constructor(status: number, message: string, cure: string) {
    super(message);
    this.status = status;
    this.cure = cure;
  }
}

/** The body as JSON, undefined when it is empty. Throws a ControlError when it is too large or none. */
export async function readJson(request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > mostBytes) throw new ControlError(413, `the request is larger than ${mostBytes} bytes`, "Send less.");
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new ControlError(400, "the request's body is no JSON", "Send JSON.");
  }
}

/** `secrets`: what is taken out of it on the way. */
export function answerJson(response: ServerResponse, status: number, value: unknown, secrets?: Secrets): void {
  // After an error the body may not have been read to its end: the connection cannot be used again.
  if (status >= 400) response.setHeader("connection", "close");
  send(response, status, json(value, secrets));
}

/** What was asked for; packed where it is long and the caller can unpack it, as browsers on bad links can. */
export async function answerWith(response: ServerResponse, value: unknown, secrets?: Secrets): Promise<void> {
  const { type, body } = value instanceof Verbatim ? value : json(value, secrets);
  if (Buffer.byteLength(body) < worthPacking || !takesGzip(response.req)) return send(response, 200, { type, body });
  response.setHeader("content-encoding", "gzip");
  send(response, 200, { type, body: await promisify(gzip)(body) });
}

export const takesGzip = ({ headers }: IncomingMessage): boolean => /\bgzip\b/.test(headers["accept-encoding"]?.toString() ?? "");

const json = (value: unknown, secrets?: Secrets): Verbatim => new Verbatim("application/json", `${JSON.stringify(value ?? null, secrets?.replacer)}\n`);

function send(response: ServerResponse, status: number, { type, body }: Verbatim): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body), "cache-control": "no-store" });
  response.end(body);
}

export function failureOf(error: unknown): { status: number; text: string; cure: string; bug: boolean } {
  if (error instanceof ControlError) return { status: error.status, text: error.message, cure: error.cure, bug: false };
  return { status: 500, text: messageOf(error), cure: "This is a bug of curtaild: report it with the log.", bug: true };
}
