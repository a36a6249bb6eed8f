/** The conversation with a VTN: a token, lists page by page, reports. Knows paths and headers, and nothing of what events mean. */
import { instant, millis, type Instant, type Millis } from "../../core/units.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { HttpClient, HttpAnswer } from "../../runtime/http-client.ts";
import type { Answer } from "../../signal/openadr/book.ts";
import { readAnswer, readPage } from "../../signal/openadr/reading.ts";
import { isOurs, readBinding, readId, readToken, readTopics, type Binding } from "../../signal/openadr/words.ts";

export interface VtnAccess {
  /** Base of all paths, without a slash at its end. */
  readonly url: string;
  /** null: the VTN is asked. */
  readonly tokenUrl: string | null;
  readonly clientId: string;
  readonly secret: string;
  readonly scope: string | null;
  readonly venName: string;
  readonly targets: readonly string[];
}

/** OpenADR 3: no page is larger. */
const PAGE = 50;
const mostPages = 20;
/** Lists that change while they are read are read again. */
const mostReadings = 4;
/** A token is renewed when so much of its life is over. */
const RENEW = 0.8;
const tokenLife = { unsaid: 300, least: 10, most: 86_400 } as const;
/** An answer that a cache has kept for longer says nothing of now. */
const oldest = 60;

export class VtnError extends Error {
  override readonly name = "VtnError";
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

export class Vtn {
  readonly #access: VtnAccess;
  readonly #web: HttpClient;
  readonly #clock: Clock;
  #token: { readonly value: string; readonly until: Millis } | null = null;
  #tokenUrl: string | null;

  constructor(access: VtnAccess, { web, clock }: { readonly web: HttpClient; readonly clock: Clock }) {
    this.#access = access;
    this.#web = web;
    this.#clock = clock;
    this.#tokenUrl = access.tokenUrl;
  }

  /** Everything it shows us, whole or not at all. */
  async read(signal: AbortSignal): Promise<Answer> {
    const askedAt = this.#clock.now().uptime;
    const programs = await this.#list("/programs", signal);
    const events = await this.#list("/events", signal);
    return { programs: programs.items, events: events.items, askedAt, date: events.date };
  }

  /** Rejects with a VtnError that names the status where the VTN refuses it. */
  async post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#authorised("POST", path, body, signal);
    return this.#content(path, answer);
  }

