/** VNish's REST API: paths, and which need the password. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Json, JsonObject } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import { answerOf, exactOf, objectOf } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { Lockout } from "../http/lockout.ts";
import { jsonRequest, TokenSession, type Door } from "../http/session.ts";
import type { MinerOptions } from "../driver.ts";

/** A list of 25 tuned presets with a frequency for each of 324 chips is about 60 KB. */
const MAX_REPLY_BYTES = 512 * 1024;
/** What the maker ships. */
const PASSWORD = "admin";
const BASE = "/api/v1";
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 3;

export class VnishApi {
  readonly #client: HttpClient;
  readonly #session: TokenSession;
  readonly #lockout: Lockout;
  readonly #requestMs: number;

  constructor({ id, address, password = PASSWORD }: MinerOptions, requestMs: number) {
    this.#requestMs = requestMs;
    this.#client = new HttpClient(address, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#lockout = new Lockout(`put the password of its web interface into the passwordFile of ${id}`);
    // Some paths take the bare token too, all of them take it as a bearer's.
    const door: Door = { login: (pw) => jsonRequest("POST", `${BASE}/unlock`, { pw }), scheme: "Bearer " };
    this.#session = new TokenSession(door, password, this.#lockout);
  }

  /** Whether it refused our password lately. */
  get locked(): boolean {
    return this.#lockout.closed;
  }

  talk(rank: Rank, signal: AbortSignal): VnishTalk {
    return new VnishTalk(this.#session, this.#client.talk(rank, TOTAL * this.#requestMs, signal));
  }
}

/** Some requests under one deadline. */
export class VnishTalk {
  readonly #session: TokenSession;
  readonly #talk: HttpTalk;

  constructor(session: TokenSession, talk: HttpTalk) {
    this.#session = session;
    this.#talk = talk;
  }

  async get(path: string): Promise<JsonObject> {
    return objectOf(`GET ${path}`, await this.#send({ method: "GET", path }));
  }

  /** What will be written back. */
  async exact(path: string): Promise<JsonObject> {
    return exactOf(`GET ${path}`, await this.#send({ method: "GET", path }));
  }

  async list(path: string): Promise<readonly Json[]> {
    const answer = answerOf(`GET ${path}`, await this.#send({ method: "GET", path }));
    if (Array.isArray(answer)) return answer as readonly Json[];
    throw new DeviceError("malformed", `GET ${path}: the reply is not a list`);
  }

  /** What a write answers; null where it answers nothing. */
  async post(path: string, body?: unknown): Promise<Json> {
    return answerOf(`POST ${path}`, await this.#send(jsonRequest("POST", path, body)));
  }

  #send(request: HttpRequest) {
    return this.#session.send(this.#talk, { ...request, path: `${BASE}${request.path}` });
  }
}
