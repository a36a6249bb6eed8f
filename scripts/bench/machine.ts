/** What else runs on this machine: figures of a busy one are too high, and say so. */
import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 1_000;

/** How much of all processors is in use, percent, over a second in which the benchmark does nothing. */
export async function busyPercent(): Promise<number> {
  const before = times();
  await pause(LOOK_MS);
  const after = times();
  return 100 * (1 - (after.idle - before.idle) / Math.max(1, after.all - before.all));
}

/** Processors and their model, for the record. */
export function machine(): string {
  const processors = cpus();
  return `${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}`;
}

function times(): { idle: number; all: number } {
  const all = cpus().map((cpu) => cpu.times);
  return {
    idle: all.reduce((sum, { idle }) => sum + idle, 0),
    all: all.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}
