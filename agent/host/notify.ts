/**
 * What systemd is told, through systemd-notify: Node has no datagram unix sockets. A call is a child process of some
 * milliseconds, so there is at most one at a time and the watchdog is fed four times in its period, not every cycle.
 */
import { execFile } from "node:child_process";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";

export interface Notify {
  ready(): void;
  /** Called by the finished control cycle and by nothing else. */
  watchdog(): void;
  stopping(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
}

export interface NotifyOptions {
  readonly env: { readonly NOTIFY_SOCKET?: string | undefined; readonly WATCHDOG_USEC?: string | undefined };
  readonly clock: Clock;
  readonly log: Log;
  readonly command?: string;
}

/** A child that takes longer than this is ended: the next one may fare better. */
const childTimeoutMs = 2_000;
const feedingsAPeriod = 4;

/** Does nothing where no service manager listens. */
export function systemdNotify({ env, clock, log, command = "systemd-notify" }: NotifyOptions): Notify {
  if (!env.NOTIFY_SOCKET) return { ready: nothing, watchdog: nothing, stopping: nothing, status: nothing, settled: () => Promise.resolve() };
  const period = Number(env.WATCHDOG_USEC ?? "") / 1_000;
  const feedEvery = Number.isFinite(period) && period > 0 ? period / feedingsAPeriod : Number.POSITIVE_INFINITY;
  let waiting: string[] = [];
  let sending: Promise<void> | null = null;
  let fedAt = Number.NEGATIVE_INFINITY;
  let failing = false;

  const send = (...words: string[]): void => {
    waiting.push(...words);
    sending ??= drain().finally(() => (sending = null));
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const words = waiting;
      waiting = [];
      await tell(words);
    }
  };
  const tell = (words: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      execFile(command, [...words], { timeout: childTimeoutMs }, (error) => {
        if (error !== null && !failing) log.error({ reason: error.message.split("\n")[0] }, "systemd cannot be told anything: it will restart us. Install systemd-notify, and set NotifyAccess=all");
        failing = error !== null;
        resolve();
      });
    });

  return {
    ready: () => send("READY=1"),
    stopping: () => send("STOPPING=1"),
    status: (text) => send(`STATUS=${text.replaceAll(/\s+/g, " ").slice(0, 200)}`),
    watchdog: () => {
      const { uptime } = clock.now();
      if (sending !== null || uptime - fedAt < feedEvery) return;
      fedAt = uptime;
      send("WATCHDOG=1");
    },
    settled: async () => {
      while (sending !== null) await sending;
    },
  };
}

const nothing = (): void => undefined;
