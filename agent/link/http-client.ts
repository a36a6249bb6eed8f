/** HTTPS to one server: its certificate is always verified, answers have a size and a deadline, redirects are not followed. */
import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import { within } from "../runtime/deadline.ts";
import type { HttpClient, HttpAnswer, HttpQuestion } from "../runtime/http-client.ts";

export interface HttpClientOptions {
  /** Certificates that may vouch for the server, PEM; null: those the system trusts. */
  readonly ca: string | null;
  /** Bytes of a body. */
  readonly largest: number;
  /** From the question to the last byte of the answer. */
  readonly deadline: Millis;
  readonly clock: Clock;
}

const mostHeaders = 16_384;
/** In clear text nobody is talked to who is not on this machine. */
const isHere = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

export function openHttpClient({ ca, largest, deadline, clock }: HttpClientOptions): HttpClient {
  const keep = { keepAlive: true, maxSockets: 4, timeout: 60_000 };
  const tls = new TlsAgent({ ...keep, ...(ca !== null && { ca }), minVersion: "TLSv1.2", rejectUnauthorized: true });
  const plain = new PlainAgent(keep);
  return {
    ask: (question, signal) => within(clock, deadline, (inner) => exchange(question, { tls, plain, largest }, inner), signal),
    close() {
      tls.destroy();
      plain.destroy();
    },
  };
}

function exchange({ method, url, headers, body }: HttpQuestion, { tls, plain, largest }: { readonly tls: TlsAgent; readonly plain: PlainAgent; readonly largest: number }, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const to = new URL(url);
    const secure = to.protocol === "https:";
    if (!secure && !(to.protocol === "http:" && isHere(to.hostname))) throw new Error(`${to.protocol}//${to.host} is not spoken to: https only`);
    const options: RequestOptions = { method, signal, maxHeaderSize: mostHeaders, headers: { "accept-encoding": "identity", "cache-control": "no-cache", ...headers, ...(body !== null && { "content-length": String(Buffer.byteLength(body)) }) } };
    const hear = (answer: IncomingMessage): void => void collect(answer, largest).then(resolve, reject);
    const question: ClientRequest = secure ? tlsRequest(to, { ...options, agent: tls }, hear) : plainRequest(to, { ...options, agent: plain }, hear);
    question.on("error", reject);
    question.end(body ?? undefined);
  });
}

async function collect(answer: IncomingMessage, largest: number): Promise<HttpAnswer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    // Leaving the loop destroys the connection.
    if (size > largest) throw new Error(`the answer is larger than ${largest} bytes`);
    parts.push(part);
  }
  if (!answer.complete) throw new Error("the answer ends in the middle");
  const headers = Object.fromEntries(Object.entries(answer.headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
  return { status: answer.statusCode ?? 0, headers, body: Buffer.concat(parts) };
}
