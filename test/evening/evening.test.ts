/** docs/operator.md, typed in its order against a rig and the real daemon. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Scope } from "../../agent/runtime/scope.ts";
import type { RigFile } from "../../agent/cli/sim-files.ts";
import { Child } from "../../scripts/demo/child.ts";
import { program } from "../cli/programs.ts";
import { skeleton, typedIn, unlike } from "./console.ts";

const page = await readFile(new URL("../../../docs/operator.md", import.meta.url), "utf8");
const PATIENCE_MS = 60_000;

test("what is compared leaves out figures and nothing else", () => {
  assert.equal(skeleton("limit      15.0 kW from a grid event, document evening-peak, 28 s left"), skeleton("limit  9.31 kW from a grid event, document evening-peak, 1 min 3 s left"));
  assert.notEqual(skeleton("state limited, compliant, 1 W below the limit"), skeleton("state limited, violating, 1 W above the limit"));
  for (const ack of ["evening-peak STARTED", "evening-peak SETTLED"]) assert.equal(skeleton("compliant  evening-peak  -  unsigned"), skeleton(`compliant  evening-peak  ${ack}  unsigned`));
  assert.notEqual(skeleton("compliant  evening-peak  -  unsigned"), skeleton("compliant  evening-peak  evening-peak CANNOT_COMPLY  unsigned"));
  assert.equal(unlike(["a", "...", "d"], ["a", "b", "c", "d"]), null);
  assert.equal(unlike(["a", "..."], ["a", "b"]), null);
  for (const [wanted, printed] of [[["a"], ["b"]], [["a"], ["a", "b"]], [["a", "b"], ["a"]], [["a", "...", "x"], ["a", "b"]]] as const) assert.notEqual(unlike(wanted, printed), null);
});

describe("docs/operator.md", () => {
  const scope = new Scope();
  test("an evening peak goes as the page says", { timeout: 110_000 }, async (t) => {
    t.after(() => scope.end());
    const dir = await mkdtemp(join(tmpdir(), "curtaild-evening-"));
    scope.own("folder", () => rm(dir, { recursive: true, force: true }));
    const rig = new Child("rig", ["sim", "--asics", "12", "--broker", "--dir", dir], join(dir, "rig.log"));
    scope.own("rig", () => rig.stop());
    await rig.says((line) => line.startsWith('{"ready":true'), 20_000);
    const { broker, config } = JSON.parse(await readFile(join(dir, "rig.json"), "utf8")) as RigFile;
    const daemon = new Child("daemon", ["run", "--config", config], join(dir, "daemon.log"));
    scope.own("daemon", () => daemon.stop());

    // The programs as they are installed: the rack's sockets are found without being named.
    await mkdir(join(dir, "bin"));
    for (const name of ["curtaild", "curtailctl"] as const) {
      const socket = name === "curtailctl" ? `[ "$1" = operator ] || set -- --socket ${dir}/run "$@"\n` : "";
      await writeFile(join(dir, "bin", name), `#!/bin/sh\n${socket}exec ${process.execPath} ${program(name)} "$@"\n`);
      await chmod(join(dir, "bin", name), 0o755);
    }
    const env = { ...process.env, PATH: `${join(dir, "bin")}:${process.env["PATH"] ?? ""}`, XDG_STATE_HOME: dir, NO_COLOR: "1", CURTAIL_BROKER: broker, CURTAIL_OPERATOR: "demo", CURTAIL_NODE: "site/s1/rack/r1" };
    const type = (command: string): Promise<string[]> =>
      new Promise((resolve) => {
        const shell = spawn("sh", ["-c", command], { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] });
        let out = "";
        for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (out += text));
        shell.on("close", () => resolve(out.trimEnd() === "" ? [] : out.trimEnd().split("\n")));
      });

    for (const { command, prints, until } of typedIn(page)) {
      if (command.endsWith(" &")) {
        const running = spawn("sh", ["-c", `exec ${command.slice(0, -2)}`], { cwd: dir, env, stdio: "ignore" });
        scope.own(command, async () => void running.kill());
        continue;
      }
      const late = performance.now() + PATIENCE_MS;
      let printed = await type(command);
      while (until !== null && !until.test(printed.join("\n")) && performance.now() < late) {
        await pause(1_000);
        printed = await type(command);
      }
      assert.equal(unlike(prints, printed), null, `${command}\n${printed.join("\n")}`);
    }
  });
});
