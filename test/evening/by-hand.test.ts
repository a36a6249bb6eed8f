/** A newcomer's path: what the README says under "Try it by hand", typed into a shell. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const END = "typed to its end";
const root = fileURLToPath(new URL("../../../", import.meta.url));

test("README, try it by hand", { timeout: 110_000 }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "curtaild-hand-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [, block = ""] = /^## Try it by hand\n+```sh\n([\s\S]*?)^```/m.exec(await readFile(join(root, "README.md"), "utf8")) ?? [];
  const lines = block.split("\n")
    // What runs this test is built already; `top` draws for somebody who presses q (test/cli/top-terminal.test.ts does); a drill ends
    // when the rack is back, minutes later (test/scenario/drill.test.ts has it on a virtual clock).
    .filter((line) => !line.startsWith("npm run build") && !/ (?:top|drill)\b/.test(line))
    .map((line) => line.replaceAll("/tmp/rig", `${dir}/rig`));
  assert.ok(lines.length > 12, `${lines.length} lines`);
  // A group of its own: what runs in the background ends with it.
  const shell = spawn("bash", ["-c", `set -eu\n${lines.join("\n")}\necho ${END}`], { cwd: root, env: { ...process.env, XDG_STATE_HOME: dir, NO_COLOR: "1" }, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => shell.pid !== undefined && process.kill(-shell.pid));
  let stdout = "";
  for await (const text of shell.stdout.setEncoding("utf8") as AsyncIterable<string>) {
    stdout += text;
    if (stdout.includes(END) || shell.exitCode !== null) break;
  }
  assert.ok(stdout.includes(END), stdout);
  for (const expected of [/"ready":true/, /site\/s1\/rack\/r1: ACCEPTED/, /^limit +1[02]\.0 kW from/m, /^asic-12 /m, /The rack may draw/, /8\.00 kW/, /asic-03/]) assert.match(stdout, expected);
});