  /** How changes are told, and on which topics; null: not at all, or in no way we know. */
  async notices(signal: AbortSignal): Promise<{ readonly binding: Binding; readonly topics: readonly string[] } | null> {
    const binding = readBinding(await this.#get("/notifiers", signal));
    if (binding === null) return null;
    const ven = await this.#venId(signal);
    const kinds = ["events", "programs"].map((kind) => `/notifiers/mqtt/topics/vens/${ven}/${kind}`);
    const topics = await Promise.all(kinds.map(async (path) => readTopics(await this.#get(path, signal))));
    return topics.flat().length === 0 ? null : { binding, topics: [...new Set(topics.flat())] };
  }

  /** For a broker that takes it as a password. */
  async token(signal: AbortSignal): Promise<string> {
    const held = this.#token;
    if (held !== null && this.#clock.now().uptime < held.until) return held.value;
    const { clientId, secret, scope } = this.#access;
    const url = await this.#tokenPlace(signal);
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: secret, ...(scope !== null && { scope }) });
    const answer = await this.#web.ask({ method: "POST", url, headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" }, body: form.toString() }, signal);
    if (answer.status !== 200 && answer.status !== 201) throw new VtnError(`no token: the authorisation service answers ${answer.status}`, answer.status);
    const read = readToken(this.#parsed("the authorisation service", answer.body));
    if (read === null) throw new VtnError("no token: what the authorisation service answers is none");
    const lifeS = Math.min(tokenLife.most, Math.max(tokenLife.least, read.expiresS ?? tokenLife.unsaid));
    this.#token = { value: read.token, until: millis(this.#clock.now().uptime + RENEW * lifeS * 1_000) };
    return read.token;
  }

  /** Secrets go where the configuration says, or to the VTN's own host: to no third party that it names. */
  async #tokenPlace(signal: AbortSignal): Promise<string> {
    if (this.#tokenUrl !== null) return this.#tokenUrl;
    const { url } = this.#access;
    const answer = await this.#web.ask({ method: "GET", url: `${url}/auth/server`, headers: { accept: "application/json" }, body: null }, signal);
    if (answer.status !== 200) throw new VtnError(`/auth/server answers ${answer.status}: set openadr.tokenUrl`, answer.status);
    const named = (this.#parsed("/auth/server", answer.body) as { readonly tokenURL?: unknown } | null)?.tokenURL;
    if (typeof named !== "string" || !URL.canParse(named, `${url}/`)) throw new VtnError("/auth/server names no tokenURL: set openadr.tokenUrl");
    const place = new URL(named, `${url}/`);
    if (!isOurs(place, new URL(url))) throw new VtnError(`the VTN sends us to ${place.host} for a token: set openadr.tokenUrl if that is meant`);
    this.#tokenUrl = place.href;
    return place.href;
  }

  async #venId(signal: AbortSignal): Promise<string> {
    const { venName } = this.#access;
    const known = readPage(await this.#get(`/vens?${new URLSearchParams({ venName }).toString()}`, signal));
    const id = readId(known.ok ? known.value[0] : null) ?? readId(await this.post("/vens", { objectType: "VEN_VEN_REQUEST", venName }, signal));
    if (id === null) throw new VtnError("the VTN gives this VEN no id");
    return id;
  }

  /** What is for everybody, and what is for our targets. */
  async #list(path: string, signal: AbortSignal): Promise<{ readonly items: readonly unknown[]; readonly date: Instant | null }> {
    const { targets } = this.#access;
    const asked = [new URLSearchParams(), ...(targets.length === 0 ? [] : [new URLSearchParams(targets.map((target): [string, string] => ["targets", target]))])];
    const found = new Map<string, unknown>();
    let date: Instant | null = null;
    for (const params of asked) {
      const one = await this.#steady(path, params, signal);
      date = one.date ?? date;
      // Both lists may hold it. What has no id is left for the reader to refuse.
      for (const [at, item] of one.items.entries()) found.set(readId(item) ?? `${params.toString()}/${at}`, item);
      if (new Set(one.items.map((item, at) => readId(item) ?? at)).size !== one.items.length) throw new VtnError(`${path}: an object stands twice`);
    }
    return { items: [...found.values()], date };
  }

  /** A list of several pages moves when something is deleted meanwhile: it counts when two readings agree. */
  async #steady(path: string, params: URLSearchParams, signal: AbortSignal): Promise<{ readonly items: readonly unknown[]; readonly date: Instant | null }> {
    let before = await this.#pages(path, params, signal);
    if (before.pages === 1) return before;
    for (let reading = 1; reading < mostReadings; reading += 1) {
      const again = await this.#pages(path, params, signal);
      if (JSON.stringify(again.items) === JSON.stringify(before.items)) return again;
      before = again;
    }
    throw new VtnError(`${path} does not hold still`);
  }

  async #pages(path: string, params: URLSearchParams, signal: AbortSignal): Promise<{ readonly items: readonly unknown[]; readonly date: Instant | null; readonly pages: number }> {
    const items: unknown[] = [];
    for (let page = 0; page < mostPages; page += 1) {
      const query = new URLSearchParams([...params, ["skip", String(page * PAGE)], ["limit", String(PAGE)]]);
      const answer = await this.#authorised("GET", `${path}?${query.toString()}`, null, signal);
      const read = readPage(this.#content(path, answer));
      if (!read.ok) throw new VtnError(`${path}: ${read.reason}`);
      items.push(...read.value);
      if (read.value.length < PAGE) return { items, date: dateOf(answer), pages: page + 1 };
    }
    throw new VtnError(`${path}: more than ${mostPages * PAGE} objects`);
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#content(path, await this.#authorised("GET", path, null, signal));
  }

  /** A token that is refused is renewed once. */
  async #authorised(method: "GET" | "POST", path: string, body: object | null, signal: AbortSignal): Promise<HttpAnswer> {
    const ask = async (): Promise<HttpAnswer> =>
      this.#web.ask({
        method, url: `${this.#access.url}${path}`, body: body === null ? null : JSON.stringify(body),
        headers: { accept: "application/json", authorization: `Bearer ${await this.token(signal)}`, ...(body !== null && { "content-type": "application/json" }) },
      }, signal);
    const first = await ask();
    if (first.status !== 401) return first;
    this.#token = null;
    return ask();
  }

  #content(path: string, answer: HttpAnswer): unknown {
    const [place] = path.split("?");
    const { status, headers, body } = answer;
    if (status === 401 || status === 403) throw new VtnError(`${place}: this client is not let in (${status})`, status);
    if (status >= 300 && status < 400) throw new VtnError(`${place}: sent elsewhere (${status}), which is not followed`, status);
    if (status !== 200 && status !== 201) throw new VtnError(`${place}: answers ${status}`, status);
    if (Number(headers["age"] ?? 0) > oldest) throw new VtnError(`${place}: a cache answers, with something ${headers["age"]} s old`);
    return this.#parsed(place ?? path, body);
  }

  #parsed(place: string, body: Uint8Array): unknown {
    const read = readAnswer(body);
    if (!read.ok) throw new VtnError(`${place}: ${read.reason}`);
    return read.value;
  }
}

function dateOf({ headers }: HttpAnswer): Instant | null {
  const at = Date.parse(headers["date"] ?? "");
  return Number.isFinite(at) ? instant(at) : null;
}
