/**
 * An MQTT broker in memory and Links to it, for simulation on a virtual clock: no timers of its own, deterministic,
 * with the retained messages, wills and reconnects of a real one, and hooks for what networks do to messages.
 */
import { millis, type Millis } from "../../agent/core/units.ts";
import { OutboundQueue } from "../../agent/link/outbound-queue.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { Delivery, IncomingMessage, Link, LinkListener, OutgoingMessage, Subscription } from "../../agent/runtime/link.ts";

export interface NetworkHooks {
  /** How long a message takes to `to` (a client id, or an observer's name). Different lengths reorder. */
  delay?(message: OutgoingMessage, to: string): Millis;
  /** How many copies arrive: 0 loses it (QoS 0 does that), 2 duplicates it. */
  copies?(message: OutgoingMessage, to: string): number;
}

export interface MemoryLinkOptions {
  readonly clientId: string;
  readonly subscriptions: readonly Subscription[];
  readonly will?: (connection: number) => OutgoingMessage;
  readonly reconnectAfter?: Millis;
}

interface Client {
  readonly id: string;
  readonly subscriptions: readonly Subscription[];
  readonly will: OutgoingMessage | null;
  hear(message: IncomingMessage): void;
  gone(reason: string): void;
}

export class MemoryBroker {
  readonly retained = new Map<string, OutgoingMessage>();
  readonly #clock: Clock;
  readonly #clients = new Map<string, Client>();
  readonly #waitingForUp = new Set<() => void>();
  #hooks: NetworkHooks = {};
  #up = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Replaces all hooks. */
  network(hooks: NetworkHooks): void {
    this.#hooks = hooks;
  }

  /** The broker dies: every connection is lost, no will is published, what is retained stays on its disk. */
  goDown(): void {
    this.#up = false;
    for (const client of [...this.#clients.values()]) this.#remove(client, "the broker went down", false);
  }

  comeUp(): void {
    this.#up = true;
    for (const wake of this.#waitingForUp) wake();
    this.#waitingForUp.clear();
  }

  /** The connection of one client breaks: its will is published, and it may come back. */
  cut(clientId: string): void {
    const client = this.#clients.get(clientId);
    if (client !== undefined) this.#remove(client, "the connection was cut", true);
  }

  /** A publish by anybody. */
  publish(message: OutgoingMessage): void {
    if (message.retain && sizeOf(message.payload) === 0) this.retained.delete(message.topic);
    else if (message.retain) this.retained.set(message.topic, message);
    for (const client of this.#clients.values()) {
      if (client.subscriptions.some(({ topic }) => matches(topic, message.topic))) this.#send(client, message, false);
    }
  }

  /** Listens as another client would, `name` being what the hooks see. Hears what is retained first. Returns how to stop. */
  observe(name: string, filter: string, hear: (message: IncomingMessage) => void): () => void {
    const client: Client = { id: name, subscriptions: [{ topic: filter, qos: 1 }], will: null, hear, gone: () => undefined };
    this.#clients.set(name, client);
    this.resend(name);
    return () => this.#clients.delete(name);
  }

  /** Sends a client what is retained under its subscriptions, as on a new subscription. */
  resend(clientId: string): void {
    const client = this.#clients.get(clientId);
    if (client === undefined) return;
    for (const message of [...this.retained.values()]) {
      if (client.subscriptions.some(({ topic }) => matches(topic, message.topic))) this.#send(client, message, true);
    }
  }

  /** Resolves when the broker is up, rejects with the signal's reason. */
  whenUp(signal: AbortSignal): Promise<void> {
    if (this.#up) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waitingForUp.add(resolve);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** A client of the same id is thrown out, as brokers do. */
  enter(client: Client): void {
    this.cut(client.id);
    this.#clients.set(client.id, client);
    this.resend(client.id);
  }

  leave(clientId: string): void {
    this.#clients.delete(clientId);
  }

  #remove(client: Client, reason: string, will: boolean): void {
    this.#clients.delete(client.id);
    client.gone(reason);
    if (will && client.will !== null) this.publish(client.will);
  }

  #send(client: Client, message: OutgoingMessage, retain: boolean): void {
    const incoming: IncomingMessage = { topic: message.topic, payload: Buffer.from(message.payload), retain };
    const copies = this.#hooks.copies?.(message, client.id) ?? 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const arrive = (): void => {
        if (this.#clients.get(client.id) === client) client.hear(incoming);
      };
      this.#clock.after(this.#hooks.delay?.(message, client.id) ?? millis(0), arrive);
    }
  }
}

export class MemoryLink implements Link {
  readonly #broker: MemoryBroker;
  readonly #clock: Clock;
  readonly #options: MemoryLinkOptions;
  readonly #waiting = new OutboundQueue({ messages: 1_000, bytes: 4_194_304 });
  #connected = false;
  #connects = 0;

  constructor(broker: MemoryBroker, clock: Clock, options: MemoryLinkOptions) {
    this.#broker = broker;
    this.#clock = clock;
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  async run(listener: LinkListener, signal: AbortSignal): Promise<void> {
    const { clientId, subscriptions, will, reconnectAfter = millis(500) } = this.#options;
    while (!signal.aborted) {
      await this.#broker.whenUp(signal).catch(() => undefined);
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const over = (reason: string): void => {
          signal.removeEventListener("abort", leave);
          this.#connected = false;
          listener.disconnected(reason);
          resolve();
        };
        const leave = (): void => {
          this.#broker.leave(clientId);
          over("stopped");
        };
        signal.addEventListener("abort", leave, { once: true });
        this.#connects += 1;
        this.#connected = true;
        this.#broker.enter({ id: clientId, subscriptions, will: will?.(this.#connects) ?? null, hear: (message) => listener.message(message), gone: over });
        listener.connected(this.#connects);
        this.#flush();
      });
      if (!signal.aborted) await this.#clock.sleep(reconnectAfter, signal).catch(() => undefined);
    }
  }

  publish(message: OutgoingMessage): void {
    if (this.#connected) this.#broker.publish(message);
    else if (message.qos === 1) this.#waiting.push(message, this.#clock.now().uptime);
  }

  /** Acknowledged at once; a broker that is gone has it or has it not. */
  async deliver(message: OutgoingMessage): Promise<Delivery> {
    if (!this.#connected) return { kind: "lost" };
    this.#broker.publish(message);
    return { kind: "acknowledged" };
  }

  next(): void {
    if (this.#connected) this.#broker.cut(this.#options.clientId);
  }

  resubscribe(): void {
    if (this.#connected) this.#broker.resend(this.#options.clientId);
  }

  #flush(): void {
    for (let next = this.#waiting.take(() => true); next !== null; next = this.#waiting.take(() => true)) this.#broker.publish(next.message);
  }
}

/** MQTT topic filters with `+` and `#`. */
export function matches(filter: string, topic: string): boolean {
  if (!/[+#]/.test(filter)) return filter === topic;
  const levels = topic.split("/");
  const parts = filter.split("/");
  for (const [index, part] of parts.entries()) {
    if (part === "#") return true;
    if (part !== "+" && part !== levels[index]) return false;
    if (index >= levels.length) return false;
  }
  return parts.length === levels.length;
}

const sizeOf = (payload: string | Uint8Array): number => payload.length;
