/** Replies as JSON, and statuses as what they mean to a driver. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { isObject, textAt, type Json, type JsonObject } from "../cgminer/json.ts";
import { ReplySyntaxError } from "../cgminer/mend.ts";
import { parseReply } from "../cgminer/parse.ts";
import type { HttpReply } from "./exchange.ts";

/** The miner understood and said no. */
export class HttpRefusedError extends DeviceError {
  readonly status: number;

  constructor(what: string, status: number, said: string | null) {
    super("refused", `${what}: the miner refused (HTTP ${status}${said === null ? "" : `, ${said}`})`);
    this.status = status;
  }
}

/** Whether the miner wants another token or password. */
export const isUnauthorized = (status: number): boolean => status === 401 || status === 403;

/** Some writes answer with a bare word: whether it was already so. */
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([["", null], ["null", null], ["true", true], ["false", false]]);

/** The JSON of a 2xx reply; null where it has no body. Throws HttpRefusedError, or a DeviceError `malformed`. */
export function answerOf(what: string, reply: HttpReply): Json {
  if (reply.status < 200 || reply.status > 299) throw new HttpRefusedError(what, reply.status, said(reply.body));
  const text = reply.body.trim();
  const word = WORDS.get(text);
  return word === undefined ? parsed(what, text) : word;
}

/** The same where only an object will do. */
export function objectOf(what: string, reply: HttpReply): JsonObject {
  const answer = answerOf(what, reply);
  if (isObject(answer)) return answer;
  throw new DeviceError("malformed", `${what}: the reply is ${answer === null ? "empty" : "not an object"}`);
}

/** The same where it will be written back: what had to be mended may not be what the miner holds. */
export function exactOf(what: string, reply: HttpReply): JsonObject {
  const answer = objectOf(what, reply);
  if (parseReply(reply.body).mended.length === 0) return answer;
  throw new DeviceError("malformed", `${what}: the reply is no JSON as it stands; nothing is written, as that might change what it holds`);
}

function parsed(what: string, body: string): Json {
  try {
    return parseReply(body).value;
  } catch (error) {
    if (!(error instanceof ReplySyntaxError)) throw error;
    throw new DeviceError("malformed", `${what}: the reply ${error.message}`, { cause: error });
  }
}

/** Under which names firmwares explain a refusal, and how much of it is repeated. */
const REASONS = ["err", "error", "message", "detail", "msg"] as const;
const LONGEST_REASON = 120;

function said(body: string): string | null {
  try {
    const { value } = parseReply(body);
    for (const name of REASONS) {
      const reason = textAt(value, name);
      // eslint-disable-next-line no-control-regex -- a miner's words go into our log lines
      if (reason !== null) return reason.slice(0, LONGEST_REASON).replace(/[\u0000-\u001f\u007f]/g, " ");
    }
  } catch (error) {
    if (!(error instanceof ReplySyntaxError)) throw error;
  }
  return null;
}
