/** A connection to an MQTT broker, as the rooms above see it: bytes and topics, no domain word. */
export interface IncomingMessage {
  readonly topic: string;
  /** What the broker sent; one larger than the link's limit arrives cut to it. */
  readonly payload: Uint8Array;
  /** Set by the broker when it resent a stored message on a new subscription. */
  readonly retain: boolean;
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** After this long it is not worth sending any more; under MQTT 5 the broker is told so too. */
  readonly expirySeconds?: number;
  /** MQTT 5 only: MIME type of the payload. */
  readonly contentType?: string;
  /** MQTT 5 only: what this answers. */
  readonly correlation?: string;
}

export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1;
}

export interface LinkListener {
  /** May be called before `connected`: brokers resend what they retain while they still acknowledge. */
  message(message: IncomingMessage): void;
  /** After CONNACK and all subscriptions. `count` is the number of connects since start. */
  connected(count: number): void;
  /** A connection that had been reported is gone. */
  disconnected(reason: string): void;
}

/** What became of a message handed over with `deliver`. `lost`: not acknowledged on this connection, and perhaps delivered all the same. */
export type Delivery = { readonly kind: "acknowledged" } | { readonly kind: "lost" } | { readonly kind: "refused"; readonly reason: string };

export interface Link {
  readonly connected: boolean;
  /**
   * Starts connecting in the background and never gives up. When `signal` aborts, what waits is given two seconds to go out
   * and the connection is closed; then it resolves. Rejects only when the listener throws.
   */
  run(listener: LinkListener, signal: AbortSignal): Promise<void>;
  /** Hands a message over and returns at once; the control loop never awaits a publish. Kept in a bounded queue while offline (QoS 1), dropped (QoS 0). */
  publish(message: OutgoingMessage): void;
  /** QoS 1 on this connection and no other, behind all that was published: what is lost with it is the caller's again. */
  deliver(message: OutgoingMessage): Promise<Delivery>;
  /** Leaves this broker for the next of the list, or for itself where there is no other: after what was published is out. */
  next(): void;
  /** Unsubscribes and subscribes again, so that the broker resends what it retains. */
  resubscribe(): void;
}
