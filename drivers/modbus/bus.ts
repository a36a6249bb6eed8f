import { DeviceError } from "../../agent/runtime/errors.ts";
import { LineHealth } from "./health.ts";
import { Job } from "./job.ts";
import type { JobOptions } from "./job.ts";
import type { Connection, Line } from "./line.ts";
import { pause } from "./pause.ts";
import { JobQueue } from "./queue.ts";
import { assertPossible, ExceptionReply } from "./request.ts";
import type { Reply, Request } from "./request.ts";

export interface BusOptions {
  /** Uniform in [0, 1): the jitter of the back-off. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Nobody swaps a PDU for another in less. */
const REPLACED_AFTER_MS = 5_000;
/** Polls come in bursts: a line is free when nobody has asked for so long. */
const CALM_MS = 20;
/** Why a pause ends. Without a reason each would make an error with its stack, some hundred a second in a large rack. */
const AWAKE = "awake";

/**
 * One physical line with one request in flight. Replies are told apart by nothing but their order on a serial line, and by eight bits
 * on TCP in the library used here, so a connection on which anything went wrong is given up: what comes late on it reaches nobody.
 */
export class Bus {
  readonly #line: Line;
  readonly #now: () => number;
  readonly #queue = new JobQueue();
  readonly #health: LineHealth;
  readonly #closed = new AbortController();
  #connection: Connection | null = null;
  /** Whether this connection has brought a reply yet. */
  #proven = false;
  #generation = 0;
  #lastReplyAt = -Infinity;
  #quietUntil = 0;
  #askedAt = -Infinity;
  #lastUnit = -1;
  #running = false;
  #pausing = new AbortController();
  /** A silent unit is being asked whether it is back. */
  #probe: { readonly unit: number; readonly connection: Connection } | null = null;
  /** The last unit probed in vain: it may answer late, to a question that looks the same. */
  #late: { readonly unit: number; readonly until: number } = { unit: -1, until: 0 };

  constructor(line: Line, options: BusOptions) {
    this.#line = line;
    this.#now = options.now;
    this.#health = new LineHealth(options.random);
  }

  get name(): string {
    return this.#line.name;
  }

  /** Grows when a connection is lost for so long that the next may lead to another device; said before it is made. */
  get generation(): number {
    return this.#connection?.alive === true || !this.#longSilent() ? this.#generation : this.#generation + 1;
  }

