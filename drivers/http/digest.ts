/** HTTP Digest access authentication (RFC 7616): the answer to a challenge, and a password that is not hammered when it is refused. */
import { createHash, randomBytes } from "node:crypto";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { HttpTalk } from "./client.ts";
import { nameOf, type HttpReply, type HttpRequest } from "./exchange.ts";
import type { Lockout } from "./lockout.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What the miner wants answered. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly algorithm: "MD5" | "SHA-256";
  /** False: as in RFC 2069, without count and client nonce. */
  readonly qop: boolean;
  /** The nonce was too old, the password right. */
  readonly stale: boolean;
}

/** What goes into one answer besides the challenge. */
export interface Answering extends Credentials {
  readonly method: string;
  readonly uri: string;
  /** How often this nonce was answered, this time included. */
  readonly count: number;
  readonly cnonce: string;
}

const HASH = { MD5: "md5", "SHA-256": "sha256" } as const;

/** The value of the Authorization header. */
export function authorization(challenge: Challenge, { username, password, method, uri, count, cnonce }: Answering): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const hash = (text: string): string => createHash(HASH[algorithm]).update(text, "utf8").digest("hex");
  const nc = count.toString(16).padStart(8, "0");
  const middle = qop ? [nonce, nc, cnonce, "auth"] : [nonce];
  const response = hash([hash(`${username}:${realm}:${password}`), ...middle, hash(`${method}:${uri}`)].join(":"));
  const fields = [
    `username=${quoted(username)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`, `uri=${quoted(uri)}`, `response="${response}"`, `algorithm=${algorithm}`,
    ...(qop ? ["qop=auth", `nc=${nc}`, `cnonce=${quoted(cnonce)}`] : []),
    ...(opaque === null ? [] : [`opaque=${quoted(opaque)}`]),
  ];
  return `Digest ${fields.join(", ")}`;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

const SCHEME = /(?:^|,)\s*([a-z]+)\s+(?=[a-z-]+\s*=)/gi;
const PARAMETER = /([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** The strongest Digest challenge of a WWW-Authenticate header, several of which Node joins; null: none we can answer. */
export function challengeOf(header: string | undefined): Challenge | null {
  const text = header ?? "";
  const begins = [...text.matchAll(SCHEME)];
  const challenges = begins
    .map((begin, index) => ({ scheme: begin[1] ?? "", text: text.slice(begin.index + begin[0].length, begins[index + 1]?.index) }))
    .filter(({ scheme }) => scheme.toLowerCase() === "digest")
    .map(({ text: parameters }) => challengeFrom(parameters))
    .filter((challenge) => challenge !== null);
  return challenges.find(({ algorithm }) => algorithm === "SHA-256") ?? challenges[0] ?? null;
}

function challengeFrom(text: string): Challenge | null {
  const parameters = new Map([...text.matchAll(PARAMETER)].map(([, name = "", inQuotes, bare = ""]) => [name.toLowerCase(), inQuotes?.replace(/\\(.)/g, "$1") ?? bare]));
  const [realm, nonce, qop] = [parameters.get("realm"), parameters.get("nonce"), parameters.get("qop")];
  const algorithm = (parameters.get("algorithm") ?? "MD5").toUpperCase();
  if (realm === undefined || nonce === undefined || (algorithm !== "MD5" && algorithm !== "SHA-256")) return null;
  if (qop !== undefined && !qop.split(",").some((word) => word.trim().toLowerCase() === "auth")) return null;
  const stale = parameters.get("stale")?.toLowerCase() === "true";
  return { realm, nonce, opaque: parameters.get("opaque") ?? null, algorithm, qop: qop !== undefined, stale };
}

/** Requests signed with one account; a challenge is answered again until the miner has another. */
export class DigestSession {
  readonly #credentials: Credentials;
  readonly #lockout: Lockout;
  readonly #random: (bytes: number) => Uint8Array;
  #challenge: Challenge | null = null;
  #count = 0;

  constructor(credentials: Credentials, lockout: Lockout, random: (bytes: number) => Uint8Array = randomBytes) {
    this.#credentials = credentials;
    this.#lockout = lockout;
    this.#random = random;
  }

  /**
   * Resolves with any status but 401. Throws `refused` for a wrong password, and for five minutes after it without asking.
   * A refused request was not carried out, so a write is sent again too.
   */
  async send(talk: HttpTalk, request: HttpRequest): Promise<HttpReply> {
    this.#lockout.check();
    let reply = await this.#signed(talk, request);
    // Unsigned or with an old nonce, with a new nonce, and once more where that one is called stale.
    for (let tries = 0; reply.status === 401 && tries < 2; tries++) {
      const next = challengeOf(reply.headers["www-authenticate"]);
      if (next === null) throw new DeviceError("refused", `${nameOf(request)}: the miner wants a login this driver does not know (no Digest with MD5 or SHA-256)`);
      if (tries > 0 && !next.stale) break;
      this.#challenge = next;
      this.#count = 0;
      reply = await this.#signed(talk, request);
    }
    if (reply.status === 401) {
      this.#challenge = null;
      throw this.#lockout.refused();
    }
    this.#lockout.accepted();
    return reply;
  }

  #signed(talk: HttpTalk, request: HttpRequest): Promise<HttpReply> {
    if (this.#challenge === null) return talk.send(request);
    this.#count += 1;
    const cnonce = Buffer.from(this.#random(16)).toString("hex");
    const signature = authorization(this.#challenge, { ...this.#credentials, method: request.method, uri: request.path, count: this.#count, cnonce });
    return talk.send({ ...request, headers: { ...request.headers, authorization: signature } });
  }
}
