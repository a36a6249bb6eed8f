/** `curtaild sim --from DUMP`: a miner that answers as a real one once did. */
import { readFile, stat } from "node:fs/promises";
import * as z from "zod";
import { startReplay } from "../../drivers/sim/replay.ts";
import { exit, Failure } from "./exit.ts";

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

/** Says where it listens, and stays until `stop` resolves. */
export async function runReplay(file: string, stop: Promise<void>): Promise<void> {
  const dump = await readDump(file);
  const { api, web } = await startReplay(dump);
  try {
    const { driver, model } = dump;
    process.stdout.write(`${JSON.stringify({ ready: true, driver, model, address: `${api.host}:${api.port}`, webPort: web.port })}\n`);
    await stop;
  } finally {
    await Promise.all([api.close(), web.close()]);
  }
}

async function readDump(file: string): Promise<z.infer<typeof dumped>> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new RangeError(`more than ${MOST_BYTES} bytes`);
    return dumped.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    throw new Failure(exit.badInput, `${file} is no dump: ${reason}. curtailctl dump DEVICE writes one.`, { cause: error });
  }
}
