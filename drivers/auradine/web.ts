/** Auradine's HTTP interface: cgminer's envelope over HTTP, and a token for everything. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { rowsAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import { acknowledged, answered, RefusedError, statusOf } from "../cgminer/reply.ts";
import type { MinerOptions } from "../driver.ts";
import { isUnauthorized, objectOf } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import type { HttpReply, HttpRequest } from "../http/exchange.ts";
import { Lockout } from "../http/lockout.ts";
import { jsonRequest } from "../http/session.ts";

const MAX_REPLY_BYTES = 256 * 1024;
/** What the maker ships. */
const ACCOUNT = { user: "admin", password: "admin" } as const;
const USUAL_PORT = 8080;
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 4;

export class AuradineWeb {
  readonly #client: HttpClient;
  readonly #password: string;
  readonly #lockout: Lockout;
  readonly #requestMs: number;
  #token: string | null = null;

  constructor({ id, address, webPort = USUAL_PORT, password = ACCOUNT.password }: MinerOptions, requestMs: number) {
    this.#client = new HttpClient({ host: address.host, port: webPort }, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#password = password;
    this.#lockout = new Lockout(`put the password of its web interface into the passwordFile of ${id}`);
    this.#requestMs = requestMs;
  }

  talk(rank: Rank, signal: AbortSignal): HttpTalk {
    return this.#client.talk(rank, TOTAL * this.#requestMs, signal);
  }

  async get(talk: HttpTalk, command: string): Promise<JsonObject> {
    return answered(command, await this.#send(talk, { method: "GET", path: `/${command}` }));
  }

  /** Resolves when it was acknowledged with STATUS S. */
  async order(talk: HttpTalk, command: string, settings: Readonly<Record<string, string | number>> = {}): Promise<void> {
    acknowledged(command, await this.#send(talk, jsonRequest("POST", `/${command}`, { command, ...settings })));
  }

  /** With the token there is; where it has ended, or there is none yet, with a new one. */
  async #send(talk: HttpTalk, request: HttpRequest): Promise<JsonObject> {
    const first = this.#token === null ? null : await this.#signed(talk, request);
    if (first !== null && !wantsToken(first)) return objectOf(request.path, first);
    await this.#open(talk);
    const second = await this.#signed(talk, request);
    if (!isUnauthorized(second.status)) return objectOf(request.path, second);
    this.#token = null;
    throw new DeviceError("refused", `${request.path}: the miner refused the token it has just given (HTTP ${second.status})`);
  }

  #signed(talk: HttpTalk, request: HttpRequest): Promise<HttpReply> {
    return talk.send({ ...request, headers: { ...request.headers, token: this.#token ?? "" } });
  }

  async #open(talk: HttpTalk): Promise<void> {
    this.#token = null;
    this.#lockout.check();
    const reply = await talk.send(jsonRequest("POST", "/token", { command: "token", user: ACCOUNT.user, password: this.#password }));
    if (isUnauthorized(reply.status)) throw this.#lockout.refused();
    const said = objectOf("/token", reply);
    const token = textAt(rowsAt(said, "Token")[0], "Token");
    if (token === null) {
      // A refusal that has not to do with the password is none of it.
      const status = statusOf(said);
      throw status === null || /password|user|auth/i.test(status.message ?? "") ? this.#lockout.refused() : new RefusedError("token", status);
    }
    if (!/^[\x21-\x7e]{1,4096}$/.test(token)) throw new DeviceError("malformed", "/token: the token is not one");
    this.#lockout.accepted();
    this.#token = token;
  }
}

/** Some versions answer 200 and say it in the envelope. */
function wantsToken({ status, body }: HttpReply): boolean {
  return isUnauthorized(status) || (body.length < 2_000 && /"STATUS"\s*:\s*"E"/.test(body) && /token|session|expired|unauthori[sz]ed/i.test(body));
}
