import { ClockSync } from "../../agent/host/clock-sync.ts";
import type { Tick } from "../../agent/core/time.ts";
import { instant } from "../../agent/core/units.ts";
import type { Clock } from "../../agent/runtime/clock.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";
import { forever, type Mortality } from "./mortality.ts";

/** The controller's wall clock: how far it is off, and whether the kernel calls it synchronised. */
export interface WallClock {
  offsetMs: number;
  synchronised: boolean;
}

/** A process's own clock: its uptime begins with it, its wall clock is the controller's, and once it is killed nothing that waited on it goes on. */
export class MortalClock implements Clock {
  readonly sync: ClockSync;
  readonly #clock: Clock;
  readonly #wall: WallClock;
  readonly #mortality: Mortality;

  constructor(clock: VirtualClock, wall: WallClock, mortality: Mortality) {
    this.#clock = clock.boot();
    this.#wall = wall;
    this.#mortality = mortality;
    this.sync = new ClockSync("kernel", async () => wall.synchronised);
  }

  now(): Tick {
    if (this.#mortality.enter("clock")) this.#mortality.leave("clock");
    const { uptime, at } = this.#clock.now();
    const seen = instant(at + this.#wall.offsetMs);
    return { uptime, at: seen, error: this.sync.errorAt(uptime, seen) };
  }

  after(...[length, call]: Parameters<Clock["after"]>): () => void {
    if (!this.#mortality.enter("clock")) return () => undefined;
    return this.#clock.after(length, () => {
      if (!this.#mortality.dead) call();
    });
  }

  sleep(...[length, signal]: Parameters<Clock["sleep"]>): Promise<void> {
    if (!this.#mortality.enter("clock")) return forever();
    return this.#clock.sleep(length, signal).then(
      () => (this.#mortality.leave("clock") ? undefined : forever()),
      (error: unknown) => (this.#mortality.dead ? forever() : Promise.reject(error)),
    );
  }
}
