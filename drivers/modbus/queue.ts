import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Job, Priority } from "./job.ts";
import { describe } from "./request.ts";

const ORDER: readonly Priority[] = ["switching", "fast", "slow"];
/** A bus asks a few hundred blocks a second at most; what waits beyond that is a fault of the caller. */
const LONGEST_LANE = 4096;

/** First by priority, then by arrival. */
export class JobQueue {
  readonly #lanes: Readonly<Record<Priority, Job[]>> = { switching: [], fast: [], slow: [] };

  /** Rejects the job with DeviceError("refused") when its lane is full. */
  add(job: Job): void {
    const lane = this.#lanes[job.priority];
    if (lane.length >= LONGEST_LANE) return job.reject(new DeviceError("refused", `${describe(job.request)}: ${lane.length} requests are waiting already`));
    lane.push(job);
  }

  /** The next one somebody still waits for, those that can be `put off` behind all others; it stays in the queue. */
  first(putOff: (job: Job) => boolean): Job | null {
    let last: Job | null = null;
    for (const priority of ORDER) {
      const lane = this.#lanes[priority];
      while (lane[0]?.settled === true) lane.shift();
      for (const job of lane) {
        if (job.settled) continue;
        if (!putOff(job)) return job;
        last ??= job;
      }
    }
    return last;
  }

  take(job: Job): void {
    const lane = this.#lanes[job.priority];
    lane.splice(lane.indexOf(job), 1);
  }

  rejectAll(error: Error): void {
    for (const priority of ORDER) for (const job of this.#lanes[priority].splice(0)) job.reject(error);
  }
}
