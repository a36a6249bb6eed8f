/** Finds the miners of a network and names them, and makes their entries in the configuration. Needs no daemon; asks, and changes no miner. */
import { Command, Option } from "commander";
import { parseDocument } from "yaml";
import type { Finding } from "../../../drivers/find/identify.ts";
import { hostsIn, MOST_HOSTS } from "../../../drivers/find/range.ts";
import { DEFAULT_SWEEP, sweep, type Seen } from "../../../drivers/find/sweep.ts";
import { parseConfig, readConfigText } from "../../config/load.ts";
import { commonOptions, confirm, print, printJson } from "../asking.ts";
import { USUAL_CONFIG, writeConfig } from "../config-file.ts";
import { entryLines, foundLines, mergeLines, unidentifiedLines } from "../discover/lines.ts";
import { entriesOf, mergeOf, writeInto, type Merge } from "../discover/merge.ts";
import { Notebook } from "../discover/notebook.ts";
import { Progress } from "../discover/progress.ts";
import { exit, Failure } from "../exit.ts";
import { parseDuration } from "../human.ts";
import { integer } from "../numbers.ts";
import { vocabulary } from "../vocabulary.ts";

interface DiscoverOptions {
  readonly port?: number;
  readonly write?: true;
  readonly update?: true;
  readonly config: string;
  readonly prefix: string;
  readonly model?: string;
  readonly resume?: true;
  readonly atOnce: number;
  readonly perSecond: number;
  readonly timeout: number;
}

/** A host gets the time of three questions. */
const QUESTIONS = 3;

export const discoverCommand = (): Command =>
  new Command("discover")
    .description("find the miners in a network, name them, and make their entries in the configuration; needs no daemon and changes no miner")
    .argument("<ranges...>", "10.0.0.0/22, 10.0.0.5-10.0.0.80, 10.0.0.7")
    .option("--port <port>", "where their APIs listen, where that is not the usual port of each", integer(1, 65_535))
    .option("--write", "add what is new to the configuration; what is there stays as it is")
    .option("--update", "with --write: also change entries whose machine is another one now")
    .option("--config <file>", "which configuration", USUAL_CONFIG)
    .option("--prefix <text>", "how new names begin", "asic-")
    .option("--model <id>", "the model of machines that do not name theirs")
    .option("--resume", "go on with a look at the same ranges that was interrupted")
    .option("--at-once <n>", "how many hosts at the same time", integer(1, 1_000), DEFAULT_SWEEP.concurrency)
    .option("--per-second <n>", "how many hosts to begin with in a second", integer(1, 10_000), DEFAULT_SWEEP.hostsPerSecond)
    .addOption(new Option("--timeout <time>", "how long one question may take; a host gets three times that").argParser(parseDuration).default(DEFAULT_SWEEP.requestMs, "2s"))
    .action(async (ranges: readonly string[], options: DiscoverOptions, command: Command) => {
      if (options.update === true && options.write !== true) throw new Failure(exit.usage, "--update changes entries only together with --write");
      const began = performance.now();
      const seen = await look(hostsOf(ranges), { ...options, question: `${ranges.join(" ")} port ${options.port ?? "usual"}` });
      const findings = sorted(seen.filter((one) => one.kind === "miner")).map(({ finding }) => finding);
      const unidentified = sorted(seen.filter((one) => one.kind === "unidentified"));
      const nobody = seen.length - findings.length - unidentified.length;
      const merge = await merged(findings, options);
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      const asJson = commonOptions(command).json === true;
      if (!asJson) {
        print(...foundLines(findings), ...unidentifiedLines(unidentified), "", `${findings.length} miners, ${unidentified.length} unidentified, ${nobody} addresses where nobody listens; ${seconds} s`);
        print(...mergeLines(merge, options.config), ...(options.write === true ? [] : entryLines(merge)));
      }
      const written = options.write === true && (await write(merge, options, command));
      if (asJson) printJson({ miners: findings, unidentified: unidentified.map(({ host, reason }) => ({ host, reason })), nobody, seconds, config: { file: options.config, written, ...merge } });
      else if (written) print(`${options.config} is written. curtailctl reload makes the daemon read it; curtailctl map finds which outlet feeds which.`);
    });

function hostsOf(ranges: readonly string[]): readonly string[] {
  try {
    const hosts = [...new Set(ranges.flatMap(hostsIn))];
    if (hosts.length > MOST_HOSTS) throw new RangeError(`${hosts.length} addresses are more than ${MOST_HOSTS}, a /16; ask for less at a time`);
    return hosts;
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(exit.usage, error.message);
    throw error;
  }
}

/** Ends early at the first Ctrl-C; what was seen is kept for --resume. */
async function look(hosts: readonly string[], { port, resume, atOnce, perSecond, timeout, question }: DiscoverOptions & { readonly question: string }): Promise<readonly Seen[]> {
  const notebook = new Notebook(process.env, question);
  const earlier = await notebook.read();
  const all: Seen[] = resume === true ? [...earlier] : [];
  if (resume !== true && earlier.length > 0) {
    process.stderr.write(`An earlier look was interrupted after ${earlier.length} hosts; --resume would have gone on with it.\n`);
    await notebook.forget();
  }
  const done = new Set(all.map(({ host }) => host));
  const progress = new Progress(process.stderr);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Failure(exit.notConfirmed, `interrupted after ${all.length} of ${hosts.length} hosts; the same command with --resume goes on.`));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const options = { port: port ?? null, concurrency: atOnce, hostsPerSecond: perSecond, requestMs: timeout, hostMs: QUESTIONS * timeout };
  const show = (): void => progress.show({ done: all.length, total: hosts.length, miners: countOf(all, "miner"), unidentified: countOf(all, "unidentified") });
  try {
    await sweep(hosts.filter((host) => !done.has(host)), options, {
      seen: (host) => {
        all.push(host);
        notebook.add(host);
        show();
      },
      signal: stop.signal,
    });
    await notebook.forget();
    return all;
  } finally {
    progress.end();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

const countOf = (all: readonly Seen[], kind: Seen["kind"]): number => all.reduce((sum, seen) => sum + (seen.kind === kind ? 1 : 0), 0);

/** By address, as numbers. */
const sorted = <T extends Seen>(all: readonly T[]): T[] => all.toSorted((a, b) => a.host.localeCompare(b.host, "en", { numeric: true }));

/** Without a configuration everything is new. */
async function merged(findings: readonly Finding[], { config, prefix, model, write: wanted }: DiscoverOptions): Promise<Merge> {
  const text = wanted === true ? await readConfigText(config) : await readConfigText(config).catch(() => "");
  return mergeOf(findings, entriesOf(parseDocument(text)), { prefix, model: model ?? null });
}

/** False: there was nothing to write. Whatever comes out is checked before it is written. */
async function write(merge: Merge, { config, update }: DiscoverOptions, command: Command): Promise<boolean> {
  const changes = update === true ? merge.differs.length : 0;
  if (merge.added.length + changes === 0) return false;
  const document = parseDocument(await readConfigText(config));
  writeInto(document, merge, update === true);
  const text = document.toString({ lineWidth: 0 });
  await parseConfig(text, config, { vocabulary });
  await confirm(command, `${merge.added.length} miners are added to ${config}${changes === 0 ? "" : `, and ${changes} changed`}.`);
  await writeConfig(config, text);
  return true;
}
