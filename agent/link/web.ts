/**
 * The same routes over TCP, for a browser or whatever collects figures: reading only, off unless configured.
 * Bounds, routes and answers are those of the control sockets; what is different is that anybody may knock.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { networkInterfaces } from "node:os";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Secrets } from "../runtime/secrets.ts";
import { answer } from "./control-answer.ts";
import { EventStreams } from "./control-events.ts";
import { answerJson, bounds, closed, failureOf, takesGzip } from "./control-http.ts";
import type { ControlRoute } from "./control.ts";
import { Gate, type GateOptions } from "./web-gate.ts";

/** What is shown at `/`: one file, so that a bad link has one answer to carry. */
export interface Page {
  readonly html: Buffer;
  readonly gzip: Buffer;
  /** Of its content: a reader that has it gets an empty answer. */
  readonly tag: string;
  /** What it may load and run. */
  readonly policy: string;
}

export interface WebOptions extends GateOptions {
  /** An address, `localhost`, or the name of a network interface. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly page: Page | null;
  readonly routes: readonly ControlRoute[];
  readonly clock: Clock;
  readonly log: Log;
  /** What no answer may show. */
  readonly secrets?: Secrets;
}

export interface Web extends AsyncDisposable {
  /** `http://127.0.0.1:9840` */
  readonly url: string;
}

const headers = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** Rejects when it cannot listen: with the cause and the cure. */
export async function openWeb({ listen, page, routes, clock, log, secrets, ...access }: WebOptions): Promise<Web> {
  const gate = new Gate(access);
  const streams = new EventStreams();
  const reading = { routes: routes.filter(({ socket }) => socket === "look"), socket: "look", streams, proofs: null, clock, log, secrets } as const;
  const server = createServer(bounds.server, (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      gate.assertOurs(request);
      const path = request.url?.split("?")[0];
      // The page itself says nothing about the rack: it can be had without a token, and asks for it.
      if (path === "/" && page !== null) return answerPage(request, response, page);
      gate.assertKnown(request);
      if (path === "/session") return void response.writeHead(204, { "set-cookie": gate.cookie(request), "cache-control": "no-store" }).end();
    } catch (error) {
      const { status, text, cure } = failureOf(error);
      log.debug({ path: request.url, from: request.socket.remoteAddress, status, reason: text }, "somebody is turned away");
      return answerJson(response, status, { error: text, cure });
    }
    void answer(request, response, reading);
  });
  server.maxConnections = bounds.connections;
  const host = addressOf(listen.host);
  await bind(server, host, listen.port);
  const { port } = server.address() as { port: number };
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    async [Symbol.asyncDispose]() {
      streams.end();
      await closed(server);
    },
  };
}

function answerPage(request: IncomingMessage, response: ServerResponse, { html, gzip, tag, policy }: Page): void {
  response.setHeader("content-security-policy", policy);
  response.setHeader("etag", tag);
  // Asked for again each time, and sent again only when it has changed.
  response.setHeader("cache-control", "no-cache");
  response.setHeader("vary", "accept-encoding");
  if (request.headers["if-none-match"] === tag) return void response.writeHead(304).end();
  const packed = takesGzip(request);
  const body = packed ? gzip : html;
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-length": body.length, ...(packed && { "content-encoding": "gzip" }) }).end(body);
}

/** An interface's first address that is not only for its own link; anything else as it stands. */
function addressOf(host: string): string {
  const own = networkInterfaces()[host];
  if (own === undefined) return host === "localhost" ? "127.0.0.1" : host;
  const address = own.find(({ address: one }) => !one.startsWith("fe80:"))?.address;
  if (address === undefined) throw new Error(`the interface ${host} has no address`);
  return address;
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners("error").on("error", () => undefined);
}
