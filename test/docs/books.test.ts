/** The books hang together: links lead somewhere, code they name is there, commands they show exist and are run by a test or said why not. */
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
const fences = (page: string): { readonly kind: string; readonly text: string }[] => [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));
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
  /** What no test runs, and why. */
  const explained: Readonly<Record<string, string>> = {
    "npm run bench": "ten minutes of both cores, run by hand; that the figures are counted right is test/bench or their own parts' tests",
    "npm ci": "the machine that runs the tests has done it",
    "npm cit": "it is this",
    "sudo apt": "needs root: npm run test:systemd installs the package so",
    "apt-get": "needs root",
    "sudo adduser": "needs root: npm run test:systemd",
    "sudo systemctl": "needs systemd: npm run test:systemd",
    "sudo scripts/install": "needs root: npm run test:systemd",
    "promtool": "needs Prometheus",
    "openssl": "makes a word nobody guesses",
    "chown": "needs root",
    "chmod": "the file's mode is judged in test/config/load.test.ts",
    "ssh": "needs another machine",
    "git clone": "the machine that runs the tests has done it",
    "scripts/check": "run before every landing",
    "mosquitto_pub": "read and published by test/docs/gla-1.test.ts; typed by npm run test:peers",
    "mosquitto_sub": "npm run test:peers",
    "curl": "test/link/web.test.ts asks the same",
  };
  const tests = readdirSync(join(root, "test"), { recursive: true }).map(String).filter((name) => name.endsWith(".ts") || name.endsWith(".sh")).map((name) => read(`test/${name}`)).join("\n") + readdirSync(join(root, "scripts"), { recursive: true }).map(String).filter((name) => /test-systemd$|demo\/\w+\.ts$/.test(name)).map((name) => read(`scripts/${name}`)).join("\n")
    // Typed as they stand by test/evening.
    + fences(read("docs/operator.md")).map(({ text }) => text).join("\n") + fences(read("README.md")).map(({ text }) => text).join("\n");
  const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts);

  /** One command a line, without comments, prompts, what is assigned before it and what is piped after it. */
  function commandsIn(text: string): string[] {
    return text.replaceAll(/\\\n\s*/g, " ").split("\n")
      .filter((line) => !/^\s*(#|$)/.test(line))
      .map((line) => line.replace(/\s+#.*$/, "").replace(/^\w*\$ /, ""))
      .flatMap((line) => line.split(/ (?:&&|\|\|) | \| (?=(?:grep|tail|head|jq|sort)\b)/))
      .map((line) => line.replace(/\s*&$/, "").replace(/^sudo (?=curtail)/, "").replace(/^node dist\/agent\/cli\/(curtaild|curtailctl)\.js/, "$1").replace(/^ctl\b/, "curtailctl").trim());
  }
  const shell = new Set(["", "sh", "console", "bash"]);
  const shown = pages.flatMap((page) =>
    fences(read(page)).filter(({ kind }) => shell.has(kind)).flatMap(({ kind, text }) =>
      commandsIn(kind === "console" ? text.split("\n").filter((line) => /^\w*\$ /.test(line)).join("\n") : text.replaceAll(/'[^']*'/g, "''")).map((command) => ({ page, command }))));

  test("each one shown is run by a test, or it is said why not", async () => {
    const trees = new Map((await programs()).map((tree) => [tree.name, tree]));
    assert.ok(shown.length > 40, `${shown.length} commands`);
    const wrong: string[] = [];
    for (const { page, command } of shown) {
      const [program = "", ...words] = command.split(/\s+/);
      if (/^(export|alias|cd|sleep|until|grep|head|tail)$/.test(program) || command.includes("() {") || /^\w+=/.test(program)) continue;
      const tree = trees.get(program);
      if (tree !== undefined) wrong.push(...faults(tree, words).map((fault) => `${page}: ${command}: ${fault}`));
      else if (program === "npm" && words[0] === "run") {
        if (!scripts.includes(words[1] ?? "")) wrong.push(`${page}: there is no ${command}`);
      } else if (!Object.keys(explained).some((known) => command.startsWith(known))) wrong.push(`${page}: ${command}: nothing runs it`);
    }
    assert.deepEqual(wrong, []);
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

  function faults(tree: CommandTree, words: readonly string[]): string[] {
    const path = words.filter((word) => !word.startsWith("-"));
    const command = path.find((word) => tree.commands.some(({ name }) => name === word));
    const run = command === undefined || new RegExp(`"${command}"|\\b(?:curtaild|curtailctl|ctl|\\$ctl)\\b[^\\n]* ${command}\\b`).test(tests);
    return [...misnamed(tree, words), ...(run ? [] : [`no test runs ${command}`])];
  }
});
