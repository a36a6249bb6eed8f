/** The real daemon: `curtaild run` from the build beside this file, with a configuration file. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ControlClient } from "../../agent/cli/client.ts";
import type { deviceRow } from "../../agent/report/devices.ts";
import type { StatusDocument } from "../../agent/report/status.ts";
import { endProcess, owned } from "./processes.ts";
import { until } from "./waiting.ts";
import { messageOf } from "../../agent/runtime/errors.ts";
import { nodeFlagsOf } from "../first-line.ts";

export interface DaemonEvent {
  readonly at: string;
  readonly name: string;
  readonly device?: string;
}

export type DeviceRow = ReturnType<typeof deviceRow>;

const START_MS = 30_000;
/** Of the first decision: finer than anything that is said about it. */
const LOOK_EVERY_MS = 5;

export class BenchDaemon implements AsyncDisposable {
  /** Start of the process to its first decision. */
  readonly readyMs: number;
  readonly #child: ChildProcess;
  readonly #control: ControlClient;

  private constructor(child: ChildProcess, control: ControlClient, readyMs: number) {
    this.#child = child;
    this.#control = control;
    this.readyMs = readyMs;
  }

  /** `directory` has config.yaml in it and gets daemon.log. `profile`: where to leave a CPU profile at the end. `aheadMs`: how far its wall clock is ahead. */
  static async start(directory: string, { profile, aheadMs }: { readonly profile: string | null; readonly aheadMs: number }): Promise<BenchDaemon> {
    const program = fileURLToPath(new URL("../../agent/cli/curtaild.js", import.meta.url));
    const log = await open(join(directory, "daemon.log"), "w");
    const profiling = profile === null ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
    const ahead = aheadMs === 0 ? [] : ["--import", `data:text/javascript,const now = Date.now; Date.now = () => now() + ${aheadMs};`];
    const begun = performance.now();
    const child = owned(spawn(process.execPath, [...nodeFlagsOf(program), ...profiling, ...ahead, program, "run", "--config", join(directory, "config.yaml"), "--log-level", "warn"], { stdio: ["ignore", log.fd, log.fd] }));
    await log.close();
    const control = new ControlClient(join(directory, "run"));
    try {
      const readyMs = await until(() => firstDecision(child, control, begun), { everyMs: LOOK_EVERY_MS, withinMs: START_MS });
      return new BenchDaemon(child, control, readyMs);
    } catch (error) {
      await endProcess(child);
      throw new Error(`the daemon did not start; its last words:\n${(await readFile(join(directory, "daemon.log"), "utf8")).slice(-600)}`, { cause: error });
    }
  }

  async status(): Promise<StatusDocument> {
    return (await this.#control.ask("GET", "/status")) as StatusDocument;
  }

  async devices(): Promise<readonly DeviceRow[]> {
    return (await this.#control.ask("GET", "/devices")) as readonly DeviceRow[];
  }

  /** Calls `hear` with the last event, by which one knows that it listens, and with all that happen from then on; resolves when `signal` aborts. */
  follow(hear: (event: DaemonEvent) => void, signal: AbortSignal): Promise<void> {
    return this.#control.follow("/events?follow=1&last=1", (event) => hear(event as DaemonEvent), signal);
  }

  /** Resident memory, MB of 10^6 bytes. */
  residentMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kib === undefined) throw new Error("the daemon has ended: no VmRSS");
    return (Number(kib) * 1024) / 1e6;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child);
  }
}

/** Before it, the socket is missing or the answer is a refusal. */
async function firstDecision(child: ChildProcess, control: ControlClient, begun: number): Promise<number | string> {
  if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`);
  try {
    await control.ask("GET", "/status");
    return performance.now() - begun;
  } catch (error) {
    return messageOf(error);
  }
}
