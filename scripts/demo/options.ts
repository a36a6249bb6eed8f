/** The demo's command line. */
import { Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../agent/cli/human.ts";
import { ZOO_DRIVERS } from "./mixed.ts";
import { DEFAULT_DURATION_S, LEAST_ASICS } from "./story.ts";

export interface DemoOptions {
  readonly asics: number;
  /** Where the first drop goes, as a part of nominal power. */
  readonly limit: number;
  readonly durationS: number;
  readonly headless: boolean;
  readonly json: string | null;
  readonly keep: boolean;
  /** A rack of several firmwares, with a story of its own. */
  readonly mixed: boolean;
  /** The same story with one machine of every family. */
  readonly zoo: boolean;
  /** So many machines follow no order, and the limit is met through outlets; 0: the usual story. */
  readonly deaf: number;
  /** The same story told in OpenADR events, by a VTN that is the only grid. */
  readonly openadr: boolean;
}

const MOST_ASICS = 2_000;
const LEAST_DURATION_S = 60;
const MOST_DURATION_S = 3_600;

/** Throws commander's CommanderError: exit code 0 for --help, else a usage error that has been said. */
export function parseOptions(argv: readonly string[]): DemoOptions {
  const command = new Command("demo")
    .description("One rack obeys its grid allocation: the real daemon against a simulated rack, on real sockets.")
    .option("--asics <n>", "how many ASICs (default: 12, zoo one of each)", asics)
    .option("--mixed", "machines of several firmwares come under one drop; a table says by which means each, and how long it took")
    .option("--zoo", "the same with one machine of every family there is a driver for")
    .option("--deaf <n>", "so many machines take every order and follow none: the limit is met through their outlets", deafOnes, 0)
    .option("--openadr", "the same story told by an OpenADR VTN, the rack's only grid: its events limit, its silence is a lost signal")
    .addOption(new Option("--limit <percent>", "where the first drop goes; the second goes to half of it (default: 60%, mixed 50%)").argParser(part))
    .addOption(new Option("--duration <time>", "about how long the story takes; it waits for a rack that needs longer").argParser(duration).default(DEFAULT_DURATION_S, `${DEFAULT_DURATION_S}s`))
    .option("--headless", "one line a change instead of the live picture")
    .option("--json <file>", "write the result as JSON")
    .option("--keep", "leave everything running at the end, until Ctrl-C, and keep its folder")
    .exitOverride();
  command.parse([...argv], { from: "user" });
  const { zoo = false, asics: count = zoo ? ZOO_DRIVERS.length : 12, mixed = zoo, deaf, limit = mixed ? 0.5 : 0.6, duration: durationS, headless = false, json = null, keep = false, openadr = false } = command.opts<Partial<DemoOptions> & { duration: number; deaf: number }>();
  return { asics: count, limit, durationS, headless, json, keep, mixed, zoo, deaf, openadr };
}

function asics(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= LEAST_ASICS && count <= MOST_ASICS)) throw new InvalidArgumentError(`It has to be a whole number from ${LEAST_ASICS} to ${MOST_ASICS}: with fewer, one silent machine alone draws more than the failsafe limit.`);
  return count;
}

function deafOnes(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= 0 && count <= LEAST_ASICS / 2)) throw new InvalidArgumentError(`It has to be a whole number from 0 to ${LEAST_ASICS / 2}.`);
  return count;
}

function part(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text.trim());
  const percent = Number(match?.[1]);
  if (!(percent >= 40 && percent <= 95)) throw new InvalidArgumentError("It has to be a share of nominal power from 40% to 95%.");
  return percent / 100;
}

function duration(text: string): number {
  const seconds = parseDuration(text) / 1000;
  if (!(seconds >= LEAST_DURATION_S && seconds <= MOST_DURATION_S)) throw new InvalidArgumentError(`It has to be ${LEAST_DURATION_S} s to ${MOST_DURATION_S / 60} min: the rack needs its time for what the story asks.`);
  return seconds;
}
