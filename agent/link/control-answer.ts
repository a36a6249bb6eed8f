/** From a request to its answer: the route, what is asked of the caller, the deadline. Whoever listens has decided that the caller may ask. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import { Secrets } from "../runtime/secrets.ts";
import type { ControlRoute } from "./control.ts";
import type { EventStreams } from "./control-events.ts";
import { answerJson, answerWith, ControlError, failureOf, readJson } from "./control-http.ts";
import { proofHeader, whoIs, type Caller, type Proofs } from "./control-proof.ts";
import { findRoute } from "./control-routes.ts";

const handlerTimeout = millis(10_000);
const anyone = new Secrets();

export interface AnswerContext {
  readonly routes: readonly ControlRoute[];
  readonly socket: "look" | "act";
  readonly streams: EventStreams;
  /** Who asks has to prove it to these where something is changed. */
  readonly proofs: Proofs | null;
  readonly clock: Clock;
  readonly log: Log;
  /** What no answer may show. */
  readonly secrets?: Secrets | undefined;
  readonly ordered?: (order: Ordered) => void;
}

export interface Ordered {
  /** `POST /limit` */
  readonly order: string;
  /** `ada(1000)` */
  readonly who: string;
  /** Why not; null: it was done. */
  readonly refused: string | null;
}

export async function answer(request: IncomingMessage, response: ServerResponse, context: AnswerContext): Promise<void> {
  const { routes, socket, clock, log, streams, proofs, secrets = anyone } = context;
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.on("error", () => gone.abort());
  try {
    const url = new URL(request.url ?? "/", "http://curtaild");
    if (request.method === "POST" && url.pathname === "/proof" && socket === "act" && proofs !== null) {
      answerJson(response, 200, await proofs.ask());
      return;
    }
    const { route, params } = findRoute(routes, { method: request.method ?? "", path: url.pathname, socket });
    const body = await readJson(request, gone.signal);
    const caller = route.socket === "act" ? await prove(proofs, request) : null;
    log.debug({ method: request.method, path: url.pathname, ...(caller !== null && { who: caller.name, uid: caller.uid }) }, "somebody asks");
    const handled = route.handle({ params, query: url.searchParams, body: caller === null ? body : signed(body, caller), caller, signal: gone.signal });
    const answered = caller === null ? handled : noted(handled, { order: `${route.method} ${url.pathname}`, who: whoIs(caller, claimOf(body)) }, context);
    const value = await Promise.race([answered, lateness(clock, gone.signal)]);
    if (route.follow !== undefined && url.searchParams.get("follow") === "1") streams.begin(response, Array.isArray(value) ? value : [], { follow: route.follow, secrets });
    else await answerWith(response, value, route.verbatim === true ? undefined : secrets);
  } catch (error) {
    if (gone.signal.aborted) return;
    const { status, text, cure, bug } = failureOf(error);
    if (bug) log.error({ path: request.url, reason: text }, "a control request failed");
    answerJson(response, status, { error: text, cure }, secrets);
  } finally {
    if (response.writableEnded) gone.abort();
  }
}

function prove(proofs: Proofs | null, request: IncomingMessage): Promise<Caller> {
  if (proofs === null) throw new ControlError(403, "nothing is changed from here", "Use curtailctl on the controller.");
  return proofs.check(request.headers[proofHeader]?.toString());
}

/** What the caller says of itself gives way to what it has proved. */
const signed = (body: unknown, caller: Caller): unknown => (typeof body === "object" && body !== null && "who" in body ? { ...body, who: whoIs(caller, body.who) } : body);

const claimOf = (body: unknown): unknown => (typeof body === "object" && body !== null && "who" in body ? body.who : null);

/** What becomes of an order is told also when nobody waits for the answer any more. */
async function noted(handled: Promise<unknown>, order: Omit<Ordered, "refused">, { ordered }: AnswerContext): Promise<unknown> {
  try {
    const value = await handled;
    ordered?.({ ...order, refused: null });
    return value;
  } catch (error) {
    ordered?.({ ...order, refused: messageOf(error) });
    throw error;
  }
}

async function lateness(clock: Clock, signal: AbortSignal): Promise<never> {
  await clock.sleep(handlerTimeout, signal);
  throw new ControlError(503, "the daemon did not answer in time", "Try again; if it stays, look at the log.");
}
