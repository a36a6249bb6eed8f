/** The books hang together: links lead somewhere, code they name is there, commands they name exist. test/typed types what they show. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { drivers } from "../../drivers/index.ts";
import { programs, type CommandTree } from "../../scripts/deb/commands.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = ["README.md", "CONTRIBUTING.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
const prose = (page: string): string => page.replaceAll(/^```[\s\S]*?^```/gm, "");

describe("links", () => {
  const slug = (heading: string): string => heading.toLowerCase().replaceAll(/[`*]/g, "").replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-");
  for (const page of pages) {
    test(page, () => {
      for (const [, target = ""] of prose(read(page)).matchAll(/\]\(((?!https?:|mailto:)[^)\s]+)\)/g)) {
        const [file = "", anchor] = target.split("#");
        const there = file === "" ? page : normalize(join(dirname(page), file));
        assert.ok(existsSync(join(root, there)), `${target}: there is no ${there}`);
        if (anchor === undefined || !there.endsWith(".md")) continue;
        assert.ok([...read(there).matchAll(/^#+ (.*)$/gm)].some(([, heading = ""]) => slug(heading) === anchor), `${target}: ${there} has no such heading`);
      }
    });
  }

  test("every page below docs stands in its index", () => {
    const index = read("docs/README.md");
    for (const page of pages.filter((name) => name.startsWith("docs/") && name !== "docs/README.md")) assert.ok(index.includes(`(${page.slice("docs/".length)}`), page);
  });
});

test("README counts drivers and profiles right", () => {
  const profiles = readdirSync(join(root, "drivers/modbus/profiles")).filter((name) => name.endsWith(".yaml")).length;
  const text = read("README.md");
  assert.deepEqual([...text.matchAll(/(\d+) (drivers|profiles|Modbus profiles)/g)].map(([, count = "", what = ""]) => [what, Number(count)]), [["drivers", Object.keys(drivers).length], ["profiles", profiles], ["Modbus profiles", profiles]]);
});

test("docs/walk.md names what the code has", () => {
  const named = [...read("docs/walk.md").matchAll(/\[`([^`]+)`\]\((\.\.\/[^)#]+)\)/g)];
  assert.ok(named.length >= 15, `${named.length} links`);
  for (const [, symbol = "", target = ""] of named) {
    const file = normalize(join("docs", target));
    assert.ok(existsSync(join(root, file)), file);
    if (file.endsWith(".ts") && symbol !== file) assert.match(read(file), new RegExp(`(?:export .*|class |function |#|^  )${symbol.replace(/^.*\.#?/, "").replace(/\(\)$/, "")}\\b`, "m"), `${symbol} in ${file}`);
  }
});

describe("commands", () => {
  /** One command a line, without what is piped after it. What blocks show, and whole commands of the text, test/typed types. */
  const commandsIn = (text: string): string[] => text.split(/ (?:&&|\|\|) /).map((line) => line.replace(/^sudo (?=curtail)/, "").trim());

  test("each script named exists", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) => [...read(page).matchAll(/npm run ([a-z]+(?::[a-z]+)?)/g)].map(([, name = ""]) => name));
    assert.ok(named.length > 20);
    assert.deepEqual(named.filter((name) => scripts[name] === undefined), []);
  });

  test("each one named in the text exists, with its options", async () => {
    const trees = new Map((await programs()).map((tree) => [tree.name, tree]));
    const wrong: string[] = [];
    for (const page of pages) {
      for (const [, code = ""] of prose(read(page)).matchAll(/`((?:sudo )?curtail(?:d|ctl) [^`]+)`/g)) {
        for (const command of commandsIn(code)) {
          const [program = "", ...words] = command.split(/\s+/);
          const tree = trees.get(program);
          if (tree !== undefined) wrong.push(...misnamed(tree, words).map((fault) => `${page}: ${code}: ${fault}`));
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  /** What of a command line its program does not know. Alternatives are written with | or …; what is capital or in brackets stands for something. */
  function misnamed(tree: CommandTree, words: readonly string[]): string[] {
    let here = tree;
    const options = [...tree.options];
    const found: string[] = [];
    for (const word of words) {
      if (/^[-[]*--?\w/.test(word)) {
        const name = word.replace(/^\[/, "").replace(/[=\]].*$/, "");
        if (!options.some(({ short, long }) => name === short || name === long) && name !== "--help") found.push(`no option ${name}`);
        continue;
      }
      const next = here.commands.find(({ name }) => name === word);
      if (next === undefined && here === tree && /^[a-z][a-z-]*$/.test(word) && !words.slice(0, words.indexOf(word)).some((before) => before.startsWith("-"))) found.push(`no command ${word}`);
      if (next === undefined) continue;
      here = next;
      options.push(...next.options);
    }
    return found;
  }
});
