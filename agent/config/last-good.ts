/** The last configuration that was valid, kept with the state: a bad edit must not leave a rack without its limits. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { parseDocument } from "yaml";
import { parseConfig, type LoadOptions } from "./load.ts";
import type { Config } from "./schema.ts";

const fileName = "last-good-config.json";
const kept = z.strictObject({ file: z.string(), text: z.string() });

/** Keeps `text`, which came from `file` and was valid, in the state directory; on the platter when it resolves. */
export async function keepLastGood(state: string, file: string, text: string): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o750 });
  const path = join(state, fileName);
  const handle = await open(`${path}.new`, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify({ file: resolve(file), text }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

/** The last good configuration of `file`, looked for in these state directories; null when there is none that still loads. */
export async function loadLastGood(file: string, states: readonly string[], options: LoadOptions = {}): Promise<Config | null> {
  for (const state of new Set(states)) {
    const found = await readKept(join(state, fileName));
    if (found === null || found.file !== resolve(file)) continue;
    const config = await parseConfig(found.text, file, options).catch(() => null);
    if (config !== null) return config;
  }
  return null;
}

/** Where the state of a configuration that cannot be used may lie: what it says, what systemd says, what is usual. */
export function stateCandidates(text: string | null, file: string, env: NodeJS.ProcessEnv): string[] {
  return [...saidIn(text, file), ...(env["STATE_DIRECTORY"]?.split(":") ?? []), "/var/lib/curtaild"];
}

function saidIn(text: string | null, file: string): string[] {
  if (text === null) return [];
  try {
    const said: unknown = parseDocument(text, { prettyErrors: false }).getIn(["paths", "state"]);
    return typeof said === "string" ? [resolve(file, "..", said)] : [];
  } catch {
    return [];
  }
}

async function readKept(path: string): Promise<z.output<typeof kept> | null> {
  try {
    return kept.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
