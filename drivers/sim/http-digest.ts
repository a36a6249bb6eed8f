import { createHash } from "node:crypto";
import type { WebAnswer, WebRequest } from "./http-server.ts";
import type { SimClock } from "./machine.ts";
import type { Random } from "./random.ts";

/** A nonce may be used for so long. */
const NONCE_MS = 300_000;

export interface GuardOptions {
  readonly realm: string;
  readonly username: string;
  readonly clock: SimClock;
  readonly random: Random;
}

/** The lock of an embedded web server: HTTP Digest with MD5, and a count of wrong passwords as its log would have it. */
export class DigestGuard {
  password: string;
  /** Requests signed with a password that is not the right one. */
  wrong = 0;
  readonly #options: GuardOptions;
  #nonce = "";
  #until = -Infinity;

  constructor(password: string, options: GuardOptions) {
    this.password = password;
    this.#options = options;
  }

  /** null: let in. Otherwise the challenge to answer with. */
  check({ method, path, headers }: WebRequest): WebAnswer | null {
    const said = parametersOf(headers.authorization);
    if (said === null) return this.#challenge(false);
    const known = said.get("nonce") === this.#nonce && this.#options.clock.now() < this.#until;
    if (said.get("response") !== this.#response(said, { method, path })) {
      if (known) this.wrong += 1;
      return this.#challenge(false);
    }
    // An old nonce with the right password: the same again with a new one. Counts are not looked at.
    return known ? null : this.#challenge(true);
  }

  #response(said: ReadonlyMap<string, string>, { method, path }: { method: string; path: string }): string {
    const { username, realm } = this.#options;
    const parts = [md5(`${username}:${realm}:${this.password}`), said.get("nonce"), said.get("nc"), said.get("cnonce"), said.get("qop"), md5(`${method}:${path}`)];
    return said.get("username") === username && said.get("uri") === path ? md5(parts.join(":")) : "";
  }

  #challenge(stale: boolean): WebAnswer {
    const { clock, random, realm } = this.#options;
    if (clock.now() >= this.#until) {
      this.#nonce = md5(String(random()));
      this.#until = clock.now() + NONCE_MS;
    }
    const challenge = `Digest realm="${realm}", nonce="${this.#nonce}", qop="auth"${stale ? ", stale=true" : ""}`;
    return { status: 401, headers: { "www-authenticate": challenge, "content-type": "text/html" }, body: "<html><body><h1>401 Unauthorized</h1></body></html>" };
  }
}

function parametersOf(header: string | undefined): ReadonlyMap<string, string> | null {
  if (header?.startsWith("Digest ") !== true) return null;
  return new Map([...header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name = "", inQuotes, bare = ""]) => [name, inQuotes ?? bare]));
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
