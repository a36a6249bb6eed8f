import type { Tick } from "../core/time.ts";
import type { Millis } from "../core/units.ts";

/** Time, injected everywhere: no other file reads a clock or sets a timer. */
export interface Clock {
  now(): Tick;
  /** Resolves after `length` of monotonic time, rejects with the signal's reason when it aborts first. */
  sleep(length: Millis, signal: AbortSignal): Promise<void>;
}
