import type { Millis } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { DeviceError } from "./errors.ts";
import { onAbort } from "./on-abort.ts";

/** Runs `work` with a signal of its own that aborts after `length`; what does not end then is a timeout. */
export function within<T>(clock: Clock, length: Millis, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const limit = new AbortController();
    const end = (): void => {
      cancel();
      takeBack();
    };
    const fail = (reason: unknown): void => {
      end();
      limit.abort(reason);
      reject(reason);
    };
    const takeBack = onAbort(signal, () => fail(signal.reason));
    const cancel = clock.after(length, () => fail(new DeviceError("timeout", `no end within ${length / 1000} s`)));
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
