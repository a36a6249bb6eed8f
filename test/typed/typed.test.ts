/** Every command the books show is typed at one running rig, and ends as names and pages say; what cannot be is run by another test, named here. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connectAsync } from "mqtt";
import { startBroker } from "../../agent/cli/sim-broker.ts";
import { Scope } from "../../agent/runtime/scope.ts";
import { programs } from "../../scripts/deb/commands.ts";
import { Desk, type Outcome } from "./desk.ts";
import { fencesOf, pages, readPage, saidOn, typedOn, type Shown } from "./pages.ts";
import { ELSEWHERE, EXITS, LANES, LASTING, ORDINARY, OURS, STANDS_FOR, type Places } from "./tables.ts";

const fenced = pages().flatMap((page) => typedOn(page));
const trees = await programs();
const said = pages().flatMap((page) => saidOn(page, trees));
const all = [...fenced, ...said];
const elsewhere = ({ step }: Shown): (typeof ELSEWHERE)[number] | undefined => ELSEWHERE.find(({ typed }) => typed.test(step.text));
const here = all.filter((shown) => elsewhere(shown) === undefined);
/** Behind sudo stands the program. */
const programOf = ([first = "", second = ""]: readonly string[]): string => (first === "sudo" ? second : first);
const known = (name: string): boolean => OURS.has(name) || ORDINARY.has(name);
const missing = (step: Shown["step"]): readonly string[] => step.commands.map(programOf).filter((name) => ORDINARY.has(name) && spawnSync("sh", ["-c", `command -v '${name}'`]).status !== 0);

/** As it is typed here. */
function worded({ page, step, before: setup }: Shown, places: Places): { readonly text: string; readonly before: readonly string[] } {
  const put = (text: string): string => STANDS_FOR.filter(({ on }) => on === undefined || on === page).reduce((words, { words: from, are }) => words.replace(from, are(places)), text);
  return { text: put(step.text), before: setup.map(put) };
}

describe("what the books show", () => {
  test("is read at all", () => assert.ok(fenced.length > 60 && said.length > 20, `${fenced.length} in blocks, ${said.length} in the text`));

  test("is ours, or any shell's, or run elsewhere", () => {
    assert.deepEqual(here.flatMap(({ page, line, step }) => step.commands.filter((words) => !known(programOf(words))).map((words) => `${page}:${line}: nothing runs ${words.join(" ")}`)), []);
  });

  test("is in blocks that say what they are", () => {
    assert.deepEqual(pages().flatMap((page) => fencesOf(readPage(page)).filter(({ kind }) => kind === "").map(({ line }) => `${page}:${line}`)), []);
  });

  test("is found in blocks and in the text, and told from names", () => {
    const page = "a `curtailctl limit clear` b `curtailctl limit` `curtailctl restart` `curtailctl restart ID` `curtailctl map show|stop`\n\n```sh\nexport A=b\ncurtailctl status | tail -1   # why\nfrobnicate\n```\n\n```console\nrack$ curtailctl why\nprinted\n```\n\n```yaml\na: b\n```\n";
    assert.deepEqual(typedOn("p", page).map(({ line, step, before: setup }) => [line, step.text, ...setup]), [[5, "curtailctl status | tail -1", "export A=b"], [6, "frobnicate", "export A=b"], [10, "curtailctl why", "export A=b"]]);
    assert.deepEqual(saidOn("p", trees, page).map(({ line, step }) => [line, step.text]), [[1, "curtailctl limit clear"], [1, "curtailctl restart ID"]]);
    assert.deepEqual(["curtailctl", "tail", "frobnicate"].map(known), [true, true, false]);
  });

  test("mosquitto_pub's place is taken where it is missing", async (t) => {
    const broker = await startBroker();
    t.after(() => broker.close());
    const heard: string[] = [];
    const listener = await connectAsync(broker.url);
    t.after(() => listener.endAsync());
    await listener.subscribeAsync("#");
    const message = new Promise((resolve) => listener.once("message", (topic, payload) => resolve(heard.push(`${topic} ${payload.toString()}`))));
    const publisher = fileURLToPath(new URL("./publish.js", import.meta.url));
    await promisify(execFile)(process.execPath, [publisher, broker.url, "-q", "1", "-r", "-t", "a/b", "-m", '{"limitW": 8000}']);
    await message;
    assert.deepEqual(heard, ['a/b {"limitW": 8000}']);
  });

  for (const { typed, because, file, holds } of ELSEWHERE) {
    test(`${typed.source} is run elsewhere: ${because}`, () => {
      const path = fileURLToPath(new URL(`../../../${file}`, import.meta.url));
      assert.ok(existsSync(path), file);
      assert.match(readFileSync(path, "utf8"), holds);
      assert.ok(all.some(({ step }) => typed.test(step.text)), "no page shows it any more");
    });
  }
});

describe("typed at a rig", () => {
  const scope = new Scope();
  const outcomes = new Map<Shown, Outcome & { readonly text: string }>();
  const typable = here.filter(({ step }) => step.commands.every((words) => known(programOf(words))) && missing(step).length === 0);

  before(async () => {
    const desk = await Desk.open(scope);
    const lane = async (shown: readonly Shown[]): Promise<void> => {
      for (const one of shown) {
        const { text, before: setup } = worded(one, desk.places);
        outcomes.set(one, { ...(await desk.type(text, setup)), text });
      }
    };
    const rest = pages().filter((page) => !LANES.flat().includes(page));
    await Promise.all([...LANES, rest].map((names) => lane(names.flatMap((page) => typable.filter((shown) => shown.page === page)))));
  }, { timeout: 110_000 });
  after(() => scope.end());

  for (const shown of here) {
    const { page, line, step } = shown;
    test(`${page}:${line}: ${step.text.replaceAll("\n", " ").slice(0, 90)}`, { skip: missing(step).length > 0 ? `${missing(step).join(", ")} is missing` : false }, () => {
      const outcome = outcomes.get(shown);
      assert.ok(outcome !== undefined, "it was not typed");
      const { text, exit, said: words } = outcome;
      const exits = LASTING.find(({ typed }) => typed.test(text))?.exit ?? EXITS.find(({ typed }) => typed.test(text))?.exits ?? 0;
      assert.ok([exits].flat().includes(exit ?? -1), `${text}\nended with ${exit}, not ${[exits].flat().join(" or ")}:\n${words.slice(-2_000)}`);
    });
  }
});
