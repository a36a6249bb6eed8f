/**
 * HTTP over two unix sockets in the run directory: look.sock reads, act.sock also changes. Who may open which is the
 * file system's business. What is answered comes in as a table; this file knows bytes, paths and limits.
 */
import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type * as z from "zod";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Secrets } from "../runtime/secrets.ts";
import { answer, type Ordered } from "./control-answer.ts";
import { bounds, closed } from "./control-http.ts";
import { EventStreams, type Follow } from "./control-events.ts";
import { Proofs, type Caller } from "./control-proof.ts";
import { listen } from "./control-listen.ts";

export { ControlError, Verbatim } from "./control-http.ts";
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
  /** Resolves with what is sent as JSON, or as it stands where it is Verbatim. A ControlError becomes its status, anything else 500. */
  handle(request: ControlRequest): Promise<unknown>;
  /** Signed, or for another machine: sent as it stands, without looking for secrets in it. */
  readonly verbatim?: true;
  /** Where given and asked for with `?follow=1`: server-sent events from now on, after those `handle` resolves with. */
  readonly follow?: Follow;
}

export interface ControlOptions {
  readonly directory: string;
  readonly routes: readonly ControlRoute[];
  readonly clock: Clock;
  readonly log: Log;
  /** What no answer may show. */
  readonly secrets?: Secrets;
  /** Every order of somebody who has proved who he is, also those that were refused. */
  readonly ordered?: (order: Ordered) => void;
}

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
    await Promise.all(servers.map(closed));
    if (servers.length === sockets.length) await proofs.close();
  };
  try {
    for (const socket of sockets) {
      const server = createServer(bounds.server, (request, response) => {
        void answer(request, response, { ...options, socket, streams, proofs });
      });
      server.maxConnections = bounds.connections;
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
