import { chown, readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { stringify } from "yaml";
import { parseConfig } from "../../config/load.ts";
import { USUAL_CONFIG } from "../config-file.ts";
import { exit, Failure } from "../exit.ts";
import { answered, identity, power, type Answers } from "../init/answers.ts";
import { findMeters, findMiners, nominalOf, type FoundMeter, type FoundMiner } from "../init/found.ts";
import { integer } from "../numbers.ts";
import { vocabulary } from "../vocabulary.ts";
import { messageOf } from "../../runtime/errors.ts";

interface InitOptions extends Readonly<Record<string, unknown>> {
  readonly miners?: readonly string[];
  readonly meters?: readonly string[];
  readonly port?: number;
  readonly out: string;
}

export function initCommand(): Command {
  const command = new Command("init").description("ask what a first configuration needs, find the machines, and write it; what is given as a flag is not asked")
    .option("--miners <ranges...>", "where to look for miners: 10.0.0.0/24 10.0.1.5-10.0.1.40")
    .option("--port <port>", "where their APIs listen, where that is not the usual port of each", integer(1, 65_535))
    .option("--meters <hosts...>", "meters and metered PDUs as HOST[:PORT]; the first measures the rack")
    .option("--out <file>", "what is written", USUAL_CONFIG);
  for (const { name, asks } of [...identity, ...power(0)]) command.option(`--${name} <answer>`, asks);
  return command.action(init);
}

async function init({ miners: ranges = [], meters: hosts = [], port, out, ...options }: InitOptions): Promise<void> {
  const flags: Answers = new Map([...identity, ...power(0)].flatMap(({ name }) => {
    const value = options[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === "string" ? [[name, value]] : [];
  }));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  if (ranges.length === 0) throw new Failure(exit.usage, "where are the miners? Say --miners 10.0.0.0/24, the network they are in; add --meters HOST for the rack's meter or PDU.");
  if (await there(out)) throw new Failure(exit.usage, `${out} exists already and is not overwritten: name another with --out, or add machines with curtailctl discover --write.`);
  const who = await answered(identity, flags);
  say(`looking for miners in ${ranges.join(", ")}`);
  const { miners, unnamed } = await findMiners(ranges, port ?? null);
  for (const host of unnamed) say(`${host} does not name its model: add it by hand, or with curtailctl discover --model`);
  if (miners.length === 0) throw new Failure(exit.unreachable, `no miner answers in ${ranges.join(", ")}: are they on, and is this controller in their network? curtailctl probe HOST asks one.`);
  say(`${miners.length} miners`);
  const { meters, unknown } = await findMeters(hosts);
  for (const host of unknown) say(`${host} fits none of the profiles: see curtailctl modbus scan, and docs/profiles.md`);
  const terms = await answered(power(nominalOf(miners)), flags);
  const text = fileOf(new Map([...who, ...terms]), { miners, meters });
  const warnings: string[] = [];
  await parseConfig(text, out, { vocabulary, warn: (line) => warnings.push(line) });
  await write(out, text);
  process.stdout.write([`${out}: ${miners.length} miners, ${meters.length} meters`, ...warnings.map((line) => `look at: ${line}`), `next: curtaild check ${out}, then systemctl enable --now curtaild`, ""].join("\n"));
}

const there = (file: string): Promise<boolean> => readFile(file).then(() => true, (error: NodeJS.ErrnoException) => error.code !== "ENOENT");

function fileOf(answers: Answers, { miners, meters }: { readonly miners: readonly FoundMiner[]; readonly meters: readonly FoundMeter[] }): string {
  const said = (name: string): string => answers.get(name) ?? "";
  const [rootKey, username] = [said("root-key"), said("username")];
  const document = {
    version: 1,
    node: { operator: said("operator"), site: said("site"), rack: said("rack"), nominalW: Number(said("nominal")), breakerW: Number(said("breaker")) },
    grid: {
      brokers: said("broker").split(/[ ,]+/),
      signatures: rootKey === "" ? "optional" : "required",
      heartbeat: "required",
      failsafeLimitW: Number(said("failsafe")),
      ...(rootKey !== "" && { rootKeyFile: rootKey }),
      ...(username !== "" && { username }),
    },
    miners: miners.map((miner) => ({ ...miner })),
    meters: meters.map((meter) => ({ ...meter })),
  };
  return `# yaml-language-server: $schema=/usr/share/doc/curtaild/config.schema.json\n# Written by curtaild init. curtaild check explains every fault; docs/install.md goes on from here.\n${stringify(document, { lineWidth: 0 })}`;
}

/** New, and closed to others; for the daemon's group to read where there is one. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx", mode: 0o640 });
  } catch (error) {
    throw new Failure(exit.notPermitted, `${file} cannot be written (${messageOf(error)}): use sudo, or name another with --out.`, { cause: error });
  }
  const groups = await readFile("/etc/group", "utf8").catch(() => "");
  const gid = /^curtaild:[^:]*:(\d+):/m.exec(groups)?.[1];
  if (gid !== undefined && process.getuid?.() === 0) await chown(file, 0, Number(gid));
}
