/** Writes outlets that were found into a configuration file: only those lines, and only when the file is still good afterwards. */
import { isMap, isSeq, parseDocument } from "yaml";
import { parseConfig, readConfigText } from "../config/load.ts";
import { writeConfig } from "./config-file.ts";
import { exit, Failure } from "./exit.ts";
import { vocabulary } from "./vocabulary.ts";

/** Resolves with the miners whose outlet has changed. Comments and order of the file stay. Rejects with a Failure or ConfigError, the file untouched. */
export async function writeOutlets(file: string, outlets: ReadonlyMap<string, string>): Promise<string[]> {
  const text = await readConfigText(file);
  const document = parseDocument(text);
  const miners: unknown = document.get("miners");
  if (!isSeq(miners)) throw new Failure(exit.badInput, `${file}: there is no list of miners in it`);
  const changed: string[] = [];
  for (const miner of miners.items) {
    if (!isMap(miner)) continue;
    const id = String(miner.get("id"));
    const outlet = outlets.get(id);
    const before: unknown = miner.get("outlet");
    if (outlet !== undefined && before !== outlet) {
      miner.set("outlet", outlet);
      changed.push(id);
    } else if (outlet === undefined && [...outlets.values()].includes(String(before))) {
      // What feeds another cannot feed this one.
      miner.delete("outlet");
      changed.push(id);
    }
  }
  if (changed.length === 0) return changed;
  const written = document.toString({ lineWidth: 0 });
  await parseConfig(written, file, { vocabulary });
  await writeConfig(file, written);
  return changed;
}
