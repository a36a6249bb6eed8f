/** A token got for a password: asked for when the miner wants one, renewed when it has ended, not hammered when it is refused. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { textAt } from "../cgminer/json.ts";
import { HttpRefusedError, isUnauthorized, objectOf } from "./answer.ts";
import type { HttpTalk } from "./client.ts";
import { nameOf, type HttpReply, type HttpRequest } from "./exchange.ts";
import type { Lockout } from "./lockout.ts";

/** How a firmware gives out tokens and wants them shown. */
export interface Door {
  /** Carries the password; the reply has `token`. */
  readonly login: (password: string) => HttpRequest;
  /** What goes before the token in the Authorization header; empty for nothing. */
  readonly scheme: "" | "Bearer ";
}

export class TokenSession {
  readonly #door: Door;
  readonly #password: string;
  readonly #lockout: Lockout;
  #token: string | null = null;

  constructor(door: Door, password: string, lockout: Lockout) {
    this.#door = door;
    this.#password = password;
    this.#lockout = lockout;
  }

  /**
   * Sends with the token there is, if any; logs in and sends again when the miner wants another, which is how it says that one
   * has ended. Throws `refused` for a wrong password, and for five minutes after it without asking.
   */
  async send(talk: HttpTalk, request: HttpRequest): Promise<HttpReply> {
    const reply = await talk.send(this.#signed(request));
    if (!isUnauthorized(reply.status)) return reply;
    await this.#open(talk);
    const second = await talk.send(this.#signed(request));
    if (!isUnauthorized(second.status)) return second;
    this.#token = null;
    throw new DeviceError("refused", `${nameOf(request)}: the miner refused the token it has just given (HTTP ${second.status})`);
  }

  #signed(request: HttpRequest): HttpRequest {
    if (this.#token === null) return request;
    return { ...request, headers: { ...request.headers, authorization: `${this.#door.scheme}${this.#token}` } };
  }

  async #open(talk: HttpTalk): Promise<void> {
    this.#token = null;
    this.#lockout.check();
    const request = this.#door.login(this.#password);
    const reply = await talk.send(request);
    if (isUnauthorized(reply.status)) throw this.#lockout.refused();
    const token = textAt(objectOf(nameOf(request), reply), "token");
    // Some answer a wrong password with 200 and no token.
    if (token === null) throw this.#lockout.refused();
    if (!/^[\x21-\x7e]{1,4096}$/.test(token)) throw new DeviceError("malformed", `${nameOf(request)}: the token is not one`);
    this.#lockout.accepted();
    this.#token = token;
  }
}

/** A request with a JSON body. */
export const jsonRequest = (method: "POST" | "PUT", path: string, body?: unknown): HttpRequest =>
  body === undefined ? { method, path } : { method, path, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };

/** Whether the miner understood and said no, in a way that the same request will not mend. */
export const isHttpRefusal = (error: unknown): error is HttpRefusedError => error instanceof HttpRefusedError;
