/** Another machine in the place of one that was taken out: the configuration's entry keeps its name and outlet. */
import { Command } from "commander";
import { isMap, parseDocument, type YAMLMap } from "yaml";
import { identify } from "../../../drivers/find/identify.ts";
import { parseAddress } from "../../config/address.ts";
import { parseConfig, readConfigText } from "../../config/load.ts";
import { commonOptions, confirm, order, print, printJson } from "../asking.ts";
import { USUAL_CONFIG, writeConfig } from "../config-file.ts";
import { exit, Failure } from "../exit.ts";
import { vocabulary } from "../vocabulary.ts";

const WHOLE_MS = 30_000;
const REQUEST_MS = 3_000;

interface ReplaceOptions {
  readonly config: string;
  readonly driver?: string;
  readonly model?: string;
}

/** What its entry says from now on. */
interface Successor {
  readonly driver: string;
  readonly model: string;
  readonly address: string;
}

export const replaceCommand = (): Command =>
  new Command("replace")
    .description("put another machine in a miner's place: asks it what it is, changes its entry in the configuration, forgets what was learnt of the old one")
    .argument("<old>", "the miner's name, which the new machine gets, as in curtailctl devices")
    .argument("<new>", "where the new machine answers: HOST, or HOST:PORT where its API does not listen on the usual port")
    .option("--config <file>", "where the miner is configured", USUAL_CONFIG)
    .option("--driver <name>", "its driver, where it does not say what it is")
    .option("--model <id>", "its model, where it does not say")
    .action(async (old: string, where: string, options: ReplaceOptions, command: Command) => {
      const text = await readConfigText(options.config);
      const document = parseDocument(text);
      const entry = entryOf(document.get("miners"), old);
      if (entry === null) throw new Failure(exit.usage, `there is no miner ${old} in ${options.config}`);
      const successor = await successorAt(where, options, fieldOf(entry, "model"));
      const before = { driver: fieldOf(entry, "driver"), model: fieldOf(entry, "model"), address: fieldOf(entry, "address") };
      for (const [key, value] of Object.entries(successor)) entry.set(key, value);
      // Its old web port belongs to the old machine.
      if (before.driver !== successor.driver) entry.delete("webPort");
      const changed = document.toString({ lineWidth: 0 });
      await parseConfig(changed, options.config, { vocabulary });
      await confirm(command, `${old} becomes the ${successor.model} (${successor.driver}) at ${successor.address}; it was the ${before.model} (${before.driver}) at ${before.address}.`);
      await writeConfig(options.config, changed);
      const forgotten = await order(command, { will: null, path: `/devices/${encodeURIComponent(old)}/forget` }).then(() => true, (error: unknown) => {
        if (error instanceof Failure && error.exitCode === exit.unreachable) return false;
        throw error;
      });
      if (commonOptions(command).json === true) printJson({ ok: true, device: old, before, now: successor, forgotten });
      else print(`${old} is the ${successor.model} at ${successor.address} from the daemon's next start on: systemctl restart curtaild`, ...(forgotten ? [] : ["The daemon does not run: what it had learnt of the old machine it learns anew from the meter."]));
    });

/** Throws a Failure where the machine does not say what it is and nobody else does. */
async function successorAt(where: string, options: ReplaceOptions, oldModel: string): Promise<Successor> {
  const parsed = parseAddress(where);
  const { finding } = await identify({ host: parsed?.host ?? where, port: parsed?.port ?? null }, { requestMs: REQUEST_MS, hostMs: WHOLE_MS }, new AbortController().signal);
  if (finding === null && (options.driver === undefined || parsed === null)) {
    throw new Failure(exit.unreachable, `${where}: nothing answers that there is a driver for. Check its network with curtailctl probe ${where} --raw, or say HOST:PORT, --driver and --model.`);
  }
  const driver = options.driver ?? finding?.driver ?? "";
  // A machine that does not name its model is taken for one like the old one only if somebody says so.
  const model = options.model ?? finding?.model ?? null;
  if (model === null) throw new Failure(exit.usage, `${where} does not say its model; say it with --model ID (it was ${oldModel})`);
  const address = parsed ?? finding?.address;
  if (address === undefined) throw new Failure(exit.usage, `"${where}" is no address: write HOST or HOST:PORT`);
  return { driver, model, address: address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}` };
}

function entryOf(miners: unknown, id: string): YAMLMap | null {
  const items = typeof miners === "object" && miners !== null && "items" in miners && Array.isArray(miners.items) ? (miners.items as unknown[]) : [];
  return items.find((item): item is YAMLMap => isMap(item) && item.get("id") === id) ?? null;
}

function fieldOf(entry: YAMLMap, key: string): string {
  const value: unknown = entry.get(key);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
