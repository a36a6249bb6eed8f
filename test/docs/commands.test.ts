/** Completions and manual pages hold every command there is, and the shells can read them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { programs, type CommandTree } from "../../scripts/deb/commands.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "../../scripts/deb/completions.ts";
import { manualPage } from "../../scripts/deb/manual.ts";

const all = (tree: CommandTree): CommandTree[] => [tree, ...tree.commands.flatMap(all)];
const missing = (command: string): boolean => spawnSync(command, ["--version"]).error !== undefined;

for (const program of await programs()) {
  describe(program.name, () => {
    const commands = all(program).slice(1);
    test("has its commands", () => assert.ok(commands.length >= 5));

    test("every command says what it does", () => assert.deepEqual(commands.filter(({ description }) => description.length < 5).map(({ name }) => name), []));

    test("every option says what it does", () => assert.deepEqual(all(program).flatMap(({ name, options }) => options.filter(({ description }) => description === "").map(({ flags }) => `${name} ${flags}`)), []));

    test("the manual page has each of them", () => {
      const page = manualPage(program, { section: 1, version: "1", date: "2026-01-01" });
      for (const { name } of commands.filter(({ name }) => name !== "help")) assert.ok(page.split("\n").some((line) => line.startsWith(".SS") && line.includes(name.replaceAll("-", "\\-"))), name);
      assert.doesNotMatch(page, /^[.'](?!TH|SH|SS|TP|B|I)/m);
    });

    for (const [shell, text, args] of [["bash", bashCompletion(program), ["-n"]], ["zsh", zshCompletion(program), ["-n"]], ["fish", fishCompletion(program), ["--no-execute"]]] as const) {
      test(`${shell} can read its completion, and it has each of them`, { skip: missing(shell) ? `${shell} is not installed` : false }, () => {
        // Not by standard input: Node makes that a socket, and fish 3.6 takes it for a directory.
        const read = spawnSync(shell, [...args, "-c", text], { encoding: "utf8" });
        assert.deepEqual([read.status, read.stderr], [0, ""]);
        for (const { name } of commands.filter(({ name }) => name !== "help")) assert.ok(text.includes(name), name);
      });
    }
  });
}

test("bash completes commands, their words and their options", { skip: missing("bash") ? "bash is not installed" : false }, async () => {
  const [, ctl] = await programs();
  assert.ok(ctl !== undefined);
  const completed = (...words: string[]): string[] => {
    const script = `${bashCompletion(ctl)}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _curtailctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync("bash", ["-c", script], { encoding: "utf8", cwd: "/" }).stdout.trim().split("\n");
  };
  assert.deepEqual(completed("curtailctl", "sta"), ["status"]);
  assert.deepEqual(completed("curtailctl", "limit", "cl"), ["clear"]);
  assert.deepEqual(completed("curtailctl", "loglevel", "de"), ["debug"]);
  assert.ok(completed("curtailctl", "limit", "--").includes("--for"));
});

test("fish completes commands and their words", { skip: missing("fish") ? "fish is not installed" : false }, async () => {
  const [, ctl] = await programs();
  assert.ok(ctl !== undefined);
  const file = join(mkdtempSync(join(tmpdir(), "completion-")), "curtailctl.fish");
  writeFileSync(file, fishCompletion(ctl));
  const completed = (line: string): string[] => spawnSync("fish", ["--no-config", "-c", `source ${file}; complete -C '${line}'`], { encoding: "utf8" }).stdout.trim().split("\n").map((row) => row.split("\t")[0] ?? "");
  assert.ok(completed("curtailctl sta").includes("status"));
  assert.deepEqual(completed("curtailctl limit cl"), ["clear"]);
  assert.ok(completed("curtailctl loglevel de").includes("debug"));
  assert.ok(completed("curtailctl limit --").includes("--for"));
});
