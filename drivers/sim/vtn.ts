/**
 * A small OpenADR 3.1 VTN, written from the definition: programs, events, reports and vens in memory, OAuth2 client
 * credentials, targeting, paging, and notices through a broker that somebody else brings. Shares no code with the VEN.
 */
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTls } from "node:https";
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { FaultError } from "./faults.ts";

export interface VtnOptions {
  /** Who may read: their secrets. */
  readonly vens: Readonly<Record<string, string>>;
  /** Who may write: the program's owner. */
  readonly owner: { readonly id: string; readonly secret: string };
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly port?: number;
  /** The broker that notices go through, and how one is published; unset: nothing is told. */
  readonly notices?: { readonly url: string; readonly publish: (topic: string, payload: string) => void };
  readonly tokenSeconds?: number;
  /** Milliseconds since 1970; the machine's clock unless said. */
  readonly now?: () => number;
}

type Json = Readonly<Record<string, unknown>>;
type Stored = Json & { readonly id: string };
type Kind = "programs" | "events" | "vens";
type Objects = Record<Kind, Stored[]>;

export const vtnFaults = ["silent", "garbage", "truncate", "refuse", "redirect", "error", "huge", "stale", "clear"] as const;
export type VtnFault = (typeof vtnFaults)[number];

export interface SimVtn extends Pick<Vtn, "url" | "reports" | "asked" | "fail" | "respond"> {
  close(): Promise<void>;
}

export interface VtnRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface VtnResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The connection breaks in the middle of it. */
  readonly breaks: boolean;
}

const BASE = "/openadr3/3.1.0";
const PAGE = 50;
const BODY_BYTES = 1_048_576;

interface Caller {
  readonly id: string;
  readonly owner: boolean;
}

/** What is not 200: the status of a problem object. */
class Problem extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export async function startVtn(options: VtnOptions): Promise<SimVtn> {
  const vtn = new Vtn(options);
  const hear = (incoming: IncomingMessage, response: ServerResponse): void => void serve(vtn, incoming, response);
  const server = options.tls === undefined ? createPlain(hear) : createTls({ ...options.tls }, hear);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  vtn.url = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}${BASE}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(vtn, { close });
}

async function serve(vtn: Vtn, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(incoming).catch(() => null);
  const answer = body === null ? null : vtn.respond({ method: incoming.method ?? "", url: incoming.url ?? "/", authorization: incoming.headers.authorization, body });
  if (answer === null) return;
  const { status, headers, text, breaks } = answer;
  if (!breaks) response.writeHead(status, headers).end(text);
  else {
    response.writeHead(status, { ...headers, "content-length": String(text.length + 10) });
    response.write(text, () => response.destroy());
  }
}

/** What it answers, wherever the question comes from. */
export class Vtn {
  url = `http://vtn${BASE}`;
  readonly reports: Stored[] = [];
  /** Requests so far, by "METHOD /path". */
  readonly asked = new Map<string, number>();
  readonly #options: VtnOptions;
  readonly #tokens = new Map<string, { readonly caller: Caller; readonly until: number }>();
  readonly #objects: Objects = { programs: [], events: [], vens: [] };
  #fault: VtnFault = "clear";
  /** What a cache in between would still answer, since when. */
  #frozen: { readonly objects: Objects; readonly at: number } | null = null;

  constructor(options: VtnOptions) {
    this.#options = options;
  }

  fail(fault: VtnFault): void {
    if (!vtnFaults.includes(fault)) throw new FaultError(`no fault "${fault as string}" of a VTN; there are ${vtnFaults.join(", ")}`);
    this.#fault = fault;
    this.#frozen = fault === "stale" ? { objects: structuredClone(this.#objects), at: this.#now() } : null;
  }

