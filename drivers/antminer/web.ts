/** The web interface of stock firmware: its configuration, its lamp, its restart. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import { numberAt, textAt, type JsonObject } from "../cgminer/json.ts";
import type { Rank } from "../cgminer/lane.ts";
import type { MinerOptions } from "../driver.ts";
import { answerOf, exactOf, objectOf } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import { DigestSession } from "../http/digest.ts";
import { Lockout } from "../http/lockout.ts";
import { jsonRequest } from "../http/session.ts";

/** A configuration with three pools is below 2 KB. */
const MAX_REPLY_BYTES = 64 * 1024;
/** What the maker ships. */
const ACCOUNT = { username: "root", password: "root" } as const;
const CGI = "/cgi-bin";

export class StockWeb {
  readonly #client: HttpClient;
  readonly #session: DigestSession;
  readonly #lockout: Lockout;
  readonly #writeMs: number;

  /** `writeMs`: for the one request that is answered when mining has restarted. */
  constructor({ id, address, webPort = 80, password = ACCOUNT.password }: MinerOptions, { requestMs, writeMs }: { requestMs: number; writeMs: number }) {
    this.#client = new HttpClient({ host: address.host, port: webPort }, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#lockout = new Lockout(`put the password of its web interface into the passwordFile of ${id}`);
    this.#session = new DigestSession({ username: ACCOUNT.username, password }, this.#lockout);
    this.#writeMs = writeMs;
  }

  /** Whether it refused our password lately. */
  get locked(): boolean {
    return this.#lockout.closed;
  }

  talk(rank: Rank, totalMs: number, signal: AbortSignal): HttpTalk {
    return this.#client.talk(rank, totalMs, signal);
  }

  async configuration(talk: HttpTalk): Promise<JsonObject> {
    const request = { method: "GET", path: `${CGI}/get_miner_conf.cgi` } as const;
    return exactOf("get_miner_conf", await this.#session.send(talk, request));
  }

  /** Throws `refused` unless it says success in so many words. */
  async configure(talk: HttpTalk, configuration: JsonObject): Promise<void> {
    const request = { ...jsonRequest("POST", `${CGI}/set_miner_conf.cgi`, configuration), deadlineMs: this.#writeMs };
    const answer = objectOf("set_miner_conf", await this.#session.send(talk, request));
    if (textAt(answer, "stats") === "success") return;
    throw new DeviceError("refused", `set_miner_conf: the miner refused (${textAt(answer, "code") ?? "no code"}${numberAt(answer, "msg") === null ? `, ${(textAt(answer, "msg") ?? "").slice(0, 120)}` : ""})`);
  }

  /** Its answer says B000 or B100: taken, whichever way. */
  async blink(talk: HttpTalk, on: boolean): Promise<void> {
    const answer = objectOf("blink", await this.#session.send(talk, jsonRequest("POST", `${CGI}/blink.cgi`, { blink: on })));
    const code = textAt(answer, "code");
    if (code !== "B000" && code !== "B100") throw new DeviceError("refused", `blink: the miner refused (${code ?? "no code"})`);
  }

  /** Some answer and some go down before they do. */
  async reboot(talk: HttpTalk): Promise<void> {
    try {
      answerOf("reboot", await this.#session.send(talk, { method: "GET", path: `${CGI}/reboot.cgi` }));
    } catch (error) {
      if (!(error instanceof DeviceError) || error.code !== "malformed") throw error;
    }
  }
}
