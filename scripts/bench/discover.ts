/** `curtailctl discover` over a /22 with a miner at almost every address, and some that are silent, slow or talk nonsense. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { drivers, type DriverName } from "../../drivers/index.ts";
import type { Bench } from "./bench.ts";
import { rounded, type Measured } from "./figures.ts";
import { BenchRig } from "./rig.ts";
import { median } from "./statistics.ts";

const MINERS = 980;
/** What is wrong with the other twenty, in turn. */
const FAULTS = ["silent", "slow:20000", "garbage", "truncate", "half-close", "drip", "endless"] as const;
const BROKEN = 20;
const RANGE = "127.1.0.0/22";
const WHOLE_MS = 120_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;
const CURTAILCTL = fileURLToPath(new URL("../../agent/cli/curtailctl.js", import.meta.url));

interface Found {
  readonly miners: readonly { readonly driver: string; readonly address: { readonly host: string } }[];
  readonly unidentified: readonly { readonly host: string; readonly reason: string }[];
  readonly seconds: number;
}

/** One machine of each family after the other, all on one port; the command is a process of its own, as people start it. */
export async function measureDiscovery({ quick, directory, say }: Bench): Promise<Measured> {
  await using rig = await BenchRig.start({ asics: MINERS + BROKEN, drivers: Object.keys(drivers) as DriverName[] });
  const broken = rig.asics.slice(MINERS);
  for (const [index, { id }] of broken.entries()) await rig.fault([id], FAULTS[index % FAULTS.length] ?? "silent");
  const whole = new Map(rig.asics.slice(0, MINERS).map(({ address, driver }) => [hostOf(address), driver as string]));
  const port = rig.asics[0]?.address.split(":")[1] ?? "";
  const runs: { readonly seconds: number; readonly missed: number; readonly mistaken: number; readonly unexplained: number }[] = [];
  for (let run = 1; run <= (quick ? 1 : 3); run++) {
    say(`discover: run ${run}`);
    const { stdout } = await promisify(execFile)(process.execPath, [CURTAILCTL, "--json", "discover", RANGE, "--port", port, "--config", `${directory}/none.yaml`], {
      env: { ...process.env, XDG_STATE_HOME: directory },
      maxBuffer: OUTPUT_BYTES,
      timeout: WHOLE_MS,
    });
    const { miners, unidentified, seconds } = JSON.parse(stdout) as Found;
    const right = miners.filter(({ address, driver }) => whole.get(address.host) === driver).length;
    const explained = new Set(unidentified.filter(({ reason }) => reason !== "").map(({ host }) => host));
    runs.push({ seconds, missed: MINERS - right, mistaken: miners.length - right, unexplained: broken.filter(({ address }) => !explained.has(hostOf(address))).length });
  }
  return {
    discover980S: rounded(median(runs.map((run) => run.seconds))),
    discoverMissed: Math.max(...runs.map((run) => run.missed)),
    discoverMistaken: Math.max(...runs.map((run) => run.mistaken)),
    discoverUnexplained: Math.max(...runs.map((run) => run.unexplained)),
  };
}

const hostOf = (address: string): string => address.split(":")[0] ?? "";
