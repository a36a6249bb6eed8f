/** `npm run demo`: one rack obeys its grid allocation, told in about 75 s. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { CommanderError } from "commander";
import { ControlClient } from "../../agent/cli/client.ts";
import type { GridAnswer } from "../../agent/cli/answers.ts";
import { gridLines } from "../../agent/cli/commands/grid.ts";
import { exit } from "../../agent/cli/exit.ts";
import type { AgentEvent } from "../../agent/report/events.ts";
import { Scope } from "../../agent/runtime/scope.ts";
import { chronicle, DEAF_POLICY, tellDeafStory } from "./deaf.ts";
import type { Verdict } from "./judge.ts";
import { Lines } from "./lines.ts";
import { Live } from "./live.ts";
import { meansOf, meansTable, type Means } from "./means.ts";
import { MIXED_DRIVERS, tellMixedStory, ZOO_DRIVERS } from "./mixed.ts";
import { parseOptions, type DemoOptions } from "./options.ts";
import { play, watch, type Show, type Theatre } from "./play.ts";
import { Screen } from "../../agent/cli/screen/screen.ts";
import { Stage } from "./stage.ts";
import { tellStory, type Step, type Story } from "./story.ts";
import { table } from "./table.ts";
import { look, type Look } from "./watch.ts";
import { messageOf } from "../../agent/runtime/errors.ts";

/** 128 and the number of the signal, as shells count. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const DEATH_MS = 300;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const scope = new Scope();
  const stopped = new AbortController();
  let code: number | null = null;
  for (const [name, status] of Object.entries(signals)) {
    process.on(name, () => {
      // The second time nothing is waited for: what still runs ends with us.
      if (code !== null) process.exit(status);
      code = status;
      stopped.abort(new Error("stopped"));
    });
  }
  stdout.on("error", () => stopped.abort(new Error("nobody reads what is written")));
  try {
    const ok = await demo(options, scope, stopped.signal);
    return ok ? exit.done : exit.found;
  } catch (error) {
    if (code !== null) return code;
    throw error;
  } finally {
    await scope.end();
  }
}

async function demo(options: DemoOptions, scope: Scope, stopped: AbortSignal): Promise<boolean> {
  const { asics, keep, json, mixed, zoo, deaf, openadr } = options;
  const story = deaf > 0 ? tellDeafStory(deaf, asics) : mixed ? tellMixedStory(options.limit) : tellStory({ limitPart: options.limit, durationS: options.durationS });
  const live = stdout.isTTY && !options.headless;
  if (!live) print(`curtaild demo: ${asics} simulated ASICs, metered PDUs and ${openadr ? "an OpenADR VTN" : "an MQTT broker"} on free ports, the real daemon beside them`);
  let show: Show | null = null;
  const stage = await Stage.open({ asics, ...(mixed && { drivers: zoo ? ZOO_DRIVERS : MIXED_DRIVERS }), ...(deaf > 0 && { policy: DEAF_POLICY }), failsafePart: story.failsafePart, openadr, keep, refused: (text) => show?.note(text) }, scope);
  const client = new ControlClient(stage.socket);
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const theatre: Theatre = { rack: stage.rack, seconds, act: (act) => stage.act(act), look: () => look(stage.dir, client, seconds) };
  show = live ? picture(stage, story) : new Lines(print, seconds);
  const seen = new Seen(show);
  const signal = AbortSignal.any([stopped, stage.failed]);
  let verdicts: readonly Verdict[] = [];
  let report: string | null = null;
  let means: readonly Means[] = [];
  let told: readonly string[] = [];
  try {
    verdicts = await play(story.steps, theatre, { show: seen, signal });
    if (mixed) means = meansOf(stage.kinds, seen.sinceDrop, seen.dropAtS);
    if (json !== null) await writeFile(json, `${JSON.stringify({ ...resultOf(verdicts), ...(mixed && { machines: means }) }, null, 2)}\n`);
    if (deaf > 0) told = chronicle((await client.ask("GET", "/events?last=2000")) as AgentEvent[], new Set(stage.deaf));
    if (!live) print(`\n${[tables(verdicts, means), ...told].join("\n")}`);
    report = await writeReport(client, stage.firstDrop);
    if (openadr && !live) print(`\n${(await client.ask("GET", "/grid").then((answer) => gridLines(answer as GridAnswer))).join("\n")}`);
    if (keep) {
      show.note(`curtailctl --socket ${stage.socket} status   (Ctrl-C ends it)`);
      await watch(theatre, { show, signal, until: () => stopped.aborted });
    }
  } catch (error) {
    // Whoever died is heard of a moment after its socket has gone.
    await pause(DEATH_MS);
    signal.throwIfAborted();
    throw error;
  } finally {
    show.end();
  }
  if (live) print([tables(verdicts, means), ...told].join("\n"));
  if (report !== null) print(`\nwhat the rack did under the first drop, signed by its controller: ${report}`);
  if (keep) print(`\nconfiguration, state and logs stay in ${stage.dir}`);
  return resultOf(verdicts).ok;
}

const tables = (verdicts: readonly Verdict[], means: readonly Means[]): string => [table(verdicts), ...(means.length === 0 ? [] : ["", meansTable(means)])].join("\n");

/** What was seen from the first drop on, besides what is shown. */
class Seen implements Show {
  readonly #show: Show;
  /** Began with the step before: where machines stood when the signal went out is the last look before it. */
  #looks: Look[] = [];
  dropAtS = 0;
  #dropped = false;

  constructor(show: Show) {
    this.#show = show;
  }

  get sinceDrop(): readonly Look[] {
    return this.#looks;
  }

  begin(step: Step, atS: number): void {
    if (!this.#dropped && step.goal === "lower") {
      this.#dropped = true;
      this.dropAtS = atS;
    }
    this.#show.begin(step, atS);
  }

  look(look: Look): void {
    if (!this.#dropped) this.#looks = [];
    this.#looks.push(look);
    this.#show.look(look);
  }

  note(text: string): void {
    this.#show.note(text);
  }

  concluded(): void {
    this.#show.concluded();
  }

  end(): void {
    this.#show.end();
  }
}

function picture(stage: Stage, story: Story): Show {
  const screen = new Screen(stdout);
  screen.open();
  return new Live(screen, { story, nominalW: stage.rack.nominalW, models: stage.models }, process.env["NO_COLOR"] === undefined || process.env["NO_COLOR"] === "");
}

/** Where it dirties nothing and outlives the story. null: there is nothing to report on. */
async function writeReport(client: ControlClient, document: string | null): Promise<string | null> {
  if (document === null) return null;
  const { text } = (await client.ask("GET", `/report?id=${document}&format=html`)) as { readonly text: string };
  const file = join(await mkdtemp(join(tmpdir(), "curtaild-demo-report-")), "report.html");
  await writeFile(file, text);
  return file;
}

const resultOf = (steps: readonly Verdict[]) => ({ ok: steps.every(({ ok }) => ok), steps });

function print(line: string): void {
  stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exit.done : exit.usage;
  else {
    process.stderr.write(`the demo cannot go on: ${messageOf(error)}\n`);
    process.exitCode = exit.found;
  }
}
