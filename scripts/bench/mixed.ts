/**
 * The same figures for a rack of six firmwares. A told sample is one drop, to the last acknowledgement of what the first
 * decision after it ordered: what follows from how machines come down is no part of it. Stock Antminers answer an order when
 * they have carried it out, after 21 s, and are left out of its time.
 */
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { ANSWERS_LATE, MIXED_ROOM } from "./firmwares.ts";
import { Rack } from "./rack.ts";
import { median, p95, wallMs } from "./statistics.ts";
import { until } from "./waiting.ts";

const DROP = 0.5;
/** A told sample is over before physics begin; so that the next need not wait minutes for mining to start, it starts in half a second. */
const FAST = { frequencyStepMs: 2, restartMs: 500 } as const;
/** Under its limit at the meter, and what meters and machines are off. */
const FALLEN = 0.55;
/** A rack that is not back by then is as far as it comes. */
const BACK = { part: 0.9, withinMs: 150_000 } as const;

export async function measureMixedTold(bench: Bench): Promise<Measured> {
  const [few, some] = [await drops(12, bench), await drops(100, bench)];
  const all = await drops(1000, bench);
  return {
    told12P95Ms: p95Of(few),
    told100P95Ms: p95Of(some),
    told1000P95Ms: p95Of(all),
    told1000Written: median(all.map(({ acknowledged }) => acknowledged)),
  };
}

interface Drop {
  readonly ms: number;
  /** ASICs told, and how many of them had acknowledged when the clock stopped; the others answer late. */
  readonly told: number;
  readonly acknowledged: number;
}

async function drops(asics: number, bench: Bench): Promise<Drop[]> {
  const name = `told${asics}`;
  await using rack = await Rack.open({ asics, name, ...FAST }, bench);
  await rack.answering(asics);
  const samples: Drop[] = [];
  const wanted = bench.quick ? 4 : 20;
  for (;;) {
    const sample = await drop(rack);
    samples.push(sample);
    bench.say(`${name}: drop ${samples.length} of ${wanted}, to ${DROP * 100} %: ${sample.ms.toFixed(0)} ms, ${sample.told} ASICs told, ${sample.acknowledged} in that time`);
    if (samples.length === wanted) return samples;
    await fallen(rack);
    rack.operator.allocate(MIXED_ROOM * rack.rig.nominalW);
    await backAtWork(rack);
  }
}

/** What the first decision after the signal orders, by the daemon's own events: the change of its limit, then its orders, then what becomes of them. */
async function drop(rack: Rack): Promise<Drop> {
  const late = new Set(rack.rig.asics.filter(({ driver }) => ANSWERS_LATE.has(driver)).map(({ id }) => id));
  const told = new Set<string>();
  const waiting = new Set<string>();
  let stage: "deaf" | "listens" | "decides" | "told" = "deaf";
  let last = NaN;
  const over = new AbortController();
  const following = rack.daemon.follow(({ at, name, device = "" }) => {
    if (stage === "deaf") {
      stage = "listens";
      return;
    }
    if (stage === "listens" && name === "limit.changed") stage = "decides";
    if (stage === "decides" && name === "setpoint.ordered") {
      told.add(device);
      if (!late.has(device)) waiting.add(device);
    } else if (stage === "decides" && told.size > 0) {
      stage = "told";
    }
    if ((name === "setpoint.acknowledged" || name === "setpoint.failed") && waiting.delete(device)) last = Date.parse(at);
  }, over.signal);
  await until(async () => stage !== "deaf" || "the daemon does not say what happens", { everyMs: 10, withinMs: 15_000 });
  const published = rack.operator.allocate(DROP * rack.rig.nominalW);
  try {
    await until(async () => (stage === "told" && waiting.size === 0) || `${waiting.size} of ${told.size} ASICs have not acknowledged`, { everyMs: 50, withinMs: 30_000 });
  } finally {
    over.abort();
    await following;
  }
  return { ms: last - published, told: told.size, acknowledged: [...told].filter((id) => !late.has(id)).length };
}

/** Who is told to rise before he fell was never told to fall. */
async function fallen(rack: Rack): Promise<void> {
  await until(async () => {
    const { measuredW } = await rack.daemon.status();
    return (measuredW ?? Infinity) <= FALLEN * rack.rig.nominalW || `the rack draws ${measuredW} W`;
  }, { everyMs: 500, withinMs: 120_000 });
}

async function backAtWork(rack: Rack): Promise<void> {
  const end = wallMs() + BACK.withinMs;
  await until(async () => {
    const { measuredW } = await rack.daemon.status();
    return (measuredW ?? 0) >= BACK.part * rack.rig.nominalW || wallMs() > end || `the rack draws ${measuredW} W`;
  }, { everyMs: 500, withinMs: BACK.withinMs + 10_000 });
}

const p95Of = (samples: readonly Drop[]): number => rounded(p95(samples.map(({ ms }) => ms)));
