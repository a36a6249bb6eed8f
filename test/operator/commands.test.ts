import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startBroker, type Broker } from "../../agent/cli/sim-broker.ts";
import { startRack, type Rack } from "./rack.ts";

const program = fileURLToPath(new URL("../../agent/cli/curtailctl.js", import.meta.url));
const node = "site/s1/rack/r1";

let dir = "";
let broker: Broker;
let rack: Rack | null = null;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "curtaild-operator-"));
  broker = await startBroker();
});
after(async () => {
  await rack?.close();
  await broker.close();
  await rm(dir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const operator = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => start(args, env).ended;

function start(args: readonly string[], env: Readonly<Record<string, string>>): { readonly ended: Promise<Ended>; stop(): void } {
  const variables = { PATH: process.env["PATH"] ?? "", CURTAIL_BROKER: broker.url, CURTAIL_OPERATOR: "demo", CURTAIL_NODE: node, XDG_STATE_HOME: join(dir, "state"), NO_COLOR: "1", ...env };
  const child = spawn(process.execPath, [program, "operator", ...args], { env: variables, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, out, err })));
  return { ended, stop: () => child.kill("SIGTERM") };
}

async function done(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> {
  const { code, out, err } = await operator(args, env);
  assert.equal(code, 0, `${args.join(" ")}: ${err}${out}`);
  return out;
}

const path = (name: string): string => join(dir, name);
const stated = ({ signal }: Rack): (number | null)[] => signal.heard().allocations.map(({ ceiling }) => ceiling);

describe("operator, signed", { timeout: 240_000 }, () => {
  const signed = (): Readonly<Record<string, string>> => ({ CURTAIL_KEY: path("grid-1.key.pem"), CURTAIL_KID: "grid-1" });

  test("keygen makes a pair, private to its owner, and overwrites none", async () => {
    assert.match(await done(["keygen", path("root")]), /fingerprint [0-9a-f]{64}/);
    await done(["keygen", path("grid-1")]);
    await done(["keygen", path("grid-2"), "--es256"]);
    assert.equal((await stat(path("root.key.pem"))).mode & 0o777, 0o600);
    const { code, err } = await operator(["keygen", path("root")]);
    assert.equal(code, 65);
    assert.match(err, /never overwritten/);
  });

  test("keys, an allocation and a heartbeat reach the rack and confirm", async () => {
    rack = await startRack(broker.url, createPublicKey(await readFile(path("root.pub.pem"))));
    const { signal } = rack;
    await done(["keys", "--root", path("root.key.pem"), "--add", `grid-1=${path("grid-1.pub.pem")}`, "--add", `grid-2=${path("grid-2.key.pem")}`, "--timeout", "2s"]);
    await rack.until(() => signal.heard().heartbeat.confirmedAt === null, "no confirmation yet");
    const out = await done(["allocate", "--limit", "8kW", "--for", "2h", "--heartbeat-timeout", "15s", "--failsafe", "1.2kW"], signed());
    assert.match(out, /ACCEPTED/);
    assert.deepEqual(stated(rack), [8_000]);
    assert.equal(signal.heard().allocations[0]?.failsafe?.heartbeatTimeout, 15_000);
    assert.equal(signal.heard().allocations[0]?.failsafe?.limit, 1_200);
    await done(["heartbeat", "--once"], { CURTAIL_KEY: path("grid-2.key.pem"), CURTAIL_KID: "grid-2" });
    await rack.until(() => signal.heard().heartbeat.confirmedAt !== null, "the confirmation");
  });

  test("a limit and its cancellation", async () => {
    assert.ok(rack);
    assert.match(await done(["limit", "40%", "--nominal", "33528", "--id", "peak", "--for", "90s"], signed()), /ACCEPTED/);
    assert.ok(Math.abs((rack.signal.heard().limits[0]?.intervals[0]?.limit ?? 0) - 13_411.2) < 1e-6);
    assert.match(await done(["cancel", "peak"], signed()), /CANCELLED/);
    assert.deepEqual(rack.signal.heard().limits, []);
  });

  test("a setpoint, a level of a ladder, and a random cancellation", async () => {
    assert.ok(rack);
    assert.match(await done(["allocate", "--limit", "20kW", "--firm", "10kW", "--levels", "100,75,50,0"], signed()), /ACCEPTED/);
    assert.match(await done(["setpoint", "9kW", "--priority", "2", "--drill"], signed()), /ACCEPTED/);
    assert.match(await done(["level", "2", "--for", "10m"], signed()), /ACCEPTED/);
    const { setpoints, levels, allocations } = rack.signal.heard();
    assert.deepEqual([setpoints[0]?.intervals[0]?.limit, setpoints[0]?.priority, setpoints[0]?.ref.drill], [9_000, 2, true]);
    assert.equal(levels[0]?.intervals[0]?.level, 2);
    assert.deepEqual(allocations[0]?.levels, [1, 0.75, 0.5, 0]);
    assert.match(await done(["cancel", "setpoint", "--type", "SETPOINT"], signed()), /CANCELLED/);
    assert.match(await done(["cancel", "level", "--type", "LEVEL", "--randomize", "10m"], signed()), /ACCEPTED/);
    assert.deepEqual(rack.signal.heard().setpoints, []);
    assert.equal(rack.signal.heard().levels.length, 1);
    await done(["cancel", "level", "--type", "LEVEL"], signed());
  });

  test("an emergency needs a yes, and its release a heartbeat", async () => {
    assert.ok(rack);
    const { signal } = rack;
    const unasked = await operator(["emergency"], signed());
    assert.equal(unasked.code, 64);
    assert.match(await done(["emergency", "--yes"], signed()), /ACCEPTED/);
    assert.equal(signal.heard().latches.length, 1);
    assert.match(await done(["release", "--yes"], signed()), /ACCEPTED/);
    assert.equal(signal.heard().latches.length, 1);
    await done(["heartbeat", "--once"], signed());
    await rack.until(() => signal.heard().latches.length === 0, "the release");
  });

  test("an unsigned document is not answered: 75", async () => {
    const { code, err } = await operator(["allocate", "--limit", "1kW", "--timeout", "500ms"]);
    assert.equal(code, 75, err);
    assert.match(err, /no agent answered/);
    await done(["allocate", "--limit", "8kW"], signed());
  });

  test("watch in CSV ends with the sum of all racks", async () => {
    const rows = (await done(["watch", "--once", "--csv"])).trimEnd().split("\n");
    assert.match(rows[0] ?? "", /^at,node,online,state/);
    assert.match(rows.at(-1) ?? "", /,sum,true,,,,,,,8000,7500$/);
  });

  test("watch shows the rack", async () => {
    const out = await done(["watch", "--once"]);
    assert.match(out, /site\/s1\/rack\/r1.*controlled.*compliant.*8\.00 kW/);
    assert.match(out, /together +1 rack +1 online +1 compliant +1 metered +8\.00 kW +7\.50 kW/);
  });
});

describe("operator, unsigned", { timeout: 240_000 }, () => {
  test("a short form, named by a heartbeat through the status, confirms; a schedule follows", async () => {
    await rack?.close();
    rack = null;
    const own = await startBroker();
    const ear = await startRack(own.url, null);
    const env = { CURTAIL_BROKER: own.url };
    try {
      assert.match(await done(["allocate", "--limit", "4kW", "--short"], env), /ACCEPTED/);
      assert.deepEqual(stated(ear), [4_000]);
      await done(["heartbeat", "--once"], env);
      await ear.until((signal) => signal.heard().heartbeat.confirmedAt !== null, "the confirmation");
      const heartbeat = start(["heartbeat", "--period", "60s"], env);
      const before = ear.signal.heard().heartbeat.bornAt;
      await ear.until((signal) => signal.heard().heartbeat.bornAt !== before, "the first of many heartbeats");
      const first = ear.signal.heard().heartbeat.bornAt;
      await done(["allocate", "--schedule", "8kW:2h,4kW:30m,none:1h"], env);
      assert.deepEqual(ear.signal.heard().allocations[0]?.schedule.map(({ limit }) => limit), [8_000, 4_000, null]);
      await ear.until((signal) => signal.heard().heartbeat.bornAt !== first, "a heartbeat soon after a new document");
      heartbeat.stop();
      const { code, out } = await heartbeat.ended;
      assert.equal(code, 0);
      assert.match(out, /heartbeat \d+ names 1 documents\n.*heartbeat/);
      const refused = await operator(["limit", "4kW", "--for", "1h", "--node", "site/s1", "--timeout", "1s"], env);
      assert.equal(refused.code, 65);
      assert.match(refused.err, /NOT_APPLICABLE/);
    } finally {
      await ear.close();
      await own.close();
    }
  });
});
