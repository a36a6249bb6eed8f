/** `npm run dst -- --seeds N --from S --jobs J --json FILE`, or `--seed S` for one life with its timeline. Exit 1: a rule was broken. */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LifeReport } from "./life.ts";
import { live } from "./life.ts";
import type { Violation } from "./oracle.ts";

/** Every so many lives one is lived again without its forgeries: its orders have to be the same, byte for byte. */
const TWIN_EVERY = 5;

interface Verdict {
  readonly seed: number;
  readonly minutes: number;
  readonly orders: number;
  readonly cpuMs: number;
  readonly violations: readonly Violation[];
  readonly exercised: Readonly<Record<string, number>>;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    json: { type: "string" },
    seed: { type: "string" },
    worker: { type: "string" },
  },
});

async function judge(seed: number): Promise<Verdict> {
  const begun = process.cpuUsage();
  const life = await live({ seed, forgeries: true, trace: null });
  const violations = [...life.violations];
  if (seed % TWIN_EVERY === 0) violations.push(...(await twin(seed, life)));
  const used = process.cpuUsage(begun);
  return { seed, minutes: life.minutes, orders: life.orders, cpuMs: Math.round((used.user + used.system) / 1000), violations, exercised: Object.fromEntries(life.exercised) };
}

async function twin(seed: number, life: LifeReport): Promise<Violation[]> {
  const honest = await live({ seed, forgeries: false, trace: null });
  if (honest.ordersHash === life.ordersHash) return [];
  return [{ atS: 0, rule: "nothing refused changes anything", detail: `orders ${life.ordersHash} with forgeries, ${honest.ordersHash} without` }];
}

async function worker(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) process.send?.(await judge(seed));
}

async function one(seed: number): Promise<number> {
  const trace = (atS: number, line: string): void => console.log(`${atS.toFixed(1).padStart(8)} s  ${line}`);
  const life = await live({ seed, forgeries: true, trace });
  const again = await live({ seed, forgeries: true, trace: null });
  console.log(`\nseed ${seed}: ${life.minutes} min, ${life.asics} ASICs, ${life.orders} orders, hash ${life.ordersHash}${again.ordersHash === life.ordersHash ? " (the same twice)" : ` BUT ${again.ordersHash} THE SECOND TIME`}`);
  for (const { atS, rule, detail } of life.violations) console.log(`  ${String(atS).padStart(6)} s  ${rule}: ${detail}`);
  return life.violations.length > 0 || again.ordersHash !== life.ordersHash ? 1 : 0;
}

async function many(): Promise<number> {
  const [count, from, jobs] = [Number(values.seeds), Number(values.from), Number(values.jobs)];
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  const begun = Date.now();
  const verdicts: Verdict[] = [];
  const shares = Array.from({ length: Math.min(jobs, count) }, (_, job) => seeds.filter((_seed, index) => index % jobs === job));
  await Promise.all(shares.map((share) => new Promise<void>((resolve, reject) => {
    const child = fork(process.argv[1] ?? "", ["--worker", share.join(",")]);
    child.on("message", (verdict: Verdict) => {
      verdicts.push(verdict);
      if (process.stderr.isTTY) process.stderr.write(`\r${verdicts.length} of ${count} lives`);
    });
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  })));
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return report(verdicts.sort((a, b) => a.seed - b.seed), (Date.now() - begun) / 1000);
}

function report(verdicts: readonly Verdict[], seconds: number): number {
  const failed = verdicts.filter(({ violations }) => violations.length > 0);
  const exercised: Record<string, number> = {};
  for (const verdict of verdicts) for (const [what, times] of Object.entries(verdict.exercised)) exercised[what] = (exercised[what] ?? 0) + times;
  const cpuS = verdicts.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1000;
  const minutes = verdicts.reduce((sum, verdict) => sum + verdict.minutes, 0);
  for (const { seed, violations } of failed.slice(0, 20)) {
    console.log(`seed ${seed} broke ${violations.length} ${violations.length === 1 ? "rule" : "rules"}:`);
    for (const { atS, rule, detail } of violations.slice(0, 3)) console.log(`  ${String(atS).padStart(6)} s  ${rule}: ${detail}`);
  }
  console.log("how often each happened:");
  for (const what of Object.keys(exercised).sort()) console.log(`  ${String(exercised[what]).padStart(9)}  ${what}`);
  console.log(`${verdicts.length} lives, ${Math.round(minutes / 60)} rack hours, ${verdicts.reduce((sum, { orders }) => sum + orders, 0)} orders in ${seconds.toFixed(1)} s (${(verdicts.length / cpuS).toFixed(1)} lives a CPU second)`);
  console.log(failed.length === 0 ? "no rule was broken" : `${failed.length} lives broke a rule; replay one with: npm run dst -- --seed ${failed[0]?.seed ?? ""}`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ ok: failed.length === 0, lives: verdicts.length, rackMinutes: minutes, seconds, livesPerCpuSecond: verdicts.length / cpuS, exercised, failed }, null, 2)}\n`);
  }
  return failed.length === 0 ? 0 : 1;
}

if (values.worker !== undefined) await worker(values.worker.split(",").map(Number));
else process.exitCode = values.seed === undefined ? await many() : await one(Number(values.seed));