  /** null: never. */
  respond({ method, url: where, authorization, body }: VtnRequest): VtnResponse | null {
    const url = new URL(where, "http://vtn");
    const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : url.pathname;
    const name = `${method} ${path}`;
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    try {
      const caller = path.startsWith("/auth/") ? { id: "", owner: false } : this.#caller(authorization);
      // The owner works on while the rack is cut off.
      const fault = caller.owner ? "clear" : this.#fault;
      if (fault === "silent") return null;
      if (fault === "refuse") throw new Problem(403, "not any more");
      if (fault === "error") throw new Problem(500, "out of order");
      if (fault === "redirect") return { status: 307, headers: { location: `http://127.0.0.1:1${path}` }, text: "", breaks: false };
      const [status, content] = path.startsWith("/auth/") ? this.#authorise(name, body) : this.#route(method, path, { query: url.searchParams, body, caller });
      return this.#answer(status, content, fault);
    } catch (error) {
      const status = error instanceof Problem ? error.status : 400;
      return this.#answer(status, { title: "refused", status, detail: error instanceof Error ? error.message : String(error) }, "clear");
    }
  }

  #answer(status: number, content: unknown, fault: VtnFault): VtnResponse {
    const at = fault === "stale" && this.#frozen !== null ? this.#frozen.at : this.#now();
    const text = fault === "garbage" ? "<html>it works</html>" : fault === "huge" ? JSON.stringify([{ padding: "x".repeat(4 * BODY_BYTES) }]) : JSON.stringify(content);
    return { status, headers: { "content-type": "application/json", date: new Date(at).toUTCString() }, text, breaks: fault === "truncate" };
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #authorise(name: string, body: string): [number, unknown] {
    if (name === "GET /auth/server") return [200, { tokenURL: `${this.url}/auth/token` }];
    if (name !== "POST /auth/token") throw new Problem(404, "no such place");
    const form = new URLSearchParams(body);
    const [id, secret] = [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
    const { vens, owner, tokenSeconds = 3_600 } = this.#options;
    const isOwner = id === owner.id && secret === owner.secret;
    if (form.get("grant_type") !== "client_credentials" || !(isOwner || (secret !== "" && vens[id] === secret))) throw new Problem(401, "invalid_client");
    const token = randomUUID();
    this.#tokens.set(token, { caller: { id, owner: isOwner }, until: this.#now() + tokenSeconds * 1_000 });
    return [200, { access_token: token, token_type: "Bearer", expires_in: tokenSeconds }];
  }

  #caller(authorization: string | undefined): Caller {
    const known = this.#tokens.get(/^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "");
    if (known === undefined || known.until < this.#now()) throw new Problem(401, "no token, or one that has run out");
    return known.caller;
  }

