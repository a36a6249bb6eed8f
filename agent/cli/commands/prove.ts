import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import { openedBy } from "../../attend/seal.ts";
import type { Millis } from "../../core/units.ts";
import { SIGNATURE_BELOW } from "../../report/proof-page.ts";
import type { ProofAnswer } from "../../routes/prove.ts";
import { client, commonOptions, order, print, printJson } from "../asking.ts";
import { exit, Failure } from "../exit.ts";
import { formatDuration, parseDuration } from "../human.ts";
import { integer, share } from "../numbers.ts";
import { rackKey } from "../rack-key.ts";

type View = NonNullable<ProofAnswer>;

interface ProveOptions {
  readonly to: number;
  readonly steps: number;
  readonly page?: string;
}

interface DrillOptions {
  readonly to: number;
  readonly for: Millis;
  readonly page?: string;
}

const PERIOD_MS = 1_000;
const none = (text: string): number => (/^0+(\.0+)?\s*%?$/.test(text.trim()) ? 0 : share(text));

/** `prove` leads the whole rack down and back up and measures every machine; `drill` is its short form for the grid. */
export function proveCommand(): Command {
  const prove = new Command("prove").description("proof test: shed step by step, measure every machine, and plan with what was measured")
    .addOption(new Option("--to <percent>", "how far down, as a part of what the rack draws now").argParser(none).default(0, "0%"))
    .option("--steps <n>", "in how many steps", integer(1, 20), 4)
    .option("--page <file>", "write the signed page to hand over there")
    .action(async ({ to, steps, page }: ProveOptions, command: Command) => {
      const parts = Array.from({ length: steps }, (_, at) => 1 - ((1 - to) * (at + 1)) / steps);
      const will = `This takes the rack down to ${Math.round(to * 100)} % of what it draws now in ${steps} ${steps === 1 ? "step" : "steps"} and back up. Expect some minutes with less hashrate. Ctrl-C ends it and brings everything back.`;
      await run(command, { will, wish: { kind: "prove", parts, holdS: 0 }, page });
    });
  prove.command("show").description("the last test, or how far the present one is").action(async (_options: object, command: Command) => {
    const answer = (await client(command).ask("GET", "/prove")) as ProofAnswer;
    if (commonOptions(command).json === true) printJson(answer);
    else print(...(answer === null ? ["Nothing has been tested since the daemon started."] : lines(answer)));
  });
  prove.command("stop").description("end a test; the rack is brought back").action(async (_options: object, command: Command) => {
    const answer = (await order(command, { will: "This ends the test; the rack comes back to what its limit allows.", method: "DELETE", path: "/prove" })) as { stopped: boolean };
    if (commonOptions(command).json === true) printJson(answer);
    else print(answer.stopped ? "The test ends; the rack is brought back." : "Nothing was being tested.");
  });
  return prove;
}

export function drillCommand(): Command {
  const drill = new Command("drill").description("show a curtailment: hold the rack lower for a while, and a signed page to hand over")
    .addOption(new Option("--to <percent>", "as a part of what the rack draws now").argParser(none).default(0.8, "80%"))
    .addOption(new Option("--for <time>", "how long, at most 1h").argParser(parseDuration).default(120_000, "2m"))
    .option("--page <file>", "write the signed page there")
    .action(async ({ to, for: length, page }: DrillOptions, command: Command) => {
      if (to >= 1) throw new Failure(exit.usage, "--to has to be below 100 %: a drill sheds something.");
      const will = `This holds the rack at ${Math.round(to * 100)} % of what it draws now for ${formatDuration(length)}. Ctrl-C ends it and brings everything back.`;
      await run(command, { will, wish: { kind: "drill", parts: [to], holdS: length / 1_000 }, page });
    });
  drill.command("verify <file>").description("check the signature of a page")
    .option("--card <file>", "the rack's card (curtailctl grid card --json); without it the running daemon is asked")
    .action(verify);
  return drill;
}

