/** What the daemon weighs, and how soon it decides. */
import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { Rack } from "./rack.ts";
import { median } from "./statistics.ts";

export async function measureMemory(bench: Bench): Promise<Measured> {
  const [few, many] = await Promise.all([resident(12, bench), resident(1000, bench)]);
  return { rss12Mb: rounded(few), rss1000Mb: rounded(many) };
}

/** At rest: polls, meter, heartbeats, a cycle a second. */
async function resident(asics: number, bench: Bench): Promise<number> {
  await using rack = await Rack.open({ asics, name: `rss${asics}` }, bench);
  await pause(bench.quick ? 10_000 : 60_000);
  const mb = rack.daemon.residentMb();
  bench.say(`rss${asics}: ${mb.toFixed(1)} MB`);
  return mb;
}

export async function measureReady(bench: Bench): Promise<Measured> {
  const starts: number[] = [];
  const wanted = bench.quick ? 2 : 5;
  while (starts.length < wanted) {
    await using rack = await Rack.open({ asics: 12, name: `ready${starts.length}` }, bench);
    starts.push(rack.daemon.readyMs);
    bench.say(`ready: start ${starts.length} of ${wanted}: ${rack.daemon.readyMs.toFixed(0)} ms`);
  }
  return { readyMs: rounded(median(starts)) };
}
