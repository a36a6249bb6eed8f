import { setMaxListeners } from "node:events";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { describe } from "./request.ts";
import type { Reply, Request } from "./request.ts";

/** An order to an outlet goes before every reading, power before what changes slowly. */
export type Priority = "switching" | "fast" | "slow";

/** What the device needs between frames, from its profile. */
export interface Timing {
  /** Until the reply is complete. */
  readonly timeoutMs: number;
  /** Between the end of one exchange and the next request. */
  readonly minGapMs: number;
  /** Between connecting and the first request. */
  readonly connectDelayMs: number;
  /** Silence after a timeout, so that a late reply finds nobody to deceive. */
  readonly quietAfterTimeoutMs: number;
}

export interface JobOptions {
  readonly priority: Priority;
  /** Sent within this time or never. */
  readonly deadlineMs: number;
  readonly timing: Timing;
}

export class Job {
  readonly request: Request;
  readonly priority: Priority;
  readonly timing: Timing;
  readonly promise: Promise<Reply>;
  readonly deadline: number;
  /** From then on it has waited long enough to be no longer put last. */
  readonly agesAt: number;
  #settled = false;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  readonly #aborted = (): void => this.reject(new DeviceError("timeout", `${describe(this.request)}: given up by the caller`, { cause: this.#signal.reason }));

  constructor(request: Request, options: JobOptions, now: number, signal: AbortSignal) {
    this.request = request;
    this.priority = options.priority;
    this.timing = options.timing;
    this.deadline = now + options.deadlineMs;
    this.agesAt = now + options.deadlineMs / 2;
    this.#signal = signal;
    const { promise, resolve, reject } = withResolvers<Reply>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.expire(), options.deadlineMs);
    // One poll waits with dozens of requests on one signal; each takes its listener away again.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", this.#aborted, { once: true });
    if (signal.aborted) this.#aborted();
  }

  /** True when nobody waits for it any more. What is on the wire still has its reply read. */
  get settled(): boolean {
    return this.#settled;
  }

  /** From here on it is on the wire, and its deadline has been kept. */
  sent(): void {
    clearTimeout(this.#timer);
  }

  expire(): void {
    this.reject(new DeviceError("timeout", `${describe(this.request)}: not sent, its deadline passed in the queue`));
  }

  resolve(reply: Reply): void {
    if (this.#end()) this.#resolve(reply);
  }

  reject(error: Error): void {
    if (this.#end()) this.#reject(error);
  }

  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#aborted);
    return true;
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
}
