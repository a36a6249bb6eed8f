/** The conversation with one host nobody knows yet: what was asked and answered, and where nobody listens. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { isObject, type JsonObject } from "../cgminer/json.ts";
import { parseReply } from "../cgminer/parse.ts";
import type { ExchangeLimits } from "../cgminer/ask-once.ts";
import type { Question } from "./questions.ts";

export interface Answered {
  readonly question: string;
  readonly address: string;
  /** As it came, or why nothing did. */
  readonly answer: string;
}

export interface Host {
  readonly host: string;
  /** Asked everywhere instead of the usual ports; null: those. */
  readonly port: number | null;
}

/** The whole of `estats` with all chips, or of `summary` with all clocks. */
const MAX_BYTES = 256 * 1024;

export class Asking {
  readonly answers: Answered[] = [];
  /** Whether anybody accepted a connection. */
  heard = false;
  readonly #host: Host;
  readonly #requestMs: number;
  readonly #signal: AbortSignal;
  /** Ports that nobody listens at. */
  readonly #closed = new Set<number>();
  /** Ports where a question in a language was left without an answer: another one in it would be too. */
  readonly #mute = new Set<string>();
  readonly #known = new Map<string, JsonObject | null>();

  constructor(host: Host, requestMs: number, signal: AbortSignal) {
    this.#host = host;
    this.#requestMs = requestMs;
    this.#signal = signal;
  }

  addressOf({ usualPort }: Question): { readonly host: string; readonly port: number } {
    return { host: this.#host.host, port: this.#host.port ?? usualPort };
  }

  /** Whether it is worth a question there. */
  listens(question: Question): boolean {
    const { port } = this.addressOf(question);
    return !this.#closed.has(port) && !this.#mute.has(`${question.speaks} ${port}`);
  }

  /** The reply as an object; null where there is none, or it is none. Asked once. Rejects with the signal's reason only. */
  async ask(question: Question): Promise<JsonObject | null> {
    const known = this.#known.get(question.name);
    if (known !== undefined) return known;
    const text = this.listens(question) ? await this.#text(question) : null;
    const reply = text === null ? null : objectOf(text);
    this.#known.set(question.name, reply);
    return reply;
  }

  async #text(question: Question): Promise<string | null> {
    const address = this.addressOf(question);
    const limits: ExchangeLimits = { deadlineMs: this.#requestMs, maxBytes: MAX_BYTES };
    const [text, answer] = await question.ask(address, limits, this.#signal).then(
      (said): [string, string] => [said, said],
      (error: unknown): [null, string] => {
        if (!(error instanceof DeviceError)) throw error;
        if (isClosed(error)) this.#closed.add(address.port);
        else this.heard = true;
        if (error.code === "timeout") this.#mute.add(`${question.speaks} ${address.port}`);
        return [null, error.message];
      },
    );
    if (text !== null) this.heard = true;
    this.answers.push({ question: question.name, address: `${address.host}:${address.port}`, answer });
    return text;
  }
}

/** Nobody took the connection. */
function isClosed({ message, cause }: DeviceError): boolean {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH" || code === "EHOSTDOWN" || code === "ETIMEDOUT" || code === "EADDRNOTAVAIL" || message.includes("did not accept a connection");
}

function objectOf(text: string): JsonObject | null {
  try {
    const { value } = parseReply(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
