/** From a broker's address to a session with all subscriptions in place, or to a reason in the log. */
import { millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { IncomingMessage, OutgoingMessage, Subscription } from "../runtime/link.ts";
import type { Log } from "../runtime/log.ts";
import { brokerStreams, type TlsMaterial } from "./broker-stream.ts";
import type { MqttVersion } from "./mqtt-words.ts";
import { ConnectFailure, openSession, type Session } from "./session.ts";
import { messageOf } from "../runtime/errors.ts";

export interface ConnectorOptions {
  readonly clientId: string;
  readonly subscriptions: readonly Subscription[];
  readonly username?: string | null;
  readonly password?: string | null;
  readonly tls?: TlsMaterial | null;
  /** Asked before each connect; `connection` is the number it will have if it succeeds. */
  readonly will?: (connection: number) => OutgoingMessage;
  /** Whether the broker is to speak it even when we go on purpose (version 5). */
  readonly leavesWill?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly keepaliveSeconds?: number;
  readonly connectTimeoutMs?: number;
  /** How long SUBACK and PUBACK may take. */
  readonly answerTimeoutMs?: number;
}

export interface Attempt {
  /** The number the connection will have. */
  readonly connection: number;
  readonly hear: (message: IncomingMessage) => void;
}

/** What we tell the broker we take, and, less the fixed header, what larger packets are cut to. */
const largestPacket = 262_144;
const largestBody = largestPacket - 5;

export class Connector {
  readonly #options: ConnectorOptions;
  /** What each broker turned out to speak. */
  readonly #versions = new Map<string, MqttVersion>();
  /** Why each broker gave no connection the last time: said again only when it changes, or after a connection. */
  readonly #troubles = new Map<string, string>();

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** A session that has just been subscribed; null when this broker gives none. */
  async connect(url: string, attempt: Attempt, signal: AbortSignal): Promise<Session | null> {
    try {
      const session = await this.#open(url, attempt, signal);
      await this.subscribed(session, session.subscribe(this.#options.subscriptions));
      this.#troubles.clear();
      return session;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#troubles.get(url) !== reason && !signal.aborted) this.#options.log.warn({ broker: url, reason }, "no connection to the broker");
      this.#troubles.set(url, reason);
      return null;
    }
  }

  /** Waits for the broker's answer to a subscription no longer than it may take; drops the session when it does not come, or is no. */
  async subscribed(session: Session, answer: Promise<void>): Promise<void> {
    const { clock, answerTimeoutMs = 10_000 } = this.#options;
    const done = new AbortController();
    const late = clock.sleep(millis(answerTimeoutMs), done.signal).then(
      () => Promise.reject(new Error("the broker does not acknowledge the subscriptions")),
      () => undefined,
    );
    const lost = session.closed.then(({ reason }) => Promise.reject(new Error(reason)));
    lost.catch(() => undefined);
    try {
      await Promise.race([answer, lost, late]);
    } catch (error) {
      session.drop(messageOf(error));
      throw error;
    } finally {
      done.abort();
    }
  }

  /** Version 5 first, 3.1.1 at once where 5 is refused. */
  async #open(url: string, { connection, hear }: Attempt, signal: AbortSignal): Promise<Session> {
    const { tls = null, clientId, username = null, password = null, keepaliveSeconds = 15, connectTimeoutMs = 5_000, will, leavesWill = false } = this.#options;
    const stream = await brokerStreams({ url, tls, largestBody });
    const common = { stream, clientId, username, password, keepaliveSeconds, connectTimeoutMs, largestPacket, will: will?.(connection) ?? null, leavesWill, hear };
    try {
      return await openSession({ ...common, version: this.#versions.get(url) ?? 5 }, signal);
    } catch (error) {
      if (!(error instanceof ConnectFailure && error.maybeVersion) || signal.aborted) throw error;
      const session = await openSession({ ...common, version: 4 }, signal);
      this.#versions.set(url, 4);
      return session;
    }
  }
}
