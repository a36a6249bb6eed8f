/**
 * HTTP over two unix sockets in the run directory: look.sock reads, act.sock also changes. Who may open which is the
 * file system's business. What is answered comes in as a table; this file knows bytes, paths and limits.
 */
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import type * as z from "zod";
import { millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { answerJson, ControlError, failureOf, readJson } from "./control-http.ts";
import { EventStreams, type Follow } from "./control-events.ts";
import { Proofs, proofHeader, whoIs, type Caller } from "./control-proof.ts";
import { listen } from "./control-listen.ts";
import { findRoute } from "./control-routes.ts";

export { ControlError } from "./control-http.ts";
export type { Follow } from "./control-events.ts";

export interface ControlRequest {
  /** What stands in the path where the route has `:name`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON, undefined when there was none. Its `who` is what the caller has proved, whatever it said. */
  readonly body: unknown;
  /** Who asks; null where nothing is changed. */
  readonly caller: Caller | null;
  /** Aborts when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

export interface ControlRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** `/devices/:id` */
  readonly path: string;
  /** `look` is answered on both sockets, `act` on act.sock only. */
  readonly socket: "look" | "act";
  /** What it does, in a sentence, for the description of the interface. */
  readonly does?: string;
  /** What may stand in its query; the room that answers checks it. */
  readonly asks?: z.ZodObject;
  /** What its body has to be; the room that answers checks it. */
  readonly takes?: z.ZodType;
  /** Resolves with what is sent as JSON. A ControlError becomes its status, anything else 500. */
  handle(request: ControlRequest): Promise<unknown>;
  /** Where given and asked for with `?follow=1`: server-sent events from now on, after those `handle` resolves with. */
  readonly follow?: Follow;
}

export interface ControlOptions {
  readonly directory: string;
  readonly routes: readonly ControlRoute[];
  readonly clock: Clock;
  readonly log: Log;
}

const handlerTimeout = millis(10_000);
const mostConnections = 64;
const sockets = ["look", "act"] as const;

/** Rejects when a socket cannot be made: with the cause and the cure. */
export async function openControl(options: ControlOptions): Promise<AsyncDisposable> {
  const { directory, clock } = options;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const proofs = new Proofs(join(directory, "proof"), clock);
  const streams = new EventStreams();
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    streams.end();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve).closeAllConnections())));
    if (servers.length === sockets.length) await proofs.close();
  };
  try {
    for (const socket of sockets) {
      const server = createServer({ connectionsCheckingInterval: 2_000, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 1_000, maxHeaderSize: 8_192 }, (request, response) => {
        void answer(request, response, { ...options, socket, streams, proofs });
      });
      server.maxConnections = mostConnections;
      await listen(server, join(directory, `${socket}.sock`));
      servers.push(server);
    }
    await proofs.open();
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

interface AnswerContext extends ControlOptions {
  readonly socket: "look" | "act";
  readonly streams: EventStreams;
  readonly proofs: Proofs;
}

async function answer(request: IncomingMessage, response: ServerResponse, context: AnswerContext): Promise<void> {
  const { routes, socket, clock, log, streams, proofs } = context;
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.on("error", () => gone.abort());
  try {
    const url = new URL(request.url ?? "/", "http://curtaild");
    if (request.method === "POST" && url.pathname === "/proof" && socket === "act") {
      answerJson(response, 200, await proofs.ask());
      return;
    }
    const { route, params } = findRoute(routes, { method: request.method ?? "", path: url.pathname, socket });
    const body = await readJson(request, gone.signal);
    const caller = route.socket === "act" ? await proofs.check(request.headers[proofHeader]?.toString()) : null;
    log.debug({ method: request.method, path: url.pathname, ...(caller !== null && { who: caller.name, uid: caller.uid }) }, "somebody asks");
    const answered = route.handle({ params, query: url.searchParams, body: caller === null ? body : signed(body, caller), caller, signal: gone.signal });
    const value = await Promise.race([answered, lateness(clock, gone.signal)]);
    if (route.follow !== undefined && url.searchParams.get("follow") === "1") streams.begin(response, Array.isArray(value) ? value : [], route.follow);
    else answerJson(response, 200, value);
  } catch (error) {
    if (gone.signal.aborted) return;
    const { status, text, cure, bug } = failureOf(error);
    if (bug) log.error({ path: request.url, reason: text }, "a control request failed");
    answerJson(response, status, { error: text, cure });
  } finally {
    if (response.writableEnded) gone.abort();
  }
}

/** What the caller says of itself gives way to what it has proved. */
const signed = (body: unknown, caller: Caller): unknown => (typeof body === "object" && body !== null && "who" in body ? { ...body, who: whoIs(caller, body.who) } : body);

async function lateness(clock: Clock, signal: AbortSignal): Promise<never> {
  await clock.sleep(handlerTimeout, signal);
  throw new ControlError(503, "the daemon did not answer in time", "Try again; if it stays, look at the log.");
}
