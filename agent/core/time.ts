import type { Instant, Millis } from "./units.ts";

/**
 * One look at the clocks. `uptime` is monotonic and the only thing timeouts are measured with; `at` is what
 * the wall clock says; `error` is how far it may be off, null when it is not synchronised.
 */
export interface Tick {
  readonly uptime: Millis;
  readonly at: Instant;
  readonly error: Millis | null;
}

/** Now, as far as it is known: wall time is an interval (GLA/1 principle 4). `latest: null` means no upper bound. */
export interface Now {
  readonly uptime: Millis;
  readonly earliest: Instant;
  readonly latest: Instant | null;
}
