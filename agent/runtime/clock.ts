import type { Tick } from "../core/time.ts";
import type { Millis } from "../core/units.ts";

/** Time, injected everywhere: no other file reads a clock or sets a timer. */
export interface Clock {
  now(): Tick;
  /** Calls once after `length` of monotonic time, unless cancelled by calling what is returned. */
  after(length: Millis, call: () => void): () => void;
  /** Resolves after `length` of monotonic time, rejects with the signal's reason when it aborts first. */
  sleep(length: Millis, signal: AbortSignal): Promise<void>;
}
