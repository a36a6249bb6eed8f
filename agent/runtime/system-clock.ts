/** The only clock and the only timers of the daemon. */
import { setTimeout as pause } from "node:timers/promises";
import { instant, millis, type Instant, type Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { manyListeners } from "./scope.ts";

/** Node's timers overflow beyond this and would fire at once. */
const longestTimer = 2_147_483_647;

/**
 * Uptime counts from process start and never goes back. `error` says how far wall time may be off, null while it is
 * not synchronised: the host knows, and is asked with each look.
 */
export function systemClock(error: (uptime: Millis, at: Instant) => Millis | null): Clock {
  return {
    now() {
      const [uptime, at] = [millis(performance.now()), instant(Date.now())];
      return { uptime, at, error: error(uptime, at) };
    },
    after(length, call) {
      const end = performance.now() + length;
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        const rest = end - performance.now();
        timer = setTimeout(rest > longestTimer ? arm : call, Math.min(Math.max(0, rest), longestTimer));
      };
      arm();
      return () => clearTimeout(timer);
    },
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

/** The system clock for what asks for lengths of time only. */
export const stopwatch = (): Clock => systemClock(() => null);
