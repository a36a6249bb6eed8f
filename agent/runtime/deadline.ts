import type { Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { DeviceError } from "./errors.ts";

/** Runs `work` with a signal of its own that aborts after `length`; what does not end then is a timeout. */
export async function within<T>(clock: Clock, length: Millis, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const limit = new AbortController();
  const pass = (): void => limit.abort(signal.reason);
  signal.addEventListener("abort", pass, { once: true });
  const timer = clock.sleep(length, ended.signal).then(
    () => {
      const error = new DeviceError("timeout", `no end within ${length / 1000} s`);
      limit.abort(error);
      throw error;
    },
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work(limit.signal), timer]);
  } finally {
    signal.removeEventListener("abort", pass);
    ended.abort();
  }
}
