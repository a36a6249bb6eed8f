/** Lives side by side in processes of their own. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Verdict } from "./verdict.ts";

/** Short-lived objects are nearly all there are: a larger nursery halves the time spent on collecting them. */
const NODE_OPTIONS = ["--max-semi-space-size=64"];
/** A worker asks for so many seeds at a time, so that none is left with all the long ones. */
const AT_A_TIME = 5;

/** `done` hears of each verdict as it comes. Rejects when a worker ends before its lives do. */
export function liveAll(seeds: readonly number[], jobs: number, done: (verdict: Verdict) => void): Promise<void> {
  // The long lives first: the last minutes of a run belong to short ones.
  const waiting = [...seeds];
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(new URL("worker.js", import.meta.url)), { execArgv: NODE_OPTIONS });
      let left = 0;
      const feed = (): void => {
        const next = waiting.splice(0, AT_A_TIME);
        left = next.length;
        if (left === 0) child.disconnect();
        else child.send(next);
      };
      child.on("message", (verdict: Verdict) => {
        done(verdict);
        left -= 1;
        if (left === 0) feed();
      });
      child.on("error", reject);
      child.on("exit", (code) => (code === 0 && left === 0 ? resolve() : reject(new Error(`a worker ended with ${code ?? "a signal"}, ${left} lives short`))));
      feed();
    });
  return Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, seeds.length)) }, run)).then(() => undefined);
}
