import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Notify } from "./notify.ts";

/** The machine under the daemon: everything that is not the rack, the grid or the disk. */
export interface Host {
  readonly clock: Clock;
  readonly log: Log;
  readonly notify: Notify;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Names this process: a restart is another. */
  readonly boot: string;
}
