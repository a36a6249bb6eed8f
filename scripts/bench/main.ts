/** `npm run bench`: how fast the product tells, reads, shares out and starts, and what it weighs. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureAllocation } from "./allocate.ts";
import type { Bench } from "./bench.ts";
import { measureDiscovery } from "./discover.ts";
import { measureGain } from "./gain.ts";
import { rounded, tableOf, unmeasured, type Measured, type PartName } from "./figures.ts";
import { busyPercent, machine } from "./machine.ts";
import { measureFarm } from "./farm.ts";
import { measureMetered } from "./metered.ts";
import { measurePolls } from "./poll.ts";
import { measureMemory, measureReady } from "./process-size.ts";
import { measureTold } from "./told.ts";

const PARTS = {
  allocate: measureAllocation,
  gain: measureGain,
  poll: measurePolls,
  ready: measureReady,
  told: measureTold,
  metered: measureMetered,
  rss: measureMemory,
  farm: measureFarm,
  discover: measureDiscovery,
} as const satisfies Readonly<Record<PartName, (bench: Bench) => Measured | Promise<Measured>>>;

/** One after the other; what stands together waits more than it works and runs together. */
const ORDER: readonly (readonly PartName[])[] = [["allocate"], ["gain"], ["poll"], ["ready"], ["told"], ["metered", "rss"], ["farm"], ["discover"]];

/** Of a mixed rack nothing is shared out differently. */
const MIXED_PARTS = ["poll", "ready", "told", "metered", "rss"] as const satisfies readonly PartName[];

const USAGE = `npm run bench -- [--mixed] [--json FILE] [--only PART,...] [--quick] [--profile DIR]
  --mixed        a rack of six firmwares: LuxOS, WhatsMiner V2 and V3, stock Antminer, Braiins, VNish
  --json FILE    all figures as one flat object
  --only PARTS   only these of ${Object.keys(PARTS).join(", ")}
  --discover     only a discovery of 1,000 addresses
  --quick        fewer samples, in under two minutes: shows that it works, not to be quoted
  --profile DIR  every daemon leaves a CPU profile there (slower: not to be quoted either)`;

await main();

async function main(): Promise<void> {
  const asked = readArguments();
  if (asked === null) return;
  const directory = await mkdtemp(join(tmpdir(), "curtaild-bench-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
  const begun = performance.now();
  const bench: Bench = {
    quick: asked.quick,
    mixed: asked.mixed,
    directory,
    profile: asked.profile,
    say: (line) => void process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}\n`),
  };
  const measured: Measured = {};
  let failed = false;
  bench.say(machine());
  for (const together of ORDER) {
    const parts = together.filter((name) => asked.parts.includes(name));
    if (parts.length === 0) continue;
    measured.machineBusyPct = rounded(Math.max(measured.machineBusyPct ?? 0, await busyPercent()));
    await Promise.all(
      parts.map(async (name) => {
        try {
          Object.assign(measured, await PARTS[name](bench));
        } catch (error) {
          failed = true;
          Object.assign(measured, unmeasured(name));
          bench.say(`${name} could not be measured: ${reasonOf(error)}`);
        }
      }),
    );
  }
  process.stdout.write(`${tableOf(measured)}\n`);
  if (asked.json !== null) await writeFile(asked.json, `${JSON.stringify({ ...(asked.mixed && { mixed: true }), ...measured }, null, 2)}\n`);
  process.exit(failed ? 1 : 0);
}

interface Asked {
  readonly parts: readonly PartName[];
  readonly json: string | null;
  readonly quick: boolean;
  readonly mixed: boolean;
  readonly profile: string | null;
}

/** null: said what is possible, nothing to do. */
function readArguments(): Asked | null {
  try {
    const { values } = parseArgs({
      options: { json: { type: "string" }, only: { type: "string" }, profile: { type: "string" }, quick: { type: "boolean", default: false }, mixed: { type: "boolean", default: false }, discover: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      return null;
    }
    const parts = (values.discover ? ["discover"] : values.only?.split(",")) ?? (values.mixed ? MIXED_PARTS : Object.keys(PARTS));
    const unknown = parts.find((name) => !Object.hasOwn(PARTS, name));
    if (unknown !== undefined) throw new Error(`there is no part ${unknown}`);
    return { parts: parts as PartName[], json: values.json ?? null, quick: values.quick, mixed: values.mixed, profile: values.profile === undefined ? null : resolve(values.profile) };
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n${USAGE}\n`);
    process.exitCode = 64;
    return null;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}
