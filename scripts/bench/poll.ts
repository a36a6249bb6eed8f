/** One poll of every ASIC through the real driver, against the same requests from a bare loop. */
import type { Device } from "../../drivers/driver.ts";
import { drivers } from "../../drivers/index.ts";
import { REPORTS } from "../../drivers/luxos/telemetry.ts";
import { loadModel } from "../../drivers/models.ts";
import { rounded, type Measured } from "./figures.ts";
import { pollAll, pollMixed, targetOf } from "./floor.ts";
import type { Bench } from "./bench.ts";
import { MIXED } from "./firmwares.ts";
import { BenchRig } from "./rig.ts";
import { median } from "./statistics.ts";

const ASICS = 1000;
/** As the bare loop's: a busy machine makes the figure large, not missing. */
const PATIENCE_MS = 30_000;

export async function measurePolls({ quick, mixed, say }: Bench): Promise<Measured> {
  await using rig = await BenchRig.start({ asics: ASICS, ...(mixed && { drivers: MIXED }) });
  const targets = rig.asics.map(targetOf);
  const cold: number[] = [];
  const rounds: { readonly floor: number; readonly ms: number; readonly cpuMs: number; readonly simCpuMs: number; readonly requests: number }[] = [];
  // The first round of each kind pays for the compiler.
  const wanted = quick ? 4 : 8;
  for (let round = 0; round <= wanted; round++) {
    say(`poll1000: round ${round} of ${wanted}`);
    const devices = await Promise.all(rig.asics.map(({ id, driver, model, webPort, password }, index) =>
      drivers[driver]({ id, address: targets[index] ?? { host: "", port: 0 }, model: loadModel(model), deadlineMs: PATIENCE_MS, ...(webPort !== null && { webPort }), ...(password !== null && { password }) })));
    const first = await readAll(devices);
    const before = await rig.reset();
    const again = await readAll(devices);
    const after = await rig.tally();
    const floor = await timed(() => (mixed ? pollMixed(rig.asics, after.requestsOf, REPORTS.join("+")) : pollAll(targets, REPORTS.join("+"))));
    if (round === 0) continue;
    cold.push(first.ms);
    rounds.push({ ...again, floor, simCpuMs: after.cpuMs - before.cpuMs, requests: after.requests / ASICS });
  }
  const typical = (figure: keyof (typeof rounds)[number]): number => rounded(median(rounds.map((round) => round[figure])));
  return {
    poll1000Ms: typical("ms"),
    poll1000ColdMs: rounded(median(cold)),
    poll1000CpuMs: typical("cpuMs"),
    requestsPerPoll: typical("requests"),
    pollFloor1000Ms: typical("floor"),
    poll1000OverFloor: rounded(typical("ms") / typical("floor")),
    simCpuMs: typical("simCpuMs"),
  };
}

async function readAll(devices: readonly Device[]): Promise<{ ms: number; cpuMs: number }> {
  const never = new AbortController().signal;
  const cpu = process.cpuUsage();
  const ms = await timed(() => Promise.all(devices.map((device) => device.read(never))));
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000 };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
