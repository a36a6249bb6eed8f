/** A connection to an MQTT broker, as the rooms above see it: bytes and topics, no domain word. */
export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Set by the broker when it resent a stored message on a new subscription. */
  readonly retain: boolean;
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5 message expiry; ignored under 3.1.1. */
  readonly expirySeconds?: number;
}

export interface LinkListener {
  message(message: IncomingMessage): void;
  /** After CONNACK and all subscriptions. `count` is the number of connects since start. */
  connected(count: number): void;
  disconnected(reason: string): void;
}

export interface Link {
  readonly connected: boolean;
  /** Starts connecting in the background and never gives up; resolves when `signal` aborts and all is closed. */
  run(listener: LinkListener, signal: AbortSignal): Promise<void>;
  /** Hands a message over and returns at once; the control loop never awaits a publish. Kept in a bounded queue while offline (QoS 1), dropped (QoS 0). */
  publish(message: OutgoingMessage): void;
  /** Unsubscribes and subscribes again, so that the broker resends what it retains. */
  resubscribe(): void;
}
