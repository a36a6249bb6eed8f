/** Whatever changes the rack is said first, asked for, and written down with the name of who ordered it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ControlClient } from "../../agent/cli/client.ts";
import { Failure } from "../../agent/cli/exit.ts";
import { describedRoutes } from "../../scripts/docs/openapi.ts";
import { configText, testDirectory } from "../config/config-files.ts";
import { until } from "../link/link-rig.ts";
import { device, status } from "./answers.ts";
import { fakeDaemon, program, run } from "./programs.ts";

/** The command that gives each order, without --yes. */
const asking: Readonly<Record<string, readonly string[]>> = {
  "POST /limit": ["limit", "4kW"],
  "DELETE /limit": ["limit", "clear"],
  "POST /stop": ["stop"],
  "POST /hold": ["hold"],
  "DELETE /hold": ["hold", "--end"],
  "POST /reload": ["reload"],
  "POST /estop/reset": ["estop", "reset"],
  "POST /devices/:id/restart": ["restart", "asic-01"],
  "POST /devices/:id/maintenance": ["maintenance", "asic-01"],
  "POST /devices/:id/pin": ["pin", "asic-01", "490"],
  "POST /outlets/:meter/:outlet": ["outlet", "pdu-1/1", "off", "--reason", "smoke"],
  "POST /outlets/:meter/:outlet/lock": ["outlet", "pdu-1/1", "lock", "--reason", "hands in it"],
  "POST /map": ["map"],
  "DELETE /map": ["map", "stop"],
  "POST /prove": ["drill", "--to", "80%"],
  "DELETE /prove": ["prove", "stop"],
};
/** What they do changes nothing that the rack draws or obeys; `replace` has asked before it forgets, and `state` only reads. */
const harmless = new Set(["POST /devices/:id/blink", "POST /loglevel", "POST /devices/:id/forget", "POST /state"]);

const orders = describedRoutes().filter(({ socket }) => socket === "act").map(({ method, path }) => `${method} ${path}`);

test("every order of the control socket has a command that says what will happen and asks", async () => {
  assert.deepEqual(orders.filter((order) => !harmless.has(order) && asking[order] === undefined), [], "give it a row here, or say why it is harmless");
  const outlet = { outlet: 1, on: true, powerW: 3_000, device: "asic-01", feeds: "asic-01", mostW: 3_500, opens: "never", hold: null, last: null, restLeftS: 0 };
  await using daemon = await fakeDaemon({ "GET /status": status, "GET /devices": [device], "GET /pdus": [{ id: "pdu-1", outlets: [outlet] }], ...Object.fromEntries(orders.map((order) => [order, { ok: true }])) });
  await Promise.all(Object.entries(asking).map(async ([order, args]) => {
    const { code, out, err } = await run("curtailctl", ["--socket", daemon.directory, ...args]);
    assert.deepEqual([code, out], [64, ""], `${order}: ${err}`);
    assert.match(err, /^\S.{30,}\.\n?.*Nobody can be asked here: say --yes to do it\.$/ms, order);
  }));
  assert.deepEqual(daemon.asked.filter((line) => !line.startsWith("GET")), [], "and nothing was ordered");
});

test("commands order by one door only", async () => {
  const cli = fileURLToPath(new URL("../../../agent/cli/", import.meta.url));
  const files = (await readdir(cli, { recursive: true })).filter((file) => file.endsWith(".ts"));
  const others: string[] = [];
  for (const file of files) if (/\.order\(/.test(await readFile(join(cli, file), "utf8")) && !["asking.ts", join("commands", "state.ts")].includes(file)) others.push(file);
  assert.ok(files.length > 50);
  assert.deepEqual(others, [], "order() of asking.ts says what will happen, asks, and gives the name");
});

test("each order stands in the journal with name and uid, done or refused", async (t) => {
  await using directory = await testDirectory();
  const file = await directory.write("config.yaml", configText({ "grid.brokers": ["mqtt://127.0.0.1:1"], "grid.clock": "assumed", "miners.0.address": "127.0.0.1:2", "miners.1.address": "127.0.0.1:3", "meters.0.address": "127.0.0.1:4", "paths.state": "state", "paths.run": "run" }));
  const child = spawn(process.execPath, [program("curtaild"), "run", "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const gone = once(child, "exit");
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
  await until(() => log.includes('"mode.changed"'), () => log, 15_000);
  const client = new ControlClient(join(directory.path, "run"));
  const who = userInfo().username;
  const bodies: Readonly<Record<string, object>> = {
    "POST /limit": { limitW: 4_000, forS: null }, "POST /hold": { forS: 60 }, "POST /loglevel": { room: null, level: "info" }, "POST /devices/:id/maintenance": { on: false }, "POST /devices/:id/pin": { at: null }, "POST /devices/:id/blink": { on: true },
    "POST /outlets/:meter/:outlet": { on: false, why: "a test" }, "POST /outlets/:meter/:outlet/lock": { locked: true, why: "a test" }, "POST /map": { share: 0.1, devices: [] }, "POST /prove": { kind: "drill", parts: [0.8], holdS: 1 },
  };
  const given: string[] = [];
  for (const order of orders) {
    const [method, pattern = ""] = order.split(" ");
    const path = pattern.replace(":id", "asic-01").replace(":meter", "pdu-1").replace(":outlet", "1");
    await client.order(method as "POST" | "DELETE", path, { ...bodies[order], who }).catch((error: unknown) => assert.ok(error instanceof Failure, `${order}: ${String(error)}`));
    given.push(`${method} ${path}`);
  }
  // It is on the disk within a second, and no end in order is needed for that.
  await pause(1_200);
  child.kill("SIGKILL");
  await gone;
  const journal = join(directory.path, "state", "journal");
  const lines = (await Promise.all((await readdir(journal)).filter((name) => name.endsWith(".jsonl")).map((name) => readFile(join(journal, name), "utf8")))).join("").split("\n").filter((line) => line.includes('"technician.ordered"'));
  const told = lines.map((line) => JSON.parse(line) as { order: string; who: string; refused: string | null });
  assert.deepEqual(told.map(({ order }) => order), given);
  assert.ok(told.every((order) => order.who === `${who}(${process.getuid?.()})`), JSON.stringify(told));
  assert.ok(told.some(({ refused }) => refused === null) && told.some(({ refused }) => /refused the connection/.test(refused ?? "")), JSON.stringify(told));
});
