import type { Timing } from "./job.ts";
import type { Reply, Request } from "./request.ts";

/** What the wire itself needs, whatever the device behind it says of itself. */
export type Pacing = Omit<Timing, "timeoutMs"> & {
  /** Silence before a request to another unit than the last: its transceiver has to hear that the line is free. */
  readonly unitGapMs: number;
};

/** TCP parts frames by itself, and a late reply dies with its connection. */
export const NO_PACING: Pacing = { minGapMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: 0, unitGapMs: 0 };

/** A way to reach devices: a TCP endpoint, a gateway, a serial port. */
export interface Line {
  /** For messages: `10.0.0.7:502`. */
  readonly name: string;
  readonly pacing: Pacing;
  /** Settles within its own deadline, or at once when `signal` aborts. Rejects with DeviceError("unreachable"). */
  open(signal: AbortSignal): Promise<Connection>;
}

/** One open connection. The bus asks one thing at a time. */
export interface Connection {
  /** False once it cannot be used any more: closed by either side, or broken by a reply that could not be trusted. */
  readonly alive: boolean;
  /**
   * Settles within `timeoutMs`, or at once when the connection ends. Rejects with an ExceptionReply, after which the connection
   * stays in use, or with another DeviceError, after which it is dead: what arrives later on it could be taken for another's answer.
   */
  exchange(request: Request, timeoutMs: number): Promise<Reply>;
  /** Ends it at once and settles what is under way. May be called twice. */
  destroy(): void;
}