  /**
   * Resolves with exactly what was asked for, or throws a DeviceError: `refused` is an exception of the device or a full queue; `timeout` a silent
   * device, a deadline that passed in the queue or a caller who gave up; `malformed` a reply that is not the answer; `unreachable` the rest.
   * A write that failed otherwise than by an ExceptionReply may have happened.
   */
  async send(request: Request, options: JobOptions, signal: AbortSignal): Promise<Reply> {
    assertPossible(request);
    if (this.#closed.signal.aborted) throw this.#closing();
    const job = new Job(request, options, this.#now(), signal);
    this.#queue.add(job);
    this.#askedAt = this.#now();
    this.#pausing.abort(AWAKE);
    if (this.#probe !== null && this.#probe.unit !== request.unit && !this.#health.isSilent(request.unit)) this.#probe.connection.destroy();
    if (!this.#running) void this.#run();
    return job.promise;
  }

  /** Rejects what waits and what is under way. */
  close(): void {
    this.#closed.abort();
    this.#queue.rejectAll(this.#closing());
    this.#connection?.destroy();
    this.#pausing.abort(AWAKE);
  }

  async #run(): Promise<void> {
    this.#running = true;
    const next = (): Job | null => this.#queue.first((job) => this.#isProbe(job));
    for (let job = next(); job !== null && !this.#closed.signal.aborted; job = next()) await this.#step(job);
    this.#running = false;
  }

  /**
   * Asks a silent unit whether it is back: when nobody else wants the line, and only until somebody does. On a line that is never
   * free it gets its turn when it has waited for half its time.
   */
  #isProbe({ request, priority, agesAt }: Job): boolean {
    return priority !== "switching" && this.#health.isSilent(request.unit) && this.#now() < agesAt;
  }

  /** One step towards `job`, then the queue is looked at again: something more urgent may have come. */
  async #step(job: Job): Promise<void> {
    const now = this.#now();
    const { unit } = job.request;
    if (now > job.deadline) return job.expire();
    const missed = this.#health.missed(unit, job.priority, now);
    if (missed > 0) return job.reject(this.#unreachable(`unit ${unit} missed ${missed} replies and is left alone for a while`));
    if (this.#connection?.alive === false) this.#lost();
    const connection = this.#connection;
    const calm = this.#isProbe(job) ? this.#askedAt + CALM_MS : 0;
    const next = Math.max(calm, this.#quietUntil, connection === null ? this.#health.connectAt(job.priority) : this.#unitFreeAt(unit));
    if (next > job.deadline) return job.reject(this.#unreachable(`no new attempt before the deadline; the last one: ${this.#health.reason}`));
    if (next > now) return this.#pause(next - now);
    if (connection === null) return this.#connect(job);
    this.#queue.take(job);
    return this.#exchange(connection, job);
  }

  async #connect(job: Job): Promise<void> {
    try {
      const connection = await this.#line.open(this.#closed.signal);
      if (this.#closed.signal.aborted) return connection.destroy();
      this.#connection = connection;
      this.#proven = false;
      this.#quietUntil = this.#now() + this.#atLeast(job, "connectDelayMs");
      if (this.#longSilent()) this.#generation += 1;
    } catch (error) {
      const failure = error as DeviceError;
      this.#health.lineFailed(failure.message, this.#now());
      // All of them have just learnt the same.
      this.#queue.rejectAll(failure);
    }
  }

  /** Between two requests. A device that hangs up on every connection must not be called without end. */
  #lost(): void {
    this.#connection = null;
    if (!this.#proven) this.#health.lineFailed("the device ended the connection before it answered anything", this.#now());
  }

  async #exchange(connection: Connection, job: Job): Promise<void> {
    job.sent();
    const { unit } = job.request;
    this.#lastUnit = unit;
    this.#probe = this.#isProbe(job) ? { unit, connection } : null;
    try {
      const reply = await connection.exchange(job.request, job.timing.timeoutMs);
      this.#health.answered(unit, this.#now());
      this.#answered(job);
      job.resolve(reply);
    } catch (error) {
      this.#failed(connection, job, error as DeviceError);
      job.reject(error as DeviceError);
    } finally {
      this.#probe = null;
    }
  }

  #failed(connection: Connection, job: Job, error: DeviceError): void {
    const now = this.#now();
    const { unit } = job.request;
    if (error instanceof ExceptionReply) {
      this.#answered(job);
      if (!error.fromGateway) return this.#health.answered(unit, now);
      this.#health.lineAnswered();
      return this.#health.unitFailed(unit, now);
    }
    connection.destroy();
    this.#connection = null;
    this.#health.unitFailed(unit, now);
    if (this.#probe !== null && error.code !== "malformed") {
      // Its neighbours have answered on this line, and are told apart from it by their number.
      this.#quietUntil = now + this.#line.pacing.minGapMs;
      this.#late = { unit, until: now + this.#atLeast(job, "quietAfterTimeoutMs") };
      return;
    }
    // On a serial line the rest of a reply that was cut short or of another's is still under way.
    this.#quietUntil = now + (error.code === "timeout" ? this.#atLeast(job, "quietAfterTimeoutMs") : this.#line.pacing.quietAfterTimeoutMs);
    if (error.code !== "timeout" || !this.#health.othersAnswer(unit, now)) this.#health.lineFailed(error.message, now);
  }

  #answered(job: Job): void {
    this.#proven = true;
    this.#lastReplyAt = this.#now();
    this.#quietUntil = this.#lastReplyAt + this.#atLeast(job, "minGapMs");
  }

  /** What the device needs or what the line needs, whichever is longer. */
  #atLeast({ timing }: Job, what: "minGapMs" | "connectDelayMs" | "quietAfterTimeoutMs"): number {
    return Math.max(timing[what], this.#line.pacing[what]);
  }

  #unitFreeAt(unit: number): number {
    return Math.max(unit === this.#late.unit ? this.#late.until : 0, unit === this.#lastUnit ? 0 : this.#lastReplyAt + this.#line.pacing.unitGapMs);
  }

  #longSilent(): boolean {
    return this.#now() - this.#lastReplyAt > REPLACED_AFTER_MS;
  }

  /** Until the time is over, something more urgent comes or the bus is closed. */
  #pause(ms: number): Promise<void> {
    this.#pausing = new AbortController();
    return pause(ms, this.#pausing.signal);
  }

  #unreachable(why: string): DeviceError {
    return new DeviceError("unreachable", `${this.name}: ${why}`);
  }

  #closing(): DeviceError {
    return this.#unreachable("this side has closed the bus");
  }
}
