import type { Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { DeviceError } from "./errors.ts";

/** Runs `work` with a signal of its own that aborts after `length`; what does not end then is a timeout. */
export function within<T>(clock: Clock, length: Millis, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const limit = new AbortController();
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", abort);
    };
    const fail = (reason: unknown): void => {
      end();
      limit.abort(reason);
      reject(reason);
    };
    const abort = (): void => fail(signal.reason);
    const cancel = clock.after(length, () => fail(new DeviceError("timeout", `no end within ${length / 1000} s`)));
    signal.addEventListener("abort", abort, { once: true });
    work(limit.signal).then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
