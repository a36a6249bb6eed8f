import { DeviceError } from "../../agent/runtime/errors.ts";
import { BackOff } from "./back-off.ts";
import type { Connection, Line } from "./line.ts";
import { Job, JobQueue } from "./queue.ts";
import type { JobOptions, Priority } from "./queue.ts";
import { assertPossible, ExceptionReply } from "./request.ts";
import type { Reply, Request } from "./request.ts";

export interface BusOptions {
  /** Uniform in [0, 1): the jitter of the back-off. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** How long someone of this priority is held back at most: orders never; the meter that verifies a curtailment is asked again within 5 s. */
const PATIENCE_MS: Readonly<Record<Priority, number>> = { switching: 0, fast: 4_000, slow: 30_000 };
const FIRST_BACK_OFF_MS = 100;
const MOST_BACK_OFF_MS = 30_000;
/** A unit may miss one reply; from the second on its neighbours no longer wait for it. */
const UNIT_BACK_OFF_MS = 1_000;
const MISSED_REPLIES = 2;

/**
 * One physical line with one request in flight. Replies are told apart by nothing but their order on a serial line, and by eight bits
 * on TCP in the library used here, so a connection on which anything went wrong is given up: what comes late on it reaches nobody.
 */
export class Bus {
  readonly #line: Line;
  readonly #options: BusOptions;
  readonly #queue = new JobQueue();
  readonly #lineBackOff: BackOff;
  readonly #units = new Map<number, BackOff>();
  #connection: Connection | null = null;
  #connects = 0;
  #quietUntil = 0;
  #lastFailure = "";
  #running = false;
  readonly #closed = new AbortController();
  #wake: () => void = () => {};

  constructor(line: Line, options: BusOptions) {
    this.#line = line;
    this.#options = options;
    this.#lineBackOff = new BackOff(FIRST_BACK_OFF_MS, MOST_BACK_OFF_MS, options.random);
  }

  get name(): string {
    return this.#line.name;
  }

  /** Grows with each new connection: behind it may be another device than before. */
  get connects(): number {
    return this.#connects;
  }

  /**
   * Resolves with exactly what was asked for, or throws a DeviceError: `refused` is an ExceptionReply or a full queue; `timeout` a silent
   * device, a deadline that passed in the queue or a caller who gave up; `malformed` a reply that is not the answer; `unreachable` the rest.
   * A write that failed otherwise than by an exception may have happened.
   */
  async send(request: Request, options: JobOptions, signal: AbortSignal): Promise<Reply> {
    assertPossible(request);
    if (this.#closed.signal.aborted) throw this.#closing();
    const job = new Job(request, options, this.#options.now(), signal);
    try {
      this.#queue.add(job);
    } catch (error) {
      job.reject(error as DeviceError);
    }
    this.#wake();
    if (!this.#running) void this.#run();
    return job.promise;
  }

  /** Rejects what waits and what is under way. */
  close(): void {
    this.#closed.abort();
    this.#queue.rejectAll(this.#closing());
    this.#connection?.destroy();
    this.#wake();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let job = this.#queue.first(); job !== null && !this.#closed.signal.aborted; job = this.#queue.first()) await this.#step(job);
    this.#running = false;
  }

  /** One step towards `job`, then the queue is looked at again: something more urgent may have come. */
  async #step(job: Job): Promise<void> {
    const now = this.#options.now();
    if (now > job.deadline) return job.expire();
    const unit = this.#units.get(job.request.unit);
    if (unit !== undefined && unit.failures >= MISSED_REPLIES && unit.until(PATIENCE_MS[job.priority]) > now) {
      return job.reject(this.#unreachable(`unit ${job.request.unit} did not answer ${unit.failures} times and is left alone for a while`));
    }
    if (this.#connection?.alive === false) this.#connection = null;
    const wait = Math.max(this.#quietUntil, this.#connection === null ? this.#lineBackOff.until(PATIENCE_MS[job.priority]) : 0) - now;
    if (now + wait > job.deadline) return job.reject(this.#unreachable(`no new attempt before the deadline; the last one: ${this.#lastFailure}`));
    if (wait > 0) return this.#pause(wait);
    if (this.#connection === null) return this.#connect(job);
    this.#queue.take(job);
    return this.#exchange(this.#connection, job, unit);
  }

  async #connect(job: Job): Promise<void> {
    try {
      const connection = await this.#line.open(this.#closed.signal);
      if (this.#closed.signal.aborted) return connection.destroy();
      this.#connection = connection;
      this.#connects += 1;
      this.#quietUntil = this.#options.now() + job.timing.connectDelayMs;
    } catch (error) {
      this.#lineFailed(error as DeviceError);
      // All of them have just learnt the same.
      this.#queue.rejectAll(error as DeviceError);
    }
  }

  async #exchange(connection: Connection, job: Job, unit: BackOff | undefined): Promise<void> {
    job.sent();
    try {
      const reply = await connection.exchange(job.request, job.timing.timeoutMs);
      this.#lineBackOff.answered();
      unit?.answered();
      this.#quietUntil = this.#options.now() + job.timing.minGapMs;
      job.resolve(reply);
    } catch (error) {
      this.#failed(connection, job, error as DeviceError);
      job.reject(error as DeviceError);
    }
  }

  #failed(connection: Connection, job: Job, error: DeviceError): void {
    const now = this.#options.now();
    this.#quietUntil = now + (error.code === "timeout" ? job.timing.quietAfterTimeoutMs : job.timing.minGapMs);
    if (error instanceof ExceptionReply) {
      this.#lineBackOff.answered();
      if (!error.fromGateway) this.#units.get(job.request.unit)?.answered();
      else this.#unit(job.request.unit).failed(now);
      return;
    }
    connection.destroy();
    this.#connection = null;
    this.#unit(job.request.unit).failed(now);
    this.#lineFailed(error);
  }

  #lineFailed(error: DeviceError): void {
    this.#lastFailure = error.message;
    this.#lineBackOff.failed(this.#options.now());
  }

  #unit(unit: number): BackOff {
    const known = this.#units.get(unit) ?? new BackOff(UNIT_BACK_OFF_MS, MOST_BACK_OFF_MS, this.#options.random);
    this.#units.set(unit, known);
    return known;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      this.#wake = () => { clearTimeout(timer); resolve(); };
    });
    this.#wake = () => {};
  }

  #unreachable(why: string): DeviceError {
    return new DeviceError("unreachable", `${this.name}: ${why}`);
  }

  #closing(): DeviceError {
    return this.#unreachable("this side has closed the bus");
  }
}
