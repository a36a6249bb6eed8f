/**
 * The same figures for a rack of six firmwares. A told sample is one drop: its burst of orders ends when nothing is written
 * for a second. Stock Antminers answer an order when they have carried it out, after 21 s, and are left out of its time.
 */
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { MIXED_ROOM } from "./firmwares.ts";
import { Rack } from "./rack.ts";
import { median, p95, wallMs } from "./statistics.ts";
import { until } from "./waiting.ts";

const DROP = 0.5;
/** A told sample is over before physics begin; so that the next need not wait minutes for mining to start, it starts in half a second. */
const FAST = { frequencyStepMs: 2, restartMs: 500 } as const;
const BURST_OVER_MS = 1_000;
/** A rack that is not back by then is as far as it comes. */
const BACK = { part: 0.9, withinMs: 150_000 } as const;

export async function measureMixedTold(bench: Bench): Promise<Measured> {
  const [few, some] = [await drops(12, bench), await drops(100, bench)];
  const all = await drops(1000, bench);
  return {
    told12P95Ms: p95Of(few),
    told100P95Ms: p95Of(some),
    told1000P95Ms: p95Of(all),
    told1000Written: median(all.map(({ written }) => written)),
    told1000Writes: median(all.map(({ writes }) => writes)),
  };
}

interface Drop {
  readonly ms: number;
  readonly written: number;
  readonly writes: number;
}

async function drops(asics: number, bench: Bench): Promise<Drop[]> {
  const name = `told${asics}`;
  await using rack = await Rack.open({ asics, name, ...FAST }, bench);
  await rack.answering(asics);
  const samples: Drop[] = [];
  const wanted = bench.quick ? 2 : 5;
  for (;;) {
    await rack.rig.reset();
    const published = rack.operator.allocate(DROP * rack.rig.nominalW);
    await rack.told();
    const { lastWriteAtMs, written, writes } = await until(async () => {
      const tally = await rack.rig.tally();
      return tally.lastWriteAtMs !== null && wallMs() - tally.lastWriteAtMs > BURST_OVER_MS ? tally : "orders go out still";
    }, { everyMs: 100, withinMs: 30_000 });
    const ms = (lastWriteAtMs ?? NaN) - published;
    samples.push({ ms, written, writes });
    bench.say(`${name}: drop ${samples.length} of ${wanted}, to ${DROP * 100} %: ${ms.toFixed(0)} ms, ${written} ASICs, ${writes} writes`);
    if (samples.length === wanted) return samples;
    rack.operator.allocate(MIXED_ROOM * rack.rig.nominalW);
    await backAtWork(rack);
  }
}

async function backAtWork(rack: Rack): Promise<void> {
  const end = wallMs() + BACK.withinMs;
  await until(async () => {
    const { measuredW } = await rack.daemon.status();
    return (measuredW ?? 0) >= BACK.part * rack.rig.nominalW || wallMs() > end || `the rack draws ${measuredW} W`;
  }, { everyMs: 500, withinMs: BACK.withinMs + 10_000 });
}

const p95Of = (samples: readonly Drop[]): number => rounded(p95(samples.map(({ ms }) => ms)));
