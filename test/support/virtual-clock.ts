/**
 * Time that passes when the test says so. Who sleeps to the same instant wakes in the order of going to sleep; all that
 * follows from one instant is done before the next begins. Deterministic as long as nothing waits for real I/O.
 */
import { instant, millis, type Instant, type Millis } from "../../agent/core/units.ts";
import type { Tick } from "../../agent/core/time.ts";
import type { Clock } from "../../agent/runtime/clock.ts";

interface Sleeper {
  readonly wakeAt: number;
  readonly order: number;
  /** With the reason of an abort, without when its time has come. */
  readonly wake: (aborted?: { readonly reason: unknown }) => void;
  awake: boolean;
}

/** 2026-01-01, an instant like any other. */
const newYear = instant(Date.UTC(2026, 0, 1));

export class VirtualClock implements Clock {
  #uptime = 0;
  #wall: number;
  #error: Millis | null;
  #orders = 0;
  readonly #heap: Sleeper[] = [];
  readonly #bySignal = new WeakMap<AbortSignal, Set<Sleeper>>();

  /** `error`: how far wall time may be off, null: not synchronised. */
  constructor({ at = newYear, error = millis(0) }: { at?: Instant; error?: Millis | null } = {}) {
    this.#wall = at;
    this.#error = error;
  }

  now(): Tick {
    return { uptime: millis(this.#uptime), at: instant(this.#wall + this.#uptime), error: this.#error };
  }

  sleep(length: Millis, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const company = this.#sleepersOf(signal);
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = {
        wakeAt: this.#uptime + Math.max(0, length),
        order: (this.#orders += 1),
        awake: false,
        wake: (aborted) => {
          sleeper.awake = true;
          company.delete(sleeper);
          if (aborted === undefined) resolve();
          else reject(aborted.reason);
        },
      };
      company.add(sleeper);
      push(this.#heap, sleeper);
    });
  }

  after(length: Millis, call: () => void): () => void {
    const sleeper: Sleeper = {
      wakeAt: this.#uptime + Math.max(0, length),
      order: (this.#orders += 1),
      awake: false,
      wake: () => {
        sleeper.awake = true;
        call();
      },
    };
    push(this.#heap, sleeper);
    return () => void (sleeper.awake = true);
  }

  /** One listener a signal, however many sleep on it. */
  #sleepersOf(signal: AbortSignal): Set<Sleeper> {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) return known;
    const company = new Set<Sleeper>();
    this.#bySignal.set(signal, company);
    signal.addEventListener("abort", () => [...company].forEach((sleeper) => sleeper.wake({ reason: signal.reason })), { once: true });
    return company;
  }

  /** A process of its own on this time: its uptime begins at 0 now. */
  boot(): Clock {
    const born = this.#uptime;
    return {
      now: () => ({ ...this.now(), uptime: millis(this.#uptime - born) }),
      after: (length, call) => this.after(length, call),
      sleep: (length, signal) => this.sleep(length, signal),
    };
  }

  /** The wall clock is set: monotonic time knows nothing of it. */
  stepWall(by: Millis): void {
    this.#wall += by;
  }

  synchronise(error: Millis | null): void {
    this.#error = error;
  }

  /** Lets `length` pass. */
  advance(length: Millis): Promise<void> {
    return this.runUntil(millis(this.#uptime + length));
  }

  /** Lets time pass to an uptime. */
  async runUntil(uptime: Millis): Promise<void> {
    await this.when(() => false, uptime);
    this.#uptime = Math.max(this.#uptime, uptime);
  }

  /** Lets time pass until something holds: true, or until `latest`: false. Looks after each instant. */
  async when(holds: () => boolean, latest: Millis): Promise<boolean> {
    await settled();
    while (!holds()) {
      const next = this.#nextInstant(latest);
      if (next === null) return false;
      this.#uptime = next;
      for (let first = this.#heap[0]; first !== undefined && first.wakeAt <= next; first = this.#heap[0]) {
        pop(this.#heap);
        if (!first.awake) first.wake();
      }
      await settled();
    }
    return true;
  }

  #nextInstant(latest: number): number | null {
    for (let first = this.#heap[0]; first?.awake === true; first = this.#heap[0]) pop(this.#heap);
    const first = this.#heap[0];
    return first !== undefined && first.wakeAt <= latest ? first.wakeAt : null;
  }
}

/** Everything that hangs on promises and ticks alone has run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const before = (a: Sleeper, b: Sleeper): boolean => a.wakeAt < b.wakeAt || (a.wakeAt === b.wakeAt && a.order < b.order);

function push(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.length;
  heap.push(sleeper);
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || before(parent, sleeper)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = sleeper;
}

function pop(heap: Sleeper[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const [child, place] = right !== undefined && left !== undefined && before(right, left) ? [right, 2 * at + 2] : [left, 2 * at + 1];
    if (child === undefined || before(last, child)) break;
    heap[at] = child;
    at = place;
  }
  heap[at] = last;
}
