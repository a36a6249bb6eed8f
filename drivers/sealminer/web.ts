/** SEALMINER's web interface: a login that gives a cookie, and scripts behind it. Needed for a reboot and the lamp only. */
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { MinerOptions } from "../driver.ts";
import { answerOf, isUnauthorized } from "../http/answer.ts";
import { HttpClient, type HttpTalk } from "../http/client.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { Lockout } from "../http/lockout.ts";

const MAX_REPLY_BYTES = 64 * 1024;
/** What the maker ships. */
const ACCOUNT = { username: "seal", password: "seal" } as const;
const USUAL_PORT = 80;
/** A login and an order, in deadlines of one request. */
const TOTAL = 2;

export class SealminerWeb {
  readonly #client: HttpClient;
  readonly #password: string;
  readonly #lockout: Lockout;
  readonly #requestMs: number;

  constructor({ id, address, webPort = USUAL_PORT, password = ACCOUNT.password }: MinerOptions, requestMs: number) {
    this.#client = new HttpClient({ host: address.host, port: webPort }, { deadlineMs: requestMs, maxBytes: MAX_REPLY_BYTES });
    this.#password = password;
    this.#lockout = new Lockout(`put the password of its web interface into the passwordFile of ${id}`);
    this.#requestMs = requestMs;
  }

  async reboot(signal: AbortSignal): Promise<void> {
    await this.#send({ method: "GET", path: "/cgi-bin/reboot.php" }, signal);
  }

  async blink(on: boolean, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ key: "led", value: on ? "on" : "off" });
    await this.#send({ method: "POST", path: "/cgi-bin/led_conf.php", headers: { "content-type": "application/json" }, body }, signal);
  }

  async #send(request: HttpRequest, signal: AbortSignal): Promise<void> {
    const talk = this.#client.talk("order", TOTAL * this.#requestMs, signal);
    const reply = await talk.send({ ...request, headers: { ...request.headers, cookie: await this.#login(talk) } });
    if (isUnauthorized(reply.status)) throw new DeviceError("refused", `${request.path}: the miner refused the login it has just accepted (HTTP ${reply.status})`);
    // It answers with words or with nothing.
    if (reply.status < 200 || reply.status > 299) answerOf(request.path, reply);
  }

  async #login(talk: HttpTalk): Promise<string> {
    this.#lockout.check();
    const body = new URLSearchParams({ username: ACCOUNT.username, origin_pwd: this.#password }).toString();
    const reply = await talk.send({ method: "POST", path: "/cgi-bin/login.php", headers: { "content-type": "application/x-www-form-urlencoded" }, body });
    const cookie = reply.headers["set-cookie"]?.[0]?.split(";", 1)[0];
    if (reply.status > 299 || cookie === undefined || !/^[\x21-\x7e]{1,1024}$/.test(cookie)) throw this.#lockout.refused();
    this.#lockout.accepted();
    return cookie;
  }
}
