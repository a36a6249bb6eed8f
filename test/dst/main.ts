/** `npm run dst -- --seeds N --from S --jobs J --json FILE`, or `--seed S` for one life with its timeline. Exit 1: a clause was broken; 64: usage. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { liveAll } from "./jobs.ts";
import { live } from "./life.ts";
import { describe } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { print, summarise } from "./summary.ts";
import { judge, planOf, type Verdict } from "./verdict.ts";

const USAGE = "npm run dst -- [--seeds 100] [--from 1] [--jobs 2] [--json FILE], or --seed S [--no-shrink]";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** One life with its timeline; a failing one is made smaller first. */
async function one(seed: number, { shrinks }: { readonly shrinks: boolean }): Promise<number> {
  const plan = planOf(seed);
  const [verdict, again] = [await judge(plan), await judge(plan)];
  const failing = verdict.violations.length > 0;
  const smaller = failing && shrinks ? await shrink(plan, verdict, judge) : { plan, verdict, lives: 0 };
  if (smaller.lives > 0) say(`shrunk from ${plan.happenings.length} happenings in ${plan.minutes} min to ${smaller.plan.happenings.length} in ${smaller.plan.minutes} min, by ${smaller.lives} lives`);
  for (const happening of smaller.plan.happenings) say(describe(happening));
  say("timeline:");
  await live(smaller.plan, { trace: (atS, line) => say(`${atS.toFixed(1).padStart(8)} s  ${line}`) });
  const same = again.logHash === verdict.logHash;
  say(`seed ${seed}: ${plan.minutes} min, ${plan.asics} ASICs, ${verdict.orders} orders, journal ${verdict.logHash}${same ? " (the same twice)" : `, BUT ${again.logHash} THE SECOND TIME`}`);
  for (const { atS, clause, detail } of smaller.verdict.violations) say(`${atS.toFixed(1).padStart(8)} s  ${clause}: ${detail}`);
  return failing || !same ? 1 : 0;
}

const CLEARED = "\r\x1b[K";
const TELL_EVERY_MS = 60_000;

/** How far it is: in place on a terminal, a line a minute elsewhere. Who breaks a clause is named at once. */
function progress(count: number): (verdict: Verdict) => void {
  const { stderr } = process;
  let [lived, broke] = [0, 0];
  let toldAt = performance.now();
  return ({ seed, violations }) => {
    lived += 1;
    const [first] = violations;
    if (first !== undefined) {
      broke += 1;
      stderr.write(`${stderr.isTTY ? CLEARED : ""}seed ${seed} breaks ${first.clause}: ${first.detail}\n`);
    }
    const text = `${lived} of ${count} lives, ${broke} broke a clause`;
    if (stderr.isTTY) stderr.write(`\r${text}`);
    else if (performance.now() - toldAt >= TELL_EVERY_MS) {
      toldAt = performance.now();
      stderr.write(`${text}\n`);
    }
  };
}

async function many(count: number, { from, jobs, json }: { readonly from: number; readonly jobs: number; readonly json: string | undefined }): Promise<number> {
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  const begun = performance.now();
  const verdicts: Verdict[] = [];
  const tell = progress(count);
  await liveAll(seeds, jobs, (verdict) => {
    verdicts.push(verdict);
    tell(verdict);
  });
  if (process.stderr.isTTY) process.stderr.write(CLEARED);
  const summary = summarise(verdicts.sort((a, b) => a.seed - b.seed), (performance.now() - begun) / 1000);
  print(summary, say);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(summary, null, 2)}\n`);
  return summary.ok ? 0 : 1;
}

const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} ${text}: a whole number is needed`);
  return value;
};

try {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "100" }, from: { type: "string", default: "1" }, jobs: { type: "string", default: "2" },
      json: { type: "string" }, seed: { type: "string" }, "no-shrink": { type: "boolean", default: false },
    },
  });
  process.exitCode = values.seed === undefined
    ? await many(whole("seeds", values.seeds), { from: whole("from", values.from), jobs: whole("jobs", values.jobs), json: values.json })
    : await one(whole("seed", values.seed), { shrinks: !values["no-shrink"] });
} catch (error) {
  if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\nusage: ${USAGE}\n`);
  process.exitCode = 64;
}
