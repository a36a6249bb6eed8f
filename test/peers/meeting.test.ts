/** docs/meet.md, command by command: an operator and a farm that have never met, a real mosquitto with TLS and access list between them. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { startRig } from "../../drivers/sim/rig.ts";
import { rigConfig } from "../../agent/cli/sim-files.ts";
import { program } from "../cli/programs.ts";
import { until } from "../link/link-rig.ts";
import { Broker, skipMosquitto } from "./broker.ts";

const page = readFileSync(fileURLToPath(new URL("../../../docs/meet.md", import.meta.url)), "utf8");
/** The shell blocks of the page, in their order. */
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");

interface Running {
  readonly child: ChildProcess;
  readonly code: Promise<number | null>;
  said(): string;
}

/** A block as its reader types it, with the programs of this build and what the page calls by an example's name. */
function shell(t: TestContext, text: string, { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Running {
  const named = (["curtailctl", "curtaild"] as const).map((name) => `${name}() { "${process.execPath}" "${program(name)}" "$@"; }`).join("\n");
  const child = spawn("bash", ["-c", `set -euo pipefail\n${named}\n${text}`], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const code = new Promise<number | null>((resolve) => child.on("close", resolve));
  t.after(async () => {
    // The shell and what it has started; only ours.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await code;
  });
  return { child, code, said: () => said };
}

test("operator and farm meet as docs/meet.md says", { skip: skipMosquitto, timeout: 90_000 }, async (t) => {
  await using broker = await Broker.start({ tls: true });
  const dir = mkdtempSync(join(tmpdir(), "curtaild-meet-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const rig = await startRig({ asics: 3, seed: 1 });
  t.after(() => rig[Symbol.asyncDispose]());
  const [operator, farm] = [join(dir, "operator"), join(dir, "farm")];
  for (const path of [join(operator, "certs"), join(farm, "tls"), join(farm, "keys")]) mkdirSync(path, { recursive: true });
  for (const name of ["ca.pem", "operator.pem", "operator.key.pem"]) copyFileSync(broker.file(name), join(operator, "certs", name));
  for (const [from, to] of [["ca.pem", "ca.pem"], ["site-s1-rack-r1.pem", "rack.pem"], ["site-s1-rack-r1.key.pem", "rack.key.pem"]] as const) copyFileSync(broker.file(from), join(farm, "tls", to));

  const [environment = "", keygen = "", keys = "", run = "", card = "", heartbeat = "", everyday = ""] = blocks;
  assert.equal(blocks.length, 7);
  const here = environment.replace("mqtts://broker.example:8883", broker.url);
  const as = { cwd: operator, env: { PATH: process.env["PATH"], XDG_STATE_HOME: join(dir, "state"), NO_COLOR: "1" } };
  const done = async (text: string, how = as): Promise<string> => {
    const running = shell(t, text, how);
    assert.equal(await running.code, 0, running.said());
    return running.said();
  };
  assert.match(await done(here + keygen), /fingerprint/);
  await done(here + keys);

  copyFileSync(join(operator, "root.pub.pem"), join(farm, "keys", "root.pub.pem"));
  const config = parse(rigConfig(rig, farm, { broker: broker.url })) as { grid: Record<string, unknown> };
  const pinned = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  config.grid = { ...config.grid, ...(parse(pinned.replace("mqtts://broker.example:8883", broker.url)) as { grid: object }).grid };
  writeFileSync(join(farm, "config.yaml"), stringify(config));
  const daemon = shell(t, run, { cwd: farm, env: { PATH: process.env["PATH"] } });
  await until(() => daemon.said().includes("link.connected"), daemon.said, 20_000);

  const socket = `--socket ${join(farm, "run")}`;
  await done(card.replace("curtailctl grid", `curtailctl ${socket} grid`), { cwd: farm, env: as.env });
  copyFileSync(join(farm, "card.json"), join(operator, "card.json"));
  const beats = shell(t, here + heartbeat, as);
  await until(() => beats.said().includes("heartbeat"), beats.said, 20_000);

  const [allocate = "", watch = ""] = everyday.trim().split("\n");
  assert.match(await done(`${here}\n${allocate}`), /ACCEPTED/);
  const status = async (): Promise<{ state: string; effectiveLimitW: number; limitSource: string; signatures: string }> =>
    JSON.parse(await done(`curtailctl ${socket} --json status`, { cwd: farm, env: as.env })) as never;
  let seen = await status();
  for (let tries = 0; tries < 20 && seen.limitSource !== "allocation"; tries += 1) seen = await status();
  assert.deepEqual([seen.state === "limited" || seen.state === "controlled", seen.effectiveLimitW, seen.limitSource, seen.signatures], [true, 8_000, "allocation", "required"], JSON.stringify(seen));
  const table = await done(`${here}\n${watch.replace("watch", "watch --once")}`);
  assert.match(table, /site\/s1\/rack\/r1 .*verified/);
  assert.match(table, /together +1 rack +1 online/);
});
