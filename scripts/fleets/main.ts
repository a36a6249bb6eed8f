/** `scripts/fleet`: how one broker carries a fleet. The racks come in steps; at each the fleet rests, then the area is limited several times. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rounded } from "../bench/figures.ts";
import { machine } from "../bench/machine.ts";
import { endProcess, owned } from "../bench/processes.ts";
import { percentile } from "../bench/statistics.ts";
import { until } from "../bench/waiting.ts";
import { FleetBroker, MOSQUITTO } from "./broker.ts";
import { NOMINAL_W } from "./names.ts";
import { FleetOperator } from "./operator.ts";
import type { Look, Question } from "./racks-process.ts";

export interface StepFigures {
  readonly racks: number;
  readonly connectsPerS: number;
  /** PUBLISH packets the broker took and gave in a second, and their bytes. */
  readonly messagesInPerS: number;
  readonly messagesOutPerS: number;
  readonly kBInPerS: number;
  readonly kBOutPerS: number;
  readonly heartbeatP99Ms: number;
  /** Of an area document: from its publication to its arrival at a rack. */
  readonly fanOutP50Ms: number;
  readonly fanOutP99Ms: number;
  readonly fanOutMostMs: number;
  /** Until the last rack had verified it and its signed ACCEPTED was back. */
  readonly allAcceptedMs: number;
  readonly brokerMb: number;
  readonly brokerCpuPct: number;
  /** Of the racks that share this machine: where it is near 100 % of a processor a process, the figures are of the machine and not of the broker. */
  readonly racksCpuPct: number;
}

const MOST_RACKS = 10_000;
/** Over before the next step rests. */
const HOLDS_S = 15;

