/** Braiins OS on its two doors: the cgminer API for what everybody may read, REST for the rest. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { MinerApi, type Talk } from "../cgminer/api.ts";
import type { Json, JsonObject } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import type { MinerOptions } from "../driver.ts";
import { answerOf, objectOf } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import type { HttpReply } from "../http/exchange.ts";
import { Lockout } from "../http/lockout.ts";
import { jsonRequest, TokenSession, type Door } from "../http/session.ts";

/** A poll's largest reply, the hashboards, is some KB. */
const MAX_REPLY_BYTES = 256 * 1024;
const WEB_PORT = 80;
/** What the maker ships. */
const PASSWORD = "root";
const BASE = "/api/v1";
/** A poll or an order as a whole, in deadlines of one request. */
const TOTAL = 3;

export interface BraiinsTalk {
  readonly reports: Talk;
  readonly rest: RestTalk;
}

export class BraiinsApi {
  readonly #reports: MinerApi;
  readonly #client: HttpClient;
  readonly #session: TokenSession;
  readonly #requestMs: number;

  constructor({ id, address, webPort = WEB_PORT, password = PASSWORD }: MinerOptions, requestMs: number) {
    const limits = { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES };
    this.#requestMs = requestMs;
    this.#reports = new MinerApi(address, limits);
    this.#client = new HttpClient({ host: address.host, port: webPort }, limits);
    const lockout = new Lockout(`put the password of root into the passwordFile of ${id}`);
    const door: Door = { login: (given) => jsonRequest("POST", `${BASE}/auth/login`, { username: "root", password: given }), scheme: "" };
    this.#session = new TokenSession(door, password, lockout);
  }

  /** Both doors under one total deadline. */
  talk(rank: Rank, signal: AbortSignal): BraiinsTalk {
    const totalMs = TOTAL * this.#requestMs;
    return { reports: this.#reports.talk(rank, totalMs, signal), rest: new RestTalk(this.#session, this.#client.talk(rank, totalMs, signal)) };
  }
}

export class RestTalk {
  readonly #session: TokenSession;
  readonly #talk: HttpTalk;

  constructor(session: TokenSession, talk: HttpTalk) {
    this.#session = session;
    this.#talk = talk;
  }

  /** Who it is and what it does. Throws `refused` for firmware without this API, with the cure. */
  async details(): Promise<JsonObject> {
    const path = "/miner/details";
    const reply = await this.#session.send(this.#talk, { method: "GET", path: BASE + path });
    if (isOtherFirmware(reply)) throw unsupported("its web port has none");
    return objectOf(`GET ${path}`, reply);
  }

  async get(path: string): Promise<JsonObject> {
    return objectOf(`GET ${path}`, await this.#session.send(this.#talk, { method: "GET", path: BASE + path }));
  }

  /** What a write answers; null where it answers nothing. */
  async put(path: string, body?: unknown): Promise<Json> {
    return answerOf(`PUT ${path}`, await this.#session.send(this.#talk, jsonRequest("PUT", BASE + path, body)));
  }
}

/** Older web interfaces do not know the path, send elsewhere, or answer everything with their start page. */
const isOtherFirmware = ({ status, body }: HttpReply): boolean => status === 404 || status === 405 || (status >= 300 && status <= 399) || (status === 200 && /^\s*</.test(body));

export const unsupported = (found: string): DeviceError =>
  new DeviceError("refused", `unsupported: needs the REST API, ${found}; upgrade Braiins OS to 25.07 or newer`);
