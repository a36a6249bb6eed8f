import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../runtime/errors.ts";

const mostBytes = 16_384;

/** What the caller did wrong or cannot have, with what to do. `status` is the HTTP status: 400 404 409 413 503. */
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

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const text = `${JSON.stringify(value ?? null)}\n`;
  // After an error the body may not have been read to its end: the connection cannot be used again.
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), "cache-control": "no-store", ...(status >= 400 && { connection: "close" }) });
  response.end(text);
}

export function failureOf(error: unknown): { status: number; text: string; cure: string; bug: boolean } {
  if (error instanceof ControlError) return { status: error.status, text: error.message, cure: error.cure, bug: false };
  return { status: 500, text: messageOf(error), cure: "This is a bug of curtaild: report it with the log.", bug: true };
}
