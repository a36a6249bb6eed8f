/** A driver's conversation with a miner, overheard: what was asked and answered, without what is nobody's business. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Address } from "../../drivers/cgminer/ask-once.ts";
import { isSecretName, withoutCredentials } from "../runtime/secrets.ts";

/** One question and its last answer. */
export interface Exchange {
  readonly server: "api" | "web";
  /** How messages are delimited: not at all, behind four bytes of length, or as HTTP. */
  readonly framing: "bare" | "length" | "http";
  /** `GET /path`, or the request as JSON without tokens. */
  readonly question: string;
  /** HTTP only. */
  readonly status: number | null;
  readonly answer: string;
}

const MOST_BYTES = 1024 * 1024;
const MOST_EXCHANGES = 500;

/** A relay in front of one server of a miner. Answers to logins that failed are not kept: the next one is. */
export class Recorder implements AsyncDisposable {
  readonly #which: "api" | "web";
  readonly #target: Address;
  readonly #kept = new Map<string, Exchange>();
  readonly #clients = new Set<Socket>();
  readonly #server = createServer((client) => this.#relay(client));

  constructor(which: "api" | "web", target: Address) {
    this.#which = which;
    this.#target = target;
  }

  async listen(): Promise<Address> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port };
  }

  get exchanges(): readonly Exchange[] {
    return [...this.#kept.values()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #relay(client: Socket): void {
    const miner = connect(this.#target.port, this.#target.host);
    const [asked, answered]: [Buffer[], Buffer[]] = [[], []];
    let bytes = 0;
    const keep = (): void => {
      this.#keep(Buffer.concat(asked.splice(0)), Buffer.concat(answered.splice(0)));
      bytes = 0;
    };
    const pass = (to: Socket, kept: Buffer[]) => (chunk: Buffer) => {
      // Nobody asks the next thing on a connection before the last is answered.
      if (kept === asked && answered.length > 0) keep();
      bytes += chunk.length;
      if (bytes > MOST_BYTES) client.destroy();
      else kept.push(chunk);
      to.write(chunk);
    };
    this.#clients.add(client);
    client.on("data", pass(miner, asked)).on("end", () => miner.end()).on("error", () => miner.destroy());
    miner.on("data", pass(client, answered)).on("end", () => client.end()).on("error", () => client.destroy());
    client.on("close", () => {
      this.#clients.delete(client);
      miner.destroy();
      keep();
    });
  }

  #keep(asked: Buffer, answered: Buffer): void {
    const exchange = exchangeOf(this.#which, asked, answered);
    if (exchange === null || exchange.status === 401 || exchange.status === 403 || this.#kept.size >= MOST_EXCHANGES) return;
    this.#kept.set(exchange.question, exchange);
  }
}

/** null: not a whole question and answer. */
function exchangeOf(server: "api" | "web", asked: Buffer, answered: Buffer): Exchange | null {
  if (asked.length === 0 || answered.length === 0) return null;
  const [, method, path] = /^([A-Z]+) (\/[^ ?]*)[^ ]* HTTP\//.exec(asked.toString("latin1")) ?? [];
  if (method !== undefined) {
    const reply = httpReply(answered);
    return reply === null ? null : { server, framing: "http", question: `${method} ${path}`, status: reply.status, answer: withoutSecrets(reply.body) };
  }
  const framed = asked.length > 4 && asked.readUInt32LE(0) === asked.length - 4;
  const [question, answer] = framed ? [asked.subarray(4), answered.subarray(4)] : [asked, answered];
  return { server, framing: framed ? "length" : "bare", question: withoutTokens(question.toString("utf8")), status: null, answer: withoutSecrets(answer.toString("utf8")) };
}

function httpReply(bytes: Buffer): { status: number; body: string } | null {
  const end = bytes.indexOf("\r\n\r\n");
  const head = bytes.subarray(0, Math.max(0, end)).toString("latin1");
  const status = /^HTTP\/1\.\d (\d{3})/.exec(head)?.[1];
  if (end < 0 || status === undefined) return null;
  const body = bytes.subarray(end + 4);
  return { status: Number(status), body: (/^transfer-encoding:\s*chunked/im.test(head) ? dechunked(body) : body).toString("utf8") };
}

function dechunked(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const line = body.indexOf("\r\n", at);
    const length = line < 0 ? Number.NaN : Number.parseInt(body.toString("latin1", at, line), 16);
    if (!(length > 0)) break;
    chunks.push(body.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return Buffer.concat(chunks);
}

const TOKENS = new Set(["token", "ts", "account"]);

/** What is left is the same in every recording. Encrypted requests have nothing that may be kept. */
export function withoutTokens(question: string): string {
  try {
    const request: unknown = JSON.parse(question);
    if (typeof request !== "object" || request === null) return question;
    if ("enc" in request) return "encrypted";
    return JSON.stringify(Object.fromEntries(Object.entries(request).filter(([key]) => !TOKENS.has(key))));
  } catch {
    return question;
  }
}

const NAMED = /("([\w-]+)"\s*:\s*)"(?:[^"\\]|\\.)*"/g;

/** By name, as text: what firmware sends is not always JSON. */
export const withoutSecrets = (text: string): string => withoutCredentials(text).replaceAll(NAMED, (whole, before: string, name: string) => (isSecretName(name) ? `${before}"removed"` : whole));
