/** Whether wall time can be believed: the kernel's word, and no step within the last minute (GLA/1, principle 4). */
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { millis, seconds, type Instant, type Millis } from "../core/units.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";

/** How far a synchronised clock may be off. */
const synchronisedError = seconds(2);
const askEvery = seconds(60);
const askTimeoutMs = 5_000;
const step = 1_000;
const stepForgotten = 60_000;

export class ClockSync {
  readonly #assumed: boolean;
  readonly #ask: () => Promise<boolean>;
  #synchronised = false;
  /** Wall time minus uptime at the last look: it jumps when the clock is set. */
  #offset: number | null = null;
  #steppedAt = Number.NEGATIVE_INFINITY;

  /** `source` as in grid.clock; `ask` says whether the kernel calls its clock synchronised. */
  constructor(source: "kernel" | "heartbeat" | "assumed", ask: () => Promise<boolean> = kernelSynchronised) {
    this.#assumed = source === "assumed";
    this.#ask = ask;
  }

  /** For the system clock: how far `at` may be off, null while it is not synchronised. Each look also watches for steps. */
  errorAt(uptime: Millis, at: Instant): Millis | null {
    if (this.#assumed) return synchronisedError;
    const offset = at - uptime;
    if (this.#offset !== null && Math.abs(offset - this.#offset) > step) this.#steppedAt = uptime;
    this.#offset = offset;
    return this.#synchronised && uptime - this.#steppedAt >= stepForgotten ? synchronisedError : null;
  }

  /** Asks the kernel now and every minute, until `signal` aborts. */
  async run(clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
    if (this.#assumed) return;
    let said: boolean | null = null;
    while (!signal.aborted) {
      this.#synchronised = await this.#ask();
      if (this.#synchronised !== said) {
        if (this.#synchronised) log.info({}, "the kernel's clock is synchronised");
        else log.warn({}, "the kernel's clock is not synchronised: only limits that hold at every possible time are lifted. Start systemd-timesyncd or chrony, or set grid.clock");
      }
      said = this.#synchronised;
      await clock.sleep(millis(askEvery), signal).catch(() => undefined);
    }
  }
}

/** timedatectl knows for every time service; without it (no D-Bus) the mark that systemd-timesyncd leaves has to do. */
export async function kernelSynchronised(): Promise<boolean> {
  const answer = await new Promise<string | null>((resolve) => {
    execFile("timedatectl", ["show", "--property=NTPSynchronized", "--value"], { timeout: askTimeoutMs }, (error, output) => resolve(error === null ? output.trim() : null));
  });
  if (answer !== null) return answer === "yes";
  return access("/run/systemd/timesync/synchronized").then(
    () => true,
    () => false,
  );
}
