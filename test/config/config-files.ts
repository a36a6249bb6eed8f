/** Configuration files for tests, made from a good one and what is to be different. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

export interface TestDirectory extends AsyncDisposable {
  readonly path: string;
  write(name: string, text: string, mode?: number): Promise<string>;
}

export async function testDirectory(): Promise<TestDirectory> {
  const path = await mkdtemp(join(tmpdir(), "curtaild-"));
  return {
    path,
    async write(name, text, mode = 0o600) {
      await writeFile(join(path, name), text, { mode });
      return join(path, name);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;

export const goodConfig = {
  version: 1,
  node: { operator: "demo", site: "s1", rack: "r1", nominalW: 33_528, breakerW: 40_000 },
  grid: { brokers: ["mqtt://127.0.0.1:1883"], signatures: "optional", heartbeat: "required", failsafeLimitW: 10_000 },
  miners: [
    { id: "asic-01", driver: "luxos", address: "127.0.0.1:41001", model: "antminer-s19k-pro", outlet: "pdu-1/1" },
    { id: "asic-02", driver: "luxos", address: "127.0.0.1:41002", model: "antminer-s19k-pro", outlet: "pdu-1/2" },
  ],
  meters: [{ id: "pdu-1", profile: "gude-epc", address: "127.0.0.1:41502", role: "rack" }],
} satisfies Json;

/** YAML of the good one with changes by path: `{"grid.failsafeLimitW": 5}`; undefined removes. */
export function configText(changes: Readonly<Record<string, Json | undefined>> = {}): string {
  const document = structuredClone(goodConfig) as Json;
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let here = document as Record<string, Json>;
    for (const step of steps) here = (here[step] ??= {}) as Record<string, Json>;
    if (value === undefined) delete here[last];
    else here[last] = value;
  }
  return stringify(document);
}
