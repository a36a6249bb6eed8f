/** What a rack runs in, beside its configuration. */
import type { NextTimes } from "../host/calendar.ts";
import type { Notify } from "../parts.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log, Logbook } from "../runtime/log.ts";
import type { Secrets } from "../runtime/secrets.ts";
import type { Config } from "../config/schema.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly notify: Notify;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly software: string;
  /** A name for this run, new with every start. */
  readonly boot: string;
  /** `last-good`: the file in force could not be read, and this one holds under the failsafe limit. */
  readonly config: "ok" | "last-good";
  readonly logbook: Logbook;
  /** Taken out of log, events and answers; what the configuration's secret files hold is added. */
  readonly secrets: Secrets;
  /** When chores of the calendar are due. */
  readonly nextTimes: NextTimes;
  /** Reads the configuration again and checks it. Rejects with a ConfigError. */
  readonly reread: () => Promise<Config>;
  /** Calls `reload` whenever the service manager asks for it. */
  readonly onReload: (reload: () => void) => void;
}
