/** A password that is in use is nowhere to be read: not in the log, not in an answer, not in a dump, not in an error. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { Aedes } from "aedes";
import { formatAddress } from "../../agent/config/address.ts";
import { parseConfig } from "../../agent/config/load.ts";
import { ConfigError } from "../../agent/runtime/errors.ts";
import { ControlClient } from "../../agent/cli/client.ts";
import { writeRigFiles } from "../../agent/cli/sim-files.ts";
import { drivers, type DriverName } from "../../drivers/index.ts";
import { loadModel } from "../../drivers/models.ts";
import { firmwares, type SimFirmware } from "../../drivers/sim/firmwares.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { describedRoutes } from "../../scripts/docs/openapi.ts";
import { configText, testDirectory } from "../config/config-files.ts";
import { rawMiner, respond, type RawMiner } from "../drivers/raw-miner.ts";
import { until } from "../link/link-rig.ts";
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
    await using device = await drivers[driver]({ id, address: { host: "127.0.0.1", port }, model: loadModel(model), password: SECRET, deadlineMs: 150, ...(webPort !== null && { webPort }) });
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

/** A miner that says everything back, and a broker the farm has: whatever reaches either is looked through. */
test("a miner that says its password back: in no log, answer, event, notice, journal, dump or bundle", async (t) => {
  await using directory = await testDirectory();
  const said: string[] = [];
  const parrot = async (): Promise<RawMiner> => {
    const bird = await rawMiner((socket, request) => {
      said.push(request);
      respond(socket, JSON.stringify({ STATUS: [{ STATUS: "E", When: 1, Code: 45, Msg: `no access for ${SECRET} (token=${SECRET})`, Description: SECRET }], password: SECRET, POOLS: [{ URL: `stratum+tcp://rack:${encodeURIComponent(SECRET)}@pool:3333`, User: "ada" }], id: 1 }));
    });
    t.after(() => bird[Symbol.asyncDispose]());
    return bird;
  };
  const aedes = await Aedes.createBroker();
  const broker = createServer((socket) => void aedes.handle(socket));
  await once(broker.listen(0, "127.0.0.1"), "listening");
  t.after(() => new Promise((resolve) => aedes.close(() => broker.close(resolve))));
  const published: string[] = [];
  aedes.on("publish", ({ topic, payload }) => void published.push(`${topic} ${payload.toString()}`));
  const url = `mqtt://127.0.0.1:${(broker.address() as AddressInfo).port}`;
  const passwordFile = await directory.write("secret", `${SECRET}\n`);
  const place = async (): Promise<string> => formatAddress((await parrot()).address);
  const miner = async (id: string, driver: string, model: string) => ({ id, driver, model, address: await place(), webPort: (await parrot()).address.port, passwordFile });
  const file = await directory.write("config.yaml", configText({
    "grid.brokers": [url], "grid.clock": "assumed", "grid.username": "rack", "grid.passwordFile": passwordFile, farm: { brokers: [url], passwordFile, username: "farm" },
    miners: [await miner("m-1", "whatsminer-v2", "whatsminer-m50s"), await miner("m-2", "braiins", "antminer-s19k-pro"), await miner("m-3", "luxos", "antminer-s19k-pro")],
    meters: [{ id: "pdu-1", profile: "gude-epc", address: await place(), role: "rack" }], "paths.state": "state", "paths.run": "run",
  }));
  const child = spawn(process.execPath, [program("curtaild"), "run", "--config", file, "--log-level", "debug"], { stdio: ["ignore", "pipe", "pipe"] });
  const gone = once(child, "exit");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
  const answers: string[] = [];
  const bundle = join(directory.path, "bundle.tar.gz");
  try {
    const client = new ControlClient(join(directory.path, "run"));
    await until(() => published.some((line) => line.includes("/notice/")) && log.includes("no access for"), () => log.slice(-2_000), 15_000);
    for (const { method, path, follow } of describedRoutes()) {
      if (method !== "GET" || follow !== undefined) continue;
      answers.push(`${path} ${JSON.stringify(await client.ask("GET", path.replace(":id", "m-1")).catch((error: unknown) => String(error)))}`);
    }
    answers.push(JSON.stringify(await client.ask("GET", "/events?last=2000")));
    for (const args of [["doctor", "--config", file, "--socket", join(directory.path, "run"), "--bundle", bundle], ["dump", "m-1", "--config", file], ["dump", "m-3", "--config", file]]) {
      const { out, err } = await run("curtailctl", args);
      answers.push(out, err);
    }
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
  assert.match(log, /no access for \(not shown\)/, "what the miner said is told but for the secret");
  assert.ok(said.length > 0 && answers.length > 20 && published.some((line) => line.includes("curtaild/")), "every place was looked through");
  keeps(log, "the log");
  for (const answer of answers) keeps(answer, answer.slice(0, 60));
  for (const line of published) keeps(line, line.slice(0, 60));
  keeps(gunzipSync(await readFile(bundle)).toString("latin1"), "the bundle");
  const journal = join(directory.path, "state", "journal");
  for (const segment of await readdir(journal)) keeps((await readFile(join(journal, segment))).toString("latin1"), segment);
});

test("a configuration with secrets in the wrong place: no error shows them", async () => {
  await using directory = await testDirectory();
  const planted = ["grid: { password: 'PLANTED-1' }", "grid: { brokers: ['mqtt://rack:PLANTED-1@b'] }", "password: *PLANTED-1", "grid: { passwordFile: { secret: PLANTED-1 } }", "token: !PLANTED-1 x", "miners: [{ apiKey: PLANTED-1 }]", "password: \"PLANTED-1", "password: 'a' PLANTED-1", "grid: { failsafeLimitW: 'mqtt://x:PLANTED-1@y' }"];
  for (const text of planted) {
    const error = await parseConfig(`${configText()}${text}\n`, "config.yaml").catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError, text);
    assert.doesNotMatch(inspect([error.message, error.faults]), /PLANTED/, text);
  }
  const outcome = await run("curtaild", ["check", await directory.write("config.yaml", `${configText()}${planted[2]}\n`), "--json"]);
  assert.equal(outcome.code, 78);
  assert.doesNotMatch(outcome.out + outcome.err, /PLANTED/);
});

test("the daemon and dump: in no log line, no answer and no dump", async () => {
  await using rig = await startRig({ asics: locked.length, drivers: locked });
  await using directory = await testDirectory();
  await writeRigFiles(rig, directory.path, { broker: "mqtt://127.0.0.1:1" });
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
