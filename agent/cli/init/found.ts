/** What answers in the rack's network, asked with the commands that ask it by hand. */
import { execFile } from "node:child_process";
import { loadModel } from "../../../drivers/models.ts";
import { exit, Failure } from "../exit.ts";
import { selfCommand } from "../self.ts";

export interface FoundMiner {
  readonly id: string;
  readonly driver: string;
  readonly address: string;
  readonly model: string;
}

export interface FoundMeter {
  readonly id: string;
  readonly profile: string;
  readonly address: string;
  readonly unit: number;
  readonly role: "rack" | "outlets";
}

const nowhere = "/nonexistent/curtaild.yaml";

/** `port`: where all their APIs listen, where that is not the usual one of each. */
export async function findMiners(ranges: readonly string[], port: number | null): Promise<{ readonly miners: readonly FoundMiner[]; readonly unnamed: readonly string[] }> {
  if (ranges.length === 0) return { miners: [], unnamed: [] };
  const answer = (await ask(["discover", ...ranges, "--config", nowhere, ...(port === null ? [] : ["--port", String(port)])])) as { config: { added: FoundMiner[]; needsModel: { address: { host: string } }[] } };
  return { miners: answer.config.added, unnamed: answer.config.needsModel.map(({ address }) => address.host) };
}

/** Each of `hosts` as HOST[:PORT]; the first measures the rack, the others are asked for their outlets only. */
export async function findMeters(hosts: readonly string[]): Promise<{ readonly meters: readonly FoundMeter[]; readonly unknown: readonly string[] }> {
  const meters: FoundMeter[] = [];
  const unknown: string[] = [];
  for (const where of hosts) {
    const address = where.includes(":") ? where : `${where}:502`;
    const { units } = (await ask(["modbus", "scan", address, "--units", "1"])) as { units: { unit: number; profiles: string[] | null }[] };
    const [first] = units;
    const profile = first?.profiles?.[0];
    if (first === undefined || profile === undefined) unknown.push(where);
    else meters.push({ id: `pdu-${meters.length + 1}`, profile, address, unit: first.unit, role: meters.length === 0 ? "rack" : "outlets" });
  }
  return { meters, unknown };
}

/** At the point each goes to by itself. */
export function nominalOf(miners: readonly FoundMiner[]): number {
  const usual = miners.map(({ model }) => {
    const { points, defaultPoint, nameplate } = loadModel(model);
    return points.find(({ id }) => id === defaultPoint)?.power ?? nameplate;
  });
  return Math.round(usual.reduce((sum: number, power) => sum + power, 0));
}

function ask(args: readonly string[]): Promise<unknown> {
  const [program = "", ...rest] = selfCommand("curtailctl", "--json", ...args);
  return new Promise((resolve, reject) => {
    const child = execFile(program, rest, { timeout: 1_800_000, maxBuffer: 67_108_864 }, (error, output) => {
      // A scan that finds something doubtful ends with 1 and answers all the same.
      try {
        resolve(JSON.parse(output));
      } catch {
        reject(new Failure(exit.unreachable, `${args.slice(0, 3).join(" ")} could not be asked: ${error?.message.split("\n").slice(1).join(" ").trim() || "no answer"}`));
      }
    });
    if (process.stderr.isTTY) child.stderr?.pipe(process.stderr);
  });
}
