/** PowerPlay's HTTP interface, which listens where others have cgminer's: JSON, and the password in the body of every order. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { flagAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import type { MinerOptions } from "../driver.ts";
import { objectOf } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import { Lockout } from "../http/lockout.ts";
import { jsonRequest } from "../http/session.ts";

/** `summary` with the clocks of 342 chips is about 10 KB. */
const MAX_REPLY_BYTES = 256 * 1024;
/** What the maker ships. */
const PASSWORD = "letmein";
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 3;

export class EpicWeb {
  readonly #client: HttpClient;
  readonly #password: string;
  readonly #lockout: Lockout;
  readonly #requestMs: number;

  constructor({ id, address, password = PASSWORD }: MinerOptions, requestMs: number) {
    this.#client = new HttpClient(address, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#password = password;
    this.#lockout = new Lockout(`put the password of its dashboard into the passwordFile of ${id}`);
    this.#requestMs = requestMs;
  }

  /** Whether it refused our password lately. */
  get locked(): boolean {
    return this.#lockout.closed;
  }

  talk(rank: Rank, signal: AbortSignal): HttpTalk {
    return this.#client.talk(rank, TOTAL * this.#requestMs, signal);
  }

  async get(talk: HttpTalk, path: string): Promise<JsonObject> {
    return objectOf(`GET ${path}`, await talk.send({ method: "GET", path }));
  }

  /** Resolves when it answered `result: true`. Throws `refused` with its reason. */
  async order(talk: HttpTalk, path: string, param?: unknown): Promise<void> {
    this.#lockout.check();
    const reply = objectOf(`POST ${path}`, await talk.send(jsonRequest("POST", path, { ...(param !== undefined && { param }), password: this.#password })));
    if (flagAt(reply, "result") === true) return this.#lockout.accepted();
    const reason = textAt(reply, "error") ?? JSON.stringify(reply["error"] ?? null);
    if (reason === "BadPassword") throw this.#lockout.refused();
    throw new DeviceError("refused", `POST ${path}: the miner refused (${reason.slice(0, 120)})`);
  }
}
