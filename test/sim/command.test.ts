import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { CommanderError } from "commander";
import { connectAsync } from "mqtt";
import { loadConfig } from "../../agent/config/load.ts";
import { Failure } from "../../agent/cli/exit.ts";
import type { RigFile } from "../../agent/cli/sim-files.ts";
import { simCommand } from "../../agent/cli/sim.ts";
import type { RigTruth } from "../../drivers/sim/truth.ts";

const MAIN = fileURLToPath(new URL("../../agent/cli/curtaild.js", import.meta.url));

/** Starts a rig; resolves with its first line. */
async function rig(dir: string, ...options: string[]): Promise<{ child: ChildProcess; line: unknown }> {
  const child = spawn(process.execPath, [MAIN, "sim", "--dir", dir, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(10_000) })) as [string];
  return { child, line: JSON.parse(line) };
}

async function end(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit", { signal: AbortSignal.timeout(10_000) });
  child.kill("SIGTERM");
  return (await ended)[0];
}

const sim = (...options: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "sim", ...options], { timeout: 10_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

describe("curtaild sim", () => {
  let dir: string;
  before(async () => void (dir = await mkdtemp(join(tmpdir(), "sim-"))));
  after(() => rm(dir, { recursive: true }));

  test("writes a valid configuration and rig.json, brings a broker, takes faults, tells the truth, and cleans up", async () => {
    const home = join(dir, "one");
    const { child, line } = await rig(home, "--asics", "12", "--broker", "--latency", "5ms", "--seed", "3");
    try {
      const path = join(home, "rig.json");
      assert.deepEqual(line, { ready: true, rig: path });
      const file = JSON.parse(await readFile(path, "utf8")) as RigFile;
      assert.deepEqual(Object.keys(file), ["config", "broker", "asics", "pdus", "control"]);
      assert.equal(file.asics.length, 12);
      assert.deepEqual({ ...file.asics[11], address: "" }, { id: "asic-12", address: "", driver: "luxos", model: "antminer-s19k-pro" });
      assert.equal(file.pdus[0]?.outlets, 12);

      const config = await loadConfig(file.config);
      assert.equal(config.node.nominalW, 33_528);
      assert.equal(config.node.breakerW, 40_000);
      assert.equal(config.grid.failsafeLimitW, 10_000);
      assert.deepEqual(config.grid.brokers, [file.broker]);
      assert.equal(config.miners.length, 12);

      const client = await connectAsync(file.broker, { connectTimeout: 3_000, reconnectPeriod: 0 });
      await client.endAsync();

      assert.equal((await sim("--at", home, "fault", "pdu-1", "dead-outlet:2")).code, 0);
      const { stdout } = await sim("--at", home, "truth", "--json");
      const truth = JSON.parse(stdout) as RigTruth;
      assert.deepEqual(Object.keys(truth), ["atMs", "powerW", "asics"]);
      assert.deepEqual(truth.asics[1], { id: "asic-02", powerW: 0, hashrateThs: 0, frequencyMHz: 0, voltageMV: 0, state: "off" });
      const table = (await sim("--at", home, "truth")).stdout.split("\n");
      assert.match(table[2] ?? "", /^asic-02 +off +0 +0\.00 +0 +0\.0$/);
      assert.match(table[13] ?? "", /^rack +\d{5} +\d{4}\.\d$/);

      const loud = await sim("--at", home, "fault", "asic-01", "loud");
      assert.equal(loud.code, 64);
      assert.match(loud.stderr, /no fault "loud" for an ASIC; use silent/);
    } finally {
      assert.equal(await end(child), 0);
    }
    await assert.rejects(access(join(home, "rig.json")));
    await assert.rejects(access(join(home, "rig.sock")));
    const gone = await sim("--at", home, "truth");
    assert.equal(gone.code, 69);
    assert.match(gone.stderr, /no rig in .*start one with: curtaild sim/);
  });

  test("brings a VTN as the only grid of the configuration it writes, and breaks it on request", async () => {
    const home = join(dir, "vtn");
    const { child } = await rig(home, "--asics", "2", "--vtn");
    try {
      const file = JSON.parse(await readFile(join(home, "rig.json"), "utf8")) as RigFile;
      const { grid, openadr, node } = await loadConfig(file.config);
      assert.deepEqual([grid.brokers, openadr?.url, openadr?.contractW], [[], file.vtn?.url, node.breakerW]);
      assert.equal((await fetch(`${file.vtn?.url}/auth/server`)).status, 200);
      assert.equal((await sim("--at", home, "fault", "vtn", "error")).code, 0);
      assert.equal((await fetch(`${file.vtn?.url}/auth/server`)).status, 500);
      assert.match((await sim("--at", home, "fault", "vtn", "loud")).stderr, /no fault "loud" of a VTN; there are silent/);
    } finally {
      assert.equal(await end(child), 0);
    }
  });

  test("two rigs at once, and a directory too deep for a unix socket", async () => {
    const deep = join(dir, "d".repeat(100));
    const [first, second] = await Promise.all([rig(join(dir, "two"), "--asics", "2"), rig(deep, "--asics", "2")]);
    try {
      const file = JSON.parse(await readFile(join(deep, "rig.json"), "utf8")) as RigFile;
      assert.match(file.control ?? "", /^127\.0\.0\.1:\d+$/);
      assert.equal((await sim("--at", deep, "fault", "asic-02", "silent")).code, 0);
    } finally {
      assert.deepEqual(await Promise.all([end(first.child), end(second.child)]), [0, 0]);
    }
  });

  const wrong: readonly (readonly [string[], RegExp])[] = [
    [[], /--dir DIR/],
    [["--at", "x"], /needs a command/],
    [["truth"], /--at DIR/],
    [["fault", "asic-01"], /missing required argument 'fault'/],
    [["--dir", "x", "--asics", "0"], /whole number from 1 to 5000/],
    [["--dir", "x", "--seed", "-1"], /whole number from 0/],
    [["--dir", "x", "--latency", "fast"], /not a length of time/],
    [["--dir", "x", "--models", "antminer-s99"], /there are .*antminer-s19j-pro/],
    [["--dir", "x", "--drivers", "luxos,hashy"], /No firmware "hashy"; there are .*luxos/],
    [["--dir", "/dev/null/x"], /name a directory you may write to/],
  ];
  for (const [options, says] of wrong) {
    test(`sim ${options.join(" ")}: says what is wrong`, async () => {
      let said = "";
      const quiet = (command: Command): Command => command.exitOverride().configureOutput({ writeErr: (text) => void (said += text) });
      const command = quiet(simCommand());
      for (const one of command.commands) quiet(one);
      await assert.rejects(command.parseAsync(options, { from: "user" }), (error) => error instanceof CommanderError || (error instanceof Failure && (said = error.message) !== ""));
      assert.match(said, says);
    });
  }
});
