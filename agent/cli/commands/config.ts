import { copyFile, constants, readFile } from "node:fs/promises";
import { Command } from "commander";
import { stringify } from "yaml";
import { formatAddress, formatOutlet } from "../../config/address.ts";
import { loadLastGood } from "../../config/last-good.ts";
import { differences, type Difference } from "../../config/live.ts";
import { loadConfig, readConfigText } from "../../config/load.ts";
import { migrated, presentVersion } from "../../config/migrate.ts";
import type { Config } from "../../config/schema.ts";
import { ControlClient } from "../client.ts";
import { USUAL_CONFIG as usual, writeConfig } from "../config-file.ts";
import { exit, Failure } from "../exit.ts";
import { vocabulary } from "../vocabulary.ts";
import { messageOf } from "../../runtime/errors.ts";

export function configCommand(): Command {
  const config = new Command("config").description("show a configuration, compare it with what runs, bring an old one up to date");
  config.command("show").description("the file, or with --effective all that holds, defaults included; secrets are never in it").argument("[file]", "the configuration", usual)
    .option("--effective", "with every default filled in and every path absolute").option("--json", "answer in JSON").action(show);
  config.command("diff").description("what the file says otherwise than the running daemon, and what of it needs a restart").argument("[file]", "the configuration", usual)
    .option("--json", "answer in JSON").action(diff);
  config.command("migrate").description("bring a file of an older version to this one; the old one is kept beside it").argument("[file]", "the configuration", usual).action(migrate);
  return config;
}

async function show(file: string, { effective, json }: { effective?: true; json?: true }): Promise<void> {
  const config = await loadConfig(file, { vocabulary });
  if (json === true) process.stdout.write(`${JSON.stringify(written(config))}\n`);
  else process.stdout.write(effective === true ? stringify(written(config)) : await readConfigText(file));
}

/** Addresses and outlets as people write them. */
const written = (config: Config) => ({
  ...config,
  miners: config.miners.map((miner) => ({ ...miner, address: formatAddress(miner.address), outlet: miner.outlet && formatOutlet(miner.outlet) })),
  meters: config.meters.map((meter) => ({ ...meter, address: meter.address && formatAddress(meter.address) })),
});

async function diff(file: string, { json }: { json?: true }): Promise<void> {
  const config = await loadConfig(file, { vocabulary });
  const { running, from } = await inForce(file, config);
  const found = differences(running, JSON.parse(JSON.stringify(config)) as Config);
  if (json === true) process.stdout.write(`${JSON.stringify({ against: from, differences: found })}\n`);
  else process.stdout.write(`${[found.length === 0 ? `${file} says what ${from} has.` : `${file} against ${from}:`, ...found.map(line)].join("\n")}\n`);
  if (found.length > 0) process.exitCode = exit.found;
}

const line = ({ path, before, after, live }: Difference): string => `  ${path}: ${before} -> ${after}${live ? "" : "   (needs a restart)"}`;

/** What the daemon runs; where none answers, the last configuration that was good. */
async function inForce(file: string, config: Config): Promise<{ running: Config; from: string }> {
  try {
    return { running: (await new ControlClient(config.paths.run).ask("GET", "/config")) as Config, from: "the running daemon" };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const kept = await loadLastGood(file, [config.paths.state], { vocabulary });
    if (kept === null) throw new Failure(exit.unreachable, `there is nothing to compare with: ${error.message}`, { cause: error });
    return { running: JSON.parse(JSON.stringify(kept)) as Config, from: "the last good one (no daemon answers)" };
  }
}

async function migrate(file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Failure(exit.badInput, `${file} cannot be read: ${messageOf(error)}`);
  });
  const result = migrated(text, file);
  if (result === null) {
    process.stdout.write(`${file} needs no migration; this curtaild writes version ${presentVersion}.\n`);
    return;
  }
  const backup = `${file}.v${result.from}`;
  await copyFile(file, backup, constants.COPYFILE_EXCL);
  await writeConfig(file, result.text);
  process.stdout.write(`${file} is of version ${presentVersion} now; the old one is ${backup}.\n`);
}
