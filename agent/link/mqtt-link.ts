/** A Link over MQTT: keeps a session to the first broker of a list that answers, and what is to be said until it is acknowledged. */
import type { Clock } from "../runtime/clock.ts";
import type { IncomingMessage, Link, LinkListener, OutgoingMessage, Subscription } from "../runtime/link.ts";
import type { Log } from "../runtime/log.ts";
import { millis, type Millis } from "../core/units.ts";
import { backOff } from "./back-off.ts";
import { brokerStreams, type TlsMaterial } from "./broker-stream.ts";
import type { MqttVersion } from "./mqtt-words.ts";
import { Outbound } from "./outbound.ts";
import { ConnectFailure, openSession, type Session } from "./session.ts";

export interface MqttLinkOptions {
  /** `mqtt://host:port` or `mqtts://host:port`, tried in this order. */
  readonly urls: readonly string[];
  readonly clientId: string;
  readonly subscriptions: readonly Subscription[];
  readonly username?: string | null;
  readonly password?: string | null;
  readonly tls?: TlsMaterial | null;
  /** Asked before each connect; `connection` is the number it will have if it succeeds. */
  readonly will?: (connection: number) => OutgoingMessage;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly keepaliveSeconds?: number;
  readonly connectTimeoutMs?: number;
  /** How long SUBACK and PUBACK may take. */
  readonly answerTimeoutMs?: number;
}

/** What we tell the broker we take, and, less the fixed header, what larger packets are cut to. */
const largestPacket = 262_144;
const largestBody = largestPacket - 5;
const flushMs = millis(2_000);
const closeMs = millis(1_000);
/** A connection that lived this long was a good one: the next waits begin small again. */
const stableMs = 10_000;

export function mqttLink(options: MqttLinkOptions): Link {
  return new MqttLink(options);
}

class MqttLink implements Link {
  readonly #options: MqttLinkOptions;
  readonly #outbound: Outbound;
  /** What each broker turned out to speak. */
  readonly #versions = new Map<string, MqttVersion>();
  #session: Session | null = null;
  #connects = 0;
  #resubscribing = false;
  /** Why each broker gave no connection the last time: said again only when it changes. */
  readonly #troubles = new Map<string, string>();
  /** What the listener threw. */
  #failure: { readonly error: unknown } | null = null;

  constructor(options: MqttLinkOptions) {
    this.#options = options;
    this.#outbound = new Outbound(options);
  }

  get connected(): boolean {
    return this.#session !== null;
  }

  publish(message: OutgoingMessage): void {
    this.#outbound.publish(message);
  }

  resubscribe(): void {
    const session = this.#session;
    if (session === null || this.#resubscribing) return;
    this.#resubscribing = true;
    const { subscriptions } = this.#options;
    const again = async (): Promise<void> => {
      await session.unsubscribe(subscriptions.map(({ topic }) => topic));
      await session.subscribe(subscriptions);
    };
    void this.#inTime(session, again())
      .catch((error: unknown) => session.drop(textOf(error)))
      .finally(() => (this.#resubscribing = false));
  }

  async run(listener: LinkListener, signal: AbortSignal): Promise<void> {
    const { urls, clock, random } = this.#options;
    const wait = backOff(random);
    while (!signal.aborted) {
      for (const url of urls) {
        const session = await this.#connect(url, listener, signal);
        if (session === null) continue;
        const since = clock.now().uptime;
        await this.#live(session, listener, signal);
        if (clock.now().uptime - since >= stableMs) wait.reset();
        break;
      }
      await clock.sleep(wait.next(), signal).catch(() => undefined);
    }
  }

  /** A session with all subscriptions in place; null when this broker gives none, which is logged when the reason is new. */
  async #connect(url: string, listener: LinkListener, signal: AbortSignal): Promise<Session | null> {
    if (signal.aborted) return null;
    try {
      const session = await this.#open(url, listener, signal);
      try {
        await this.#inTime(session, session.subscribe(this.#options.subscriptions));
        return session;
      } catch (error) {
        session.drop("not subscribed");
        throw error;
      }
    } catch (error) {
      this.#rethrowFailure();
      const reason = textOf(error);
      if (this.#troubles.get(url) !== reason && !signal.aborted) this.#options.log.warn({ broker: url, reason }, "no connection to the broker");
      this.#troubles.set(url, reason);
      return null;
    }
  }

  /** Version 5 first, 3.1.1 at once where 5 is refused. */
  async #open(url: string, listener: LinkListener, signal: AbortSignal): Promise<Session> {
    const { tls = null, clientId, username = null, password = null, keepaliveSeconds = 15, connectTimeoutMs = 5_000, will } = this.#options;
    const stream = await brokerStreams({ url, tls, largestBody });
    const common = { stream, clientId, username, password, keepaliveSeconds, connectTimeoutMs, largestPacket };
    const open = (version: MqttVersion): Promise<Session> =>
      openSession({ ...common, version, will: will?.(this.#connects + 1) ?? null, message: (topic, payload, retain) => this.#hear(listener, { topic, payload, retain }) }, signal);
    try {
      return await open(this.#versions.get(url) ?? 5);
    } catch (error) {
      if (!(error instanceof ConnectFailure && error.maybeVersion)) throw error;
      const session = await open(4);
      this.#versions.set(url, 4);
      return session;
    }
  }

  async #live(session: Session, listener: LinkListener, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const watch = new AbortController();
    const stop = (): void => void this.#stop(session);
    this.#session = session;
    this.#connects += 1;
    this.#troubles.clear();
    log.info({ connects: this.#connects }, "connected to the broker");
    try {
      this.#outbound.attach(session);
      void this.#outbound.watch(session, watch.signal);
      listener.connected(this.#connects);
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      const { reason, byBroker } = await session.closed;
      this.#session = null;
      this.#outbound.detach(byBroker);
      this.#rethrowFailure();
      if (!signal.aborted) log.warn({ reason }, "lost the connection to the broker");
      listener.disconnected(reason);
    } finally {
      signal.removeEventListener("abort", stop);
      watch.abort();
      session.drop("stopped");
      this.#session = null;
    }
  }

  /** Two seconds for what still waits, then DISCONNECT, then one second for the close. */
  async #stop(session: Session): Promise<void> {
    const { clock } = this.#options;
    const gone = new AbortController();
    void session.closed.then(() => gone.abort());
    const pause = (length: Millis): Promise<void> => clock.sleep(length, gone.signal).catch(() => undefined);
    const deadline = clock.now().uptime + flushMs;
    while (!this.#outbound.idle && clock.now().uptime < deadline && !gone.signal.aborted) await pause(millis(20));
    session.end();
    await pause(closeMs);
    session.drop("stopped");
  }

  /** Waits for an answer of the broker no longer than it may take. */
  async #inTime(session: Session, answer: Promise<void>): Promise<void> {
    const { clock, answerTimeoutMs = 10_000 } = this.#options;
    const done = new AbortController();
    const late = clock.sleep(millis(answerTimeoutMs), done.signal).then(
      () => Promise.reject(new Error("the broker does not acknowledge the subscriptions")),
      () => undefined,
    );
    const lost = session.closed.then(({ reason }) => Promise.reject(new Error(reason)));
    lost.catch(() => undefined);
    await Promise.race([answer, lost, late]).finally(() => done.abort());
  }

  #hear(listener: LinkListener, message: IncomingMessage): void {
    if (this.#failure !== null) return;
    try {
      listener.message(message);
    } catch (error) {
      this.#failure = { error };
      this.#session?.drop("the listener failed");
    }
  }

  #rethrowFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
