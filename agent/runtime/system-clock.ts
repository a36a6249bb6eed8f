/** The only clock and the only timers of the daemon. */
import { setTimeout as pause } from "node:timers/promises";
import { instant, millis, type Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { manyListeners } from "./scope.ts";

/** Node's timers overflow beyond this and would fire at once. */
const longestTimer = 2_147_483_647;

/**
 * Uptime counts from process start and never goes back. `error` says how far wall time may be off, null while it is
 * not synchronised: the host knows.
 */
export function systemClock(error: () => Millis | null = () => null): Clock {
  return {
    now: () => ({ uptime: millis(performance.now()), at: instant(Date.now()), error: error() }),
    async sleep(length, signal) {
      manyListeners(signal);
      const end = performance.now() + length;
      for (;;) {
        const rest = Math.max(0, end - performance.now());
        await pause(Math.min(rest, longestTimer), undefined, { signal }).catch((thrown: unknown) => {
          throw signal.aborted ? signal.reason : thrown;
        });
        if (rest <= longestTimer) return;
      }
    },
  };
}
