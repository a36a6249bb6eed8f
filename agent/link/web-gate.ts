/**
 * Who may ask over the network. A page anywhere can make a browser send requests here: it gets nothing, because its
 * name is not ours (DNS rebinding), because it says where it comes from (origin), and because it has no token.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { ControlError } from "./control-http.ts";

export interface GateOptions {
  /** Null: whoever reaches us may read. */
  readonly token: string | null;
  /** Names we are reached by, besides localhost and the address itself. */
  readonly names: readonly string[];
}

/** 90 days: the technician's phone stays known over a season, not for ever. */
const cookieAge = 7_776_000;

export class Gate {
  readonly #token: Buffer | null;
  /** What a browser keeps is not the token: it opens this page and no other door the token might open. */
  readonly #cookie: string;
  readonly #names: ReadonlySet<string>;

  constructor({ token, names }: GateOptions) {
    this.#token = token === null ? null : digest(token);
    this.#cookie = createHmac("sha256", token ?? "").update("curtaild page").digest("hex");
    this.#names = new Set(["localhost", ...names.map((name) => name.toLowerCase())]);
  }

  /** That it reads, that it means us, and that no foreign page sends it. Throws a ControlError. */
  assertOurs(request: IncomingMessage): void {
    if (request.method !== "GET") throw new ControlError(405, `nothing takes ${request.method ?? ""} here`, "This listener only reads: GET. Orders go through curtailctl on the controller.");
    const host = nameOf(`http://${request.headers.host ?? ""}`);
    if (host === null || !this.#isOurs(host, request)) throw new ControlError(403, `this is not ${host ?? "a host without a name"}`, "Use its address, or add the name to web.names.");
    const { origin } = request.headers;
    const site = request.headers["sec-fetch-site"];
    const foreign = origin !== undefined ? nameOf(origin) !== host : site !== undefined && site !== "same-origin" && site !== "none" && request.headers["sec-fetch-mode"] !== "navigate";
    if (foreign) throw new ControlError(403, "another page asks", "Open this page itself.");
  }

  /** That it carries the token, or the cookie given for it. Throws a ControlError. */
  assertKnown(request: IncomingMessage): void {
    if (this.#token === null) return;
    const bearer = /^Bearer (\S{1,512})$/i.exec(request.headers.authorization ?? "")?.[1];
    const cookie = new RegExp(`(?:^|; *)${cookieName(request)}=([0-9a-f]{64})(?:;|$)`).exec(request.headers.cookie ?? "")?.[1];
    // Both are compared, always, and as digests: the time it takes tells nothing.
    const [byToken, byCookie] = [timingSafeEqual(digest(bearer ?? ""), this.#token), timingSafeEqual(digest(cookie ?? ""), digest(this.#cookie))];
    if (!byToken && !byCookie) throw new ControlError(401, "the token is missing or wrong", "Send the text of web.tokenFile as Authorization: Bearer.");
  }

  /** For a browser that has shown the token: scripts cannot read it, and no other site can make it be sent. */
  cookie(request: IncomingMessage): string {
    return `${cookieName(request)}=${this.#cookie}; Path=/; Max-Age=${cookieAge}; HttpOnly; SameSite=Strict`;
  }

  #isOurs(host: string, { socket }: IncomingMessage): boolean {
    // No name service stands between a reader and an address.
    return isIP(host) === 0 ? this.#names.has(host) : host === socket.localAddress?.replace(/^::ffff:/, "");
  }
}

/** Cookies know no ports: two racks on one controller each have their own. */
const cookieName = ({ socket }: IncomingMessage): string => `curtaild-${socket.localPort ?? 0}`;
const digest = (text: string): Buffer => createHmac("sha256", "curtaild").update(text).digest();

function nameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "").toLowerCase() : null;
}
