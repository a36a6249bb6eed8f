/** A Link over MQTT: keeps a session to the first broker of a list that answers, and what is to be said until it is acknowledged. */
import { millis, type Millis } from "../core/units.ts";
import type { Delivery, IncomingMessage, Link, LinkListener, OutgoingMessage } from "../runtime/link.ts";
import { backOff } from "./back-off.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { Outbound } from "./outbound.ts";
import type { Session } from "./session.ts";

export interface MqttLinkOptions extends ConnectorOptions {
  /** `mqtt://host:port` or `mqtts://host:port`, tried in this order. */
  readonly urls: readonly string[];
  /** From 0 to 1. */
  readonly random: () => number;
}

const flushMs = millis(2_000);
const closeMs = millis(1_000);
/** A connection that lived this long was a good one: the next waits begin small again. */
const stableMs = 10_000;

export function mqttLink(options: MqttLinkOptions): Link {
  return new MqttLink(options);
}

class MqttLink implements Link {
  readonly #options: MqttLinkOptions;
  readonly #connector: Connector;
  readonly #outbound: Outbound;
  #session: Session | null = null;
  #connects = 0;
  #resubscribing = false;
  /** The broker is being left for the next. */
  #leaving = false;
  /** What the listener threw. */
  #failure: { readonly error: unknown } | null = null;

  constructor(options: MqttLinkOptions) {
    this.#options = options;
    this.#connector = new Connector(options);
    this.#outbound = new Outbound(options);
  }

  get connected(): boolean {
    return this.#session !== null;
  }

  publish(message: OutgoingMessage): void {
    this.#outbound.publish(message);
  }

  deliver(message: OutgoingMessage): Promise<Delivery> {
    return this.#outbound.deliver(message);
  }

  next(): void {
    const session = this.#session;
    if (session === null || this.#leaving) return;
    this.#leaving = true;
    void this.#stop(session);
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
    const over = (): void => void (this.#resubscribing = false);
    // A refusal has dropped the session, and with it goes the reason.
    void this.#connector.subscribed(session, again()).then(over, over);
  }

  async run(listener: LinkListener, signal: AbortSignal): Promise<void> {
    const wait = backOff(this.#options.random);
    for (let first = 0; !signal.aborted; ) {
      const { next, stable } = await this.#round(first, listener, signal);
      if (stable) wait.reset();
      first = next ?? 0;
      if (next === null) await this.#options.clock.sleep(wait.next(), signal).catch(() => undefined);
    }
  }

  /** Tries the brokers from `first` on until one gives a session, and lives with it. `next`: who is to follow at once; null: the first, after a while. */
  async #round(first: number, listener: LinkListener, signal: AbortSignal): Promise<{ readonly next: number | null; readonly stable: boolean }> {
    const { urls, clock } = this.#options;
    for (let tried = 0; tried < urls.length && !signal.aborted; tried += 1) {
      const at = (first + tried) % urls.length;
      const session = await this.#connector.connect(urls[at] ?? "", { connection: this.#connects + 1, hear: (message) => this.#hear(listener, message) }, signal);
      if (this.#failure !== null) session?.drop("the listener failed");
      this.#rethrowFailure();
      if (session === null) continue;
      const since = clock.now().uptime;
      this.#leaving = false;
      await this.#live(session, listener, signal);
      return { next: this.#leaving && urls.length > 1 ? (at + 1) % urls.length : null, stable: clock.now().uptime - since >= stableMs };
    }
    return { next: null, stable: false };
  }

  async #live(session: Session, listener: LinkListener, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const watch = new AbortController();
    const stop = (): void => void this.#stop(session);
    this.#session = session;
    this.#connects += 1;
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
