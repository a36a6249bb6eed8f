/** Judges the seeds it is sent, one after the other, until its parent lets go of it. */
import { judge, planOf } from "./verdict.ts";

process.on("message", (seeds: readonly number[]) => {
  void (async () => {
    for (const seed of seeds) process.send?.(await judge(planOf(seed)));
  })();
});
