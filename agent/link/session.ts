/**
 * One connection to one broker, from CONNECT to close, over mqtt.js. A session is used once: reconnecting, queueing and
 * resubscribing are ours, so none of mqtt.js's own (which replay, loop or wait without end) is ever entered.
 */
import type { Duplex } from "node:stream";
import type { IConnackPacket, MqttClient } from "mqtt";
import type { IncomingMessage, OutgoingMessage, Subscription } from "../runtime/link.ts";
import { connectOptions, loadMqtt, publishOptions, type MqttVersion } from "./mqtt-words.ts";

export interface SessionOptions {
  readonly stream: () => Duplex;
  readonly version: MqttVersion;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly will: OutgoingMessage | null;
  /** Whether the broker is to speak the will even when we go on purpose (version 5). */
  readonly leavesWill?: boolean;
  readonly keepaliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly largestPacket: number;
  readonly hear: (message: IncomingMessage) => void;
}

export interface Closed {
  readonly reason: string;
  /** Closed by the broker, and not by a time limit or by us. */
  readonly byBroker: boolean;
}

/** Why a connection did not come about. */
export class ConnectFailure extends Error {
  override readonly name = "ConnectFailure";
  /** The broker may speak 3.1.1 only: it said so, or closed on a version 5 CONNECT without a word. */
  readonly maybeVersion: boolean;

  constructor(message: string, maybeVersion: boolean) {
    super(message);
    this.maybeVersion = maybeVersion;
  }
}

const DISCONNECT_WITH_WILL = 4;

/** CONNACK codes of 3.1.1 and 5 for a protocol version the broker does not speak. */
const unsupportedVersion = new Set([1, 132]);

/** Rejects with a ConnectFailure. */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const { Client, MessageIds } = await loadMqtt();
  const session = new Session(new Client(options.stream, connectOptions(options, new MessageIds())), options);
  const abort = (): void => session.drop("stopped");
  signal.addEventListener("abort", abort, { once: true });
  try {
    await session.opened;
    return session;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

export class Session {
  /** Resolves with CONNACK, rejects with a ConnectFailure. */
  readonly opened: Promise<void>;
  /** Resolves when the connection is gone, however. */
  readonly closed: Promise<Closed>;
  readonly #client: MqttClient;
  readonly #version: MqttVersion;
  readonly #leavesWill: boolean;
  #connack: IConnackPacket | null = null;
  #closed = false;
  #ours: string | null = null;
  #trouble: { readonly text: string; readonly code: number | null } | null = null;

  constructor(client: MqttClient, { version, hear, leavesWill = false }: SessionOptions) {
    this.#client = client;
    this.#version = version;
    this.#leavesWill = leavesWill;
    client.stream.on("error", (error) => (this.#trouble ??= { text: error.message, code: null }));
    client.on("message", (topic, payload, { retain }) => hear({ topic, payload, retain }));
    client.on("error", (error) => {
      this.#trouble ??= { text: error.message, code: "code" in error && typeof error.code === "number" ? error.code : null };
      // mqtt.js ends silent connections by itself; the broker did not close those.
      if (/timeout/i.test(error.message)) this.#ours ??= error.message;
    });
    client.on("disconnect", ({ reasonCode }) => (this.#trouble ??= { text: `the broker ended it with reason ${reasonCode ?? "none"}`, code: null }));
    this.closed = new Promise((resolve) =>
      client.on("close", () => {
        this.#closed = true;
        resolve({ reason: this.#ours ?? this.#trouble?.text ?? "the broker closed the connection", byBroker: this.#ours === null });
      }),
    );
    this.opened = new Promise((resolve, reject) => {
      client.on("connect", (connack) => {
        this.#connack = connack;
        resolve();
      });
      void this.closed.then(({ reason }) => reject(new ConnectFailure(reason, version === 5 && this.#isAboutVersion())));
    });
  }

  /** Most QoS 1 publishes the broker takes at once. */
  get receiveMaximum(): number {
    return this.#connack?.properties?.receiveMaximum ?? 65_535;
  }

  /** Largest packet the broker takes, bytes. */
  get maximumPacketSize(): number {
    return this.#connack?.properties?.maximumPacketSize ?? 268_435_455;
  }

  /** Bytes handed over that the system has not taken yet. */
  get backlog(): number {
    return this.#client.stream.writableLength;
  }

  /** QoS 1: `acknowledged` is called once, with null or the broker's refusal, and not at all when the connection closes before. */
  publish(message: OutgoingMessage, remainingSeconds: number | null, acknowledged: (refusal: string | null) => void): void {
    const payload = typeof message.payload === "string" ? message.payload : Buffer.from(message.payload);
    this.#client.publish(message.topic, payload, publishOptions(message, remainingSeconds, this.#version), (error) => {
      if (!this.#closed) acknowledged(error?.message ?? null);
    });
  }

  /** Resolves when every topic was granted; rejects naming the refused ones. */
  async subscribe(subscriptions: readonly Subscription[]): Promise<void> {
    // Who only speaks subscribes to nothing; MQTT has no packet for that.
    if (subscriptions.length === 0) return;
    const granted = await new Promise<readonly number[]>((resolve, reject) => {
      const wanted = Object.fromEntries(subscriptions.map(({ topic, qos }) => [topic, { qos }]));
      this.#client.subscribe({ ...wanted, resubscribe: true } as Parameters<MqttClient["subscribe"]>[0], (error, _grants, suback) => {
        if (suback === undefined) reject(error ?? new Error("no acknowledgement"));
        else resolve(suback.granted.map(Number));
      });
    });
    const refused = subscriptions.filter((_, index) => (granted[index] ?? 128) >= 128);
    if (refused.length > 0) throw new Error(`the broker refuses the subscription to ${refused.map(({ topic }) => topic).join(", ")}: check the rack's access rights there`);
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    await new Promise<void>((resolve, reject) => this.#client.unsubscribe([...topics], (error) => (error ? reject(error) : resolve())));
  }

  /** DISCONNECT, then the end of the stream. The caller bounds the wait for `closed`. */
  end(): void {
    this.#ours ??= "stopped";
    // Without `force` mqtt.js would first wait for every acknowledgement, for ever.
    this.#client.outgoing = {};
    if (this.#leavesWill && this.#version === 5) this.#client.end(false, { reasonCode: DISCONNECT_WITH_WILL });
    else this.#client.end();
  }

  /** Ends it at once, for a reason of ours. */
  drop(reason: string): void {
    this.#ours ??= reason;
    this.#client.stream.destroy();
  }

  #isAboutVersion(): boolean {
    if (this.#ours !== null) return false;
    const code = this.#trouble?.code ?? null;
    return code === null ? this.#trouble === null : unsupportedVersion.has(code);
  }
}
