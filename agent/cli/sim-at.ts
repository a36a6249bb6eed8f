import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { askRig } from "../../drivers/sim/control.ts";
import type { RigTruth } from "../../drivers/sim/truth.ts";
import { celled } from "./sim-table.ts";

/** Asks the rig that runs in DIR. Rejects with cause and cure when none does. */
async function ask(dir: string, method: "GET" | "POST", path: string, question?: unknown): Promise<unknown> {
  const control = await controlOf(dir);
  try {
    return await askRig(control, method, path, question);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ECONNREFUSED") throw error;
    throw new Error(`the rig of ${dir} does not run any more; start it with: curtaild sim --asics N --dir ${dir}`, { cause: error });
  }
}

async function controlOf(dir: string): Promise<string> {
  const path = join(dir, "rig.json");
  const missing = (cause: unknown): Error => new Error(`no rig in ${dir} (${path} cannot be read); start one with: curtaild sim --asics N --dir ${dir}`, { cause });
  let rig: unknown;
  try {
    rig = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw missing(error);
  }
  if (typeof rig === "object" && rig !== null && "control" in rig && typeof rig.control === "string") return rig.control;
  throw missing(undefined);
}

export async function setFault(dir: string, id: string, fault: string): Promise<void> {
  await ask(dir, "POST", "/fault", { id, fault });
}

export async function readTruth(dir: string): Promise<RigTruth> {
  return (await ask(dir, "GET", "/truth")) as RigTruth;
}

/** One line an ASIC, the sum below. */
export function truthTable(truth: RigTruth): string {
  const head = ["asic", "state", "MHz", "V", "W", "TH/s"];
  const lines = truth.asics.map((asic) => [
    asic.id,
    asic.state,
    asic.frequencyMHz.toFixed(0),
    (asic.voltageMV / 1000).toFixed(2),
    asic.powerW.toFixed(0),
    asic.hashrateThs.toFixed(1),
  ]);
  const hashrate = truth.asics.reduce((sum, asic) => sum + asic.hashrateThs, 0);
  return celled([head, ...lines, ["rack", "", "", "", truth.powerW.toFixed(0), hashrate.toFixed(1)]], 2);
}