const USAGE = `scripts/fleet [--racks 2000] [--steps 3] [--rest 20] [--documents 5] [--heartbeat 30] [--processes ${availableParallelism()}] [--json FILE]`;
const asked = readArguments();
if (asked === null) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(64);
}
const { racks, steps, restS, documents, heartbeatS, processes, json } = asked;
if (MOSQUITTO === null) {
  process.stderr.write("scripts/fleet needs mosquitto: apt-get install mosquitto\n");
  process.exit(69);
}
const directory = mkdtempSync(join(tmpdir(), "curtaild-fleet-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
const begun = performance.now();
const say = (text: string): void => void process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);

say(machine());
const broker = await FleetBroker.start(directory);
const children = await Promise.all(Array.from({ length: processes }, () => hostOf(broker.url)));
await using operator = new FleetOperator(broker.url, heartbeatS);
await operator.ready();
await pause(1_000);
const emptyMb = broker.residentMb;
const figures: StepFigures[] = [];
let there = 0;
for (let step = 1; step <= steps; step += 1) {
  const wanted = Math.round((racks * step) / steps);
  figures.push(await measure(there, wanted));
  there = wanted;
}
process.stdout.write(`${table(figures)}\n`);
const perThousand = growth(figures);
process.stdout.write(`per 1,000 racks: ${perThousand.brokerMb} MB and ${perThousand.brokerCpuPct} % of a processor of the broker (${rounded(emptyMb)} MB with nobody there)\n`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: machine(), emptyMb: rounded(emptyMb), perThousand, steps: figures }, null, 2)}\n`);
for (const child of children) await endProcess(child);
await endProcess(broker.child);
process.exit(figures.some(({ fanOutP99Ms }) => Number.isNaN(fanOutP99Ms)) ? 1 : 0);

async function measure(from: number, to: number): Promise<StepFigures> {
  const indices = Array.from({ length: to - from }, (_, index) => from + index);
  await operator.admit(indices);
  const connecting = performance.now();
  await Promise.all(children.map((child, number) => question(child, { ask: "start", indices: indices.filter((index) => index % children.length === number) }, 120_000)));
  await until(async () => {
    const { connected } = await lookAll(null);
    return connected === to || `${connected} of ${to} racks are connected`;
  }, { everyMs: 100, withinMs: 60_000 });
  const connectsPerS = (to - from) / ((performance.now() - connecting) / 1000);
  say(`${to} racks are connected`);
  await until(async () => {
    const { states } = await lookAll(null);
    const heard = (states["controlled"] ?? 0) + (states["limited"] ?? 0);
    return heard === to || `${heard} of ${to} racks have confirmed: ${JSON.stringify(states)}`;
  }, { everyMs: 500, withinMs: (2 * heartbeatS + 30) * 1000 });
  await pause(2_000);
  const [before, racksBefore] = [sample(), await lookAll(null)];
  await pause(restS * 1000);
  const [after, racksAfter] = [sample(), await lookAll(null)];
  const perS = (name: keyof typeof before): number => (after[name] - before[name]) / ((after.atMs - before.atMs) / 1000);
  say(`${to} racks at rest: ${perS("out").toFixed(0)} messages a second out, broker ${(perS("cpuMs") / 10).toFixed(1)} % of a processor, ${after.residentMb.toFixed(1)} MB`);
  const fan: number[] = [];
  const accepted: number[] = [];
  for (let document = 0; document < documents; document += 1) {
    const { id, at } = operator.limitArea(Math.round(5_700 * NOMINAL_W * (0.5 + 0.05 * document)), HOLDS_S);
    await until(async () => {
      const { racks: count } = operator.accepted(id);
      return count === to || `${count} of ${to} racks have accepted ${id}`;
    }, { everyMs: 20, withinMs: 30_000 });
    accepted.push(operator.accepted(id).lastAt - at);
    const { arrivals } = await lookAll(id);
    if (arrivals.length < to) throw new Error(`${id} came to ${arrivals.length} of ${to} racks`);
    fan.push(...arrivals.map((arrival) => arrival - at));
    await pause(1_000);
  }
  say(`${to} racks: an area document arrives within ${percentile(fan, 99).toFixed(0)} ms at 99 of 100, all have accepted it after ${percentile(accepted, 50).toFixed(0)} ms`);
  return {
    racks: to, connectsPerS: rounded(connectsPerS),
    messagesInPerS: rounded(perS("in")), messagesOutPerS: rounded(perS("out")), kBInPerS: rounded(perS("bytesIn") / 1000), kBOutPerS: rounded(perS("bytesOut") / 1000),
    heartbeatP99Ms: rounded(percentile(racksAfter.heartbeatMs, 99)),
    fanOutP50Ms: rounded(percentile(fan, 50)), fanOutP99Ms: rounded(percentile(fan, 99)), fanOutMostMs: rounded(Math.max(...fan)), allAcceptedMs: rounded(percentile(accepted, 50)),
    brokerMb: rounded(after.residentMb), brokerCpuPct: rounded(perS("cpuMs") / 10), racksCpuPct: rounded((racksAfter.cpuMs - racksBefore.cpuMs) / (after.atMs - before.atMs) * 100),
  };
}

function sample() {
  const of = (name: string): number => operator.broker.get(name) ?? Number.NaN;
  return { atMs: performance.now(), in: of("publish/messages/received"), out: of("publish/messages/sent"), bytesIn: of("bytes/received"), bytesOut: of("bytes/sent"), cpuMs: broker.cpuMs, residentMb: broker.residentMb };
}

async function hostOf(url: string): Promise<ChildProcess> {
  const path = fileURLToPath(new URL("./racks-process.js", import.meta.url));
  const child = owned(fork(path, [url], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  await once(child, "message", { signal: AbortSignal.timeout(20_000) });
  return child;
}

async function question(child: ChildProcess, asking: Question, withinMs = 20_000): Promise<Look> {
  const answered = once(child, "message", { signal: AbortSignal.timeout(withinMs) });
  child.send(asking);
  return ((await answered) as [Look])[0];
}

/** All processes together. */
async function lookAll(event: string | null): Promise<Look> {
  const looks = await Promise.all(children.map((child) => question(child, { ask: "look", event })));
  return looks.reduce((sum, look) => ({
    racks: sum.racks + look.racks, connected: sum.connected + look.connected, cpuMs: sum.cpuMs + look.cpuMs, residentMb: sum.residentMb + look.residentMb,
    states: Object.fromEntries([...new Set([...Object.keys(sum.states), ...Object.keys(look.states)])].map((state) => [state, (sum.states[state] ?? 0) + (look.states[state] ?? 0)])),
    arrivals: [...sum.arrivals, ...look.arrivals], heartbeatMs: [...sum.heartbeatMs, ...look.heartbeatMs],
  }));
}

/** Of the last step, without what the broker has with nobody connected. */
function growth(all: readonly StepFigures[]): { readonly brokerMb: number; readonly brokerCpuPct: number } {
  const last = all.at(-1);
  if (last === undefined) return { brokerMb: Number.NaN, brokerCpuPct: Number.NaN };
  return { brokerMb: rounded(((last.brokerMb - emptyMb) / last.racks) * 1000), brokerCpuPct: rounded((last.brokerCpuPct / last.racks) * 1000) };
}

function table(all: readonly StepFigures[]): string {
  const names = Object.keys(all[0] ?? {}) as (keyof StepFigures)[];
  return names.map((name) => [name.padEnd(18), ...all.map((step) => `${step[name]}`.padStart(9))].join(" ")).join("\n");
}

/** null: nothing that can be done. */
function readArguments() {
  try {
    const text = (standard: number | string) => ({ type: "string", default: `${standard}` }) as const;
    const { values } = parseArgs({ options: { racks: text(2_000), steps: text(3), rest: text(20), documents: text(5), heartbeat: text(30), processes: text(availableParallelism()), json: { type: "string" } } });
    const figures = { racks: Number(values.racks), steps: Number(values.steps), restS: Number(values.rest), documents: Number(values.documents), heartbeatS: Number(values.heartbeat), processes: Number(values.processes) };
    return Object.values(figures).every((figure) => Number.isInteger(figure) && figure > 0) && figures.racks <= MOST_RACKS ? { ...figures, json: values.json } : null;
  } catch {
    return null;
  }
}
