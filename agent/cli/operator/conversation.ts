/** One connection to the operator's broker for as long as a command needs it. */
import { randomBytes } from "node:crypto";
import { millis, type Millis } from "../../core/units.ts";
import { mqttLink } from "../../link/mqtt-link.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { IncomingMessage, Link, Subscription } from "../../runtime/link.ts";
import { silentLog, type Log } from "../../runtime/log.ts";
import { stopwatch } from "../../runtime/system-clock.ts";
import { exit, Failure } from "../exit.ts";
import type { Address } from "./address.ts";

export interface Talk<T> {
  readonly subscriptions: readonly Subscription[];
  message(message: IncomingMessage): void;
  /** Runs once connected and subscribed; `signal` aborts on Ctrl-C. When it ends, what was published is still delivered. */
  body(link: Link, clock: Clock, signal: AbortSignal): Promise<T>;
}

/** How long a broker may take to answer at first. */
const patience = millis(10_000);
/** A broker that has refused once gets this long for another try. */
const secondTry = millis(1_000);

/** Throws a Failure (69) when there is no broker to talk to. */
export async function onBroker<T>(address: Address, talk: Talk<T>): Promise<T> {
  const clock = stopwatch();
  const [interrupted, end] = [new AbortController(), new AbortController()];
  let reason = "it does not answer";
  const trouble = withResolvers();
  const log: Log = {
    ...silentLog,
    warn: (fields) => {
      if ("reason" in fields) reason = String(fields.reason);
      trouble.resolve();
    },
  };
  const { broker, username, password, tls } = address;
  const link = mqttLink({
    urls: [broker], clientId: `curtailctl-${randomBytes(6).toString("hex")}`, subscriptions: talk.subscriptions,
    username, password, tls, clock, log, random: Math.random,
  });
  const stop = (): void => interrupted.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const { promise: connected, resolve } = withResolvers();
  const running = link.run({ message: talk.message, connected: resolve, disconnected: () => undefined }, end.signal);
  try {
    const over = AbortSignal.any([interrupted.signal, end.signal]);
    const wait = (length: Millis): Promise<void> => clock.sleep(length, over).catch(() => undefined);
    const late = Promise.race([wait(patience), trouble.promise.then(() => wait(secondTry))]);
    const there = await Promise.race([connected.then(() => true), late.then(() => false), running.then(() => false)]);
    if (!there) throw new Failure(exit.unreachable, `no broker at ${broker}: ${reason}. Is it running, and is --broker right?`);
    return await talk.body(link, clock, interrupted.signal);
  } finally {
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
    end.abort();
    await running;
  }
}

/** Long enough for a broker to resend what it retains. */
export const retainedArrive = millis(500);

/** node:util has it from Node 22 on. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