interface Test {
  readonly will: string;
  readonly wish: { readonly kind: "prove" | "drill"; readonly parts: readonly number[]; readonly holdS: number };
  readonly page: string | undefined;
}

async function run(command: Command, { will, wish, page }: Test): Promise<void> {
  const json = commonOptions(command).json === true;
  await order(command, { will, path: "/prove", body: wish });
  const ended = await watch(command);
  const { page: text } = (await client(command).ask("GET", "/prove/page")) as { page: string };
  if (page !== undefined) await writeFile(page, text);
  if (json) printJson(ended);
  else print("", text.split(SIGNATURE_BELOW)[0]?.trimEnd() ?? "", ...(page === undefined ? [] : ["", `${page}: the signed page. Check it with curtailctl drill verify ${page}`]));
  if (ended.state !== "done") throw new Failure(exit.notConfirmed, `The ${wish.kind} was not finished: ${ended.why ?? "nobody knows why"}. The rack is brought back.`);
  if (ended.steps.some(({ withinS, overAgainS }) => withinS === null || overAgainS !== 0)) throw new Failure(exit.found, "Not every limit was kept: the table says which.");
}

/** Until it has ended. Ctrl-C ends it in order. */
async function watch(command: Command): Promise<View> {
  const [daemon, quiet] = [client(command), commonOptions(command).json === true];
  const stop = (): void => void order(command, { will: null, method: "DELETE", path: "/prove" }).catch(() => undefined);
  process.once("SIGINT", stop);
  try {
    for (let said = ""; ; ) {
      const answer = (await daemon.ask("GET", "/prove")) as ProofAnswer;
      if (answer === null) throw new Failure(exit.unreachable, "the daemon was restarted and has forgotten the test. The rack is back under the grid's limit; begin anew.");
      if (answer.state === "done" || answer.state === "stopped") return answer;
      const line = progress(answer);
      if (!quiet && line !== said) process.stderr.write(`${line}\n`);
      said = line;
      await pause(PERIOD_MS);
    }
  } finally {
    process.removeListener("SIGINT", stop);
  }
}

function progress({ state, step, of, steps }: View): string {
  const last = steps.at(-1);
  if (state === "restoring") return "bringing the rack back";
  const at = last?.withinS == null ? "on its way" : last.settledS === null ? `within after ${last.withinS} s` : `within after ${last.withinS} s, settled after ${last.settledS} s`;
  return `step ${step} of ${of}: ${last?.limitW ?? "-"} W, ${at}`;
}

const lines = (view: View): string[] => [
  `${view.kind} by ${view.who}, begun ${view.begunAt}: ${view.state}${view.why === null ? "" : ` (${view.why})`}`,
  ...view.steps.map((step, at) => `step ${at + 1}  ${step.limitW} W  within ${step.withinS ?? "-"} s  settled ${step.settledS ?? "-"} s  over again ${step.overAgainS} s`),
  `${view.machines.length} machines measured`,
];

async function verify(file: string, { card }: { readonly card?: string }, command: Command): Promise<void> {
  const page = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Failure(exit.badInput, `${file} cannot be read`, { cause: error });
  });
  const [text, signature] = page.split(`${SIGNATURE_BELOW}\n`);
  if (text === undefined || signature === undefined) throw new Failure(exit.badInput, `${file} carries no signature: it is no page of a drill, or from a rack without a key.`);
  const key = await rackKey({ card, state: "." }, card === undefined ? client(command) : null);
  const opened = openedBy(key?.key ?? null)(signature.trim());
  const genuine = opened.kind === "genuine" && opened.payload === text;
  if (commonOptions(command).json === true) printJson({ genuine, kid: key?.kid ?? null });
  else if (genuine) print(`${file} is genuine: signed by ${key?.kid ?? "?"}, fingerprint ${key?.fingerprint ?? "?"}`);
  if (!genuine) throw new Failure(exit.found, `${file} is not as it was signed${opened.kind === "forged" ? `: ${opened.reason}` : ""}. Do not rely on it.`);
}
