/** `curtaild sim --from DUMP`: a miner that answers as a real one once did. */
import { readFile, stat } from "node:fs/promises";
import * as z from "zod";
import { startReplay } from "../../drivers/sim/replay.ts";
import { drivers, isDriverName } from "../../drivers/index.ts";
import { loadModel } from "../../drivers/models.ts";
import { exit, Failure } from "./exit.ts";
import { writeRigFiles } from "./sim-files.ts";
import { messageOf } from "../runtime/errors.ts";

const MOST_BYTES = 16 * 1024 * 1024;

const dumped = z.object({
  v: z.literal(1),
  type: z.literal("DUMP"),
  driver: z.string(),
  model: z.string(),
  exchanges: z.array(z.object({
    server: z.enum(["api", "web"]),
    framing: z.enum(["bare", "length", "http"]),
    question: z.string(),
    status: z.int().min(100).max(599).nullable(),
    answer: z.string(),
  })).min(1).max(1_000),
});

/** Where the files of a rig of this one miner go, and which broker its configuration names; null: no files. */
export interface ReplayFiles {
  readonly dir: string;
  readonly broker: string;
}

/** Says where it listens, and stays until `stop` resolves. */
export async function runReplay(file: string, files: ReplayFiles | null, stop: Promise<void>): Promise<void> {
  const dump = await readDump(file);
  const { api, web } = await startReplay(dump);
  try {
    const { driver, model } = dump;
    const address = `${api.host}:${api.port}`;
    const rig = files === null ? {} : { rig: await writeFiles(dump, { address, webPort: web.port }, files) };
    process.stdout.write(`${JSON.stringify({ ready: true, driver, model, address, webPort: web.port, ...rig })}\n`);
    await stop;
  } finally {
    await Promise.all([api.close(), web.close()]);
  }
}

/** rig.json and config.yaml of a rack with this one miner and no meter: what is recorded is only read. */
async function writeFiles({ driver, model }: { driver: string; model: string }, at: { readonly address: string; readonly webPort: number }, { dir, broker }: ReplayFiles): Promise<string> {
  if (!isDriverName(driver)) throw new Failure(exit.badInput, `the dump is of a driver ${driver}, which this version has not; there are ${Object.keys(drivers).join(", ")}`);
  const { nameplate } = loadModel(model);
  const asic = { id: "asic-01", driver, model, ...at, password: null, outlet: null };
  return writeRigFiles({ asics: [asic], pdus: [], nominalW: nameplate, control: null }, dir, { broker });
}

async function readDump(file: string): Promise<z.infer<typeof dumped>> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new RangeError(`more than ${MOST_BYTES} bytes`);
    return dumped.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new Failure(exit.badInput, `${file} is no dump: ${reason}. curtailctl dump DEVICE writes one.`, { cause: error });
  }
}
