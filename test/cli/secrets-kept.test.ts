/** A password that is in use is nowhere to be read: not in the log, not in an answer, not in a dump, not in an error. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { ControlClient } from "../../agent/cli/client.ts";
import { writeRigFiles } from "../../agent/cli/sim-files.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { loadModel } from "../../drivers/models.ts";
import { firmwares, type SimFirmware } from "../../drivers/sim/firmwares.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { testDirectory } from "../config/config-files.ts";
import { program, run } from "./programs.ts";

const SECRET = "Ge'heim \"Zx9\\-77";
const never = new AbortController().signal;
const locked = (Object.keys(drivers) as DriverName[]).filter((name) => (firmwares as Readonly<Record<string, SimFirmware>>)[name]?.password != null);

/** As it is, as JSON has it, as a URL and as base64 have it. */
const forms = [SECRET, JSON.stringify(SECRET).slice(1, -1), encodeURIComponent(SECRET), Buffer.from(SECRET).toString("base64").replace(/=+$/, "")];
const keeps = (text: string, where: string): void => assert.ok(!forms.some((form) => text.includes(form)), `the password stands in ${where}`);

test("drivers: in no error, no reading and no description, whatever the miner answers", async () => {
  assert.ok(locked.length >= 5);
  await using rig = await startRig({ asics: locked.length, drivers: locked });
  const all = rig.asics.map(async ({ id, address, driver, model, webPort }) => {
    const port = Number(address.split(":")[1]);
    await using device = drivers[driver]({ id, address: { host: "127.0.0.1", port }, model: loadModel(model), password: SECRET, deadlineMs: 150, ...(webPort !== null && { webPort }) });
    const said: unknown[] = [];
    for (const fault of ["clear", "garbage", "refuse"]) {
      rig.fault(id, fault);
      const points = device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points : []));
      const attempts: (() => Promise<unknown> | undefined)[] = [() => device.read(never), () => device.actuators.points?.({ kind: "points", point: points[0]?.id ?? "" }, never), () => device.actuators.sleep?.({ kind: "sleep" }, never), () => device.blink?.(true, never), () => device.restart?.(never)];
      for (const attempt of attempts) said.push(await Promise.resolve().then(attempt).catch((error: unknown) => error));
    }
    keeps(inspect([device, device.description, said], { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }), driver);
  });
  await Promise.all(all);
});

test("the daemon and dump: in no log line, no answer and no dump", async () => {
  await using rig = await startRig({ asics: locked.length, drivers: locked });
  await using directory = await testDirectory();
  await writeRigFiles(rig, directory.path, "mqtt://127.0.0.1:1");
  for (const driver of locked) await writeFile(join(directory.path, "secrets", driver), `${SECRET}\n`, { mode: 0o600 });
  const config = join(directory.path, "config.yaml");
  // A failsafe limit this low makes an order for each of them.
  await writeFile(config, (await readFile(config, "utf8")).replace(/failsafeLimitW: \d+/, "failsafeLimitW: 100"));
  const child = spawn(process.execPath, [program("curtaild"), "run", "--config", config, "--log-level", "debug"], { stdio: ["ignore", "pipe", "pipe"] });
  const gone = once(child, "exit");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
  try {
    const client = new ControlClient(join(directory.path, "run"));
    const answers: unknown[] = [];
    for (let tries = 0; tries < 100 && !/setpoint\.failed/.test(log); tries++) await pause(100);
    for (const { id } of rig.asics) answers.push(await client.ask("GET", `/devices/${id}`));
    answers.push(await client.ask("GET", "/events"), await client.ask("GET", "/status"));
    keeps(JSON.stringify(answers), "an answer");
    assert.match(JSON.stringify(answers), /refused (our|the) password|password is wrong|password was refused/, "and that it is wrong is said");
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
  assert.match(log, /setpoint\.failed/);
  keeps(log, "the log");
  const dumps = await Promise.all(rig.asics.slice(0, 4).map(({ id }) => run("curtailctl", ["dump", id, "--config", config])));
  for (const { out, err } of dumps) keeps(out + err, "a dump");
});