  #route(method: string, path: string, asked: { readonly query: URLSearchParams; readonly body: string; readonly caller: Caller }): [number, unknown] {
    const [, kind = "", id] = path.split("/");
    if (kind === "notifiers" && method === "GET") return [200, this.#notifiers(path)];
    if (kind === "reports" && method === "POST") return [201, this.#report(asked.body, asked.caller)];
    if (kind === "reports" && method === "GET") return [200, paged(this.reports, asked.query)];
    if (kind !== "programs" && kind !== "events" && kind !== "vens") throw new Problem(404, "no such place");
    if (method === "GET") return [200, id === undefined ? paged(this.#shown(kind, asked), asked.query) : this.#found(kind, id)];
    if (kind !== "vens" && !asked.caller.owner) throw new Problem(403, "only the program's owner writes here");
    if (method === "POST") return [201, this.#create(kind, JSON.parse(asked.body) as Json, asked.caller)];
    if (method === "PUT" && id !== undefined) return [200, this.#replace(kind, id, JSON.parse(asked.body) as Json)];
    if (method === "DELETE" && id !== undefined) return [200, this.#remove(kind, id)];
    throw new Problem(404, "no such operation");
  }

  /** Objects with targets are shown to those who were granted one of them and ask for it, and with the asked-for targets only. */
  #shown(kind: Kind, { query, caller }: { readonly query: URLSearchParams; readonly caller: Caller }): Stored[] {
    const all = (this.#frozen === null || caller.owner ? this.#objects : this.#frozen.objects)[kind];
    if (caller.owner) return all;
    if (kind === "vens") return all.filter((ven) => ven["clientID"] === caller.id && (query.get("venName") === null || ven["venName"] === query.get("venName")));
    const granted = new Set(this.#objects.vens.filter((ven) => ven["clientID"] === caller.id).flatMap(targetsOf));
    const wanted = query.getAll("targets");
    return all.flatMap((object) => {
      const targets = targetsOf(object);
      if (targets.length === 0) return wanted.length === 0 ? [object] : [];
      const shared = targets.filter((target) => wanted.includes(target) && granted.has(target));
      return shared.length === 0 ? [] : [{ ...object, targets: shared }];
    });
  }

  #found(kind: Kind, id: string): Stored {
    const found = this.#objects[kind].find((object) => object.id === id);
    if (found === undefined) throw new Problem(404, `no ${kind} ${id}`);
    return found;
  }

  #create(kind: Kind, given: Json, caller: Caller): Stored {
    const needed = { programs: "programName", events: "programID", vens: "venName" }[kind];
    if (typeof given[needed] !== "string") throw new Problem(400, `${needed} is missing`);
    if (kind === "events") this.#found("programs", given[needed]);
    if (kind === "vens" && this.#objects.vens.some((ven) => ven["venName"] === given["venName"])) throw new Problem(409, "there is one of this name");
    const now = new Date(this.#now()).toISOString();
    const { targets: _, ...plain } = given;
    const made = { ...(caller.owner ? given : plain), ...(kind === "vens" && !caller.owner && { clientID: caller.id }), id: randomUUID(), objectType: kind.slice(0, -1).toUpperCase(), createdDateTime: now, modificationDateTime: now };
    this.#objects[kind].push(made);
    this.#tell(kind, "create", made);
    return made;
  }

  #replace(kind: Kind, id: string, given: Json): Stored {
    const old = this.#found(kind, id);
    const changed = { ...given, id, objectType: old["objectType"], createdDateTime: old["createdDateTime"], modificationDateTime: new Date(this.#now()).toISOString() };
    this.#objects[kind].splice(this.#objects[kind].indexOf(old), 1, changed);
    this.#tell(kind, "update", changed);
    return changed;
  }

  #remove(kind: Kind, id: string): Stored {
    const old = this.#found(kind, id);
    this.#objects[kind].splice(this.#objects[kind].indexOf(old), 1);
    this.#tell(kind, "delete", old);
    return old;
  }

  #report(body: string, caller: Caller): Stored {
    const given = JSON.parse(body) as Json;
    if (typeof given["eventID"] !== "string" || typeof given["clientName"] !== "string" || !Array.isArray(given["resources"])) throw new Problem(400, "eventID, clientName and resources are needed");
    this.#found("events", given["eventID"]);
    const made = { ...given, clientID: caller.id, id: randomUUID(), objectType: "REPORT", createdDateTime: new Date(this.#now()).toISOString() };
    this.reports.push(made);
    return made;
  }

  #notifiers(path: string): unknown {
    const { notices } = this.#options;
    if (path === "/notifiers") return { WEBHOOK: true, ...(notices !== undefined && { MQTT: { URIS: [notices.url], serialization: "JSON", authentication: { method: "OAUTH2_BEARER_TOKEN", username: "{clientID}" } } }) };
    const ven = /^\/notifiers\/mqtt\/topics\/vens\/([^/]+)\/(events|programs)$/.exec(path);
    if (notices === undefined || ven === null) throw new Problem(404, "no such topics");
    this.#found("vens", ven[1] ?? "");
    const root = `vens/${ven[1]}/${ven[2]}`;
    return { topics: { CREATE: `${root}/create`, UPDATE: `${root}/update`, DELETE: `${root}/delete`, ALL: `${root}/+` } };
  }

  #tell(kind: Kind, operation: "create" | "update" | "delete", object: Stored): void {
    const { notices } = this.#options;
    if (notices === undefined || kind === "vens" || this.#fault !== "clear") return;
    for (const ven of this.#objects.vens) {
      const targets = targetsOf(object);
      if (targets.length > 0 && !targets.some((target) => targetsOf(ven).includes(target))) continue;
      notices.publish(`vens/${ven.id}/${kind}/${operation}`, JSON.stringify({ objectType: object["objectType"], operation: operation.toUpperCase(), object }));
    }
  }
}

const targetsOf = (object: Json): readonly string[] => (Array.isArray(object["targets"]) ? (object["targets"] as string[]) : []);

function paged(all: readonly Stored[], query: URLSearchParams): Stored[] {
  const skip = Number(query.get("skip") ?? "0");
  const limit = Math.min(PAGE, Number(query.get("limit") ?? String(PAGE)));
  return all.slice(skip, skip + limit);
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES) throw new Problem(413, "too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
