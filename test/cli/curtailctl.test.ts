import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { fileURLToPath } from "node:url";
import { ControlError } from "../../agent/link/control.ts";
import { deviceLines } from "../../agent/cli/commands/devices.ts";
import { deviceDetailLines } from "../../agent/cli/device-lines.ts";
import type { Telemetry } from "../../agent/core/model.ts";
import { millis, terahash, watts } from "../../agent/core/units.ts";
import { silence } from "../support/miner.ts";
import { testDirectory } from "../config/config-files.ts";
import { until } from "../link/link-rig.ts";
import { detail, device, grid, plan, silent, status, why } from "./answers.ts";
import { fakeDaemon, run } from "./programs.ts";

const answers = {
  "GET /status": status,
  "GET /why": why,
  "GET /why/:id": { ...why, devices: why.devices.slice(0, 1), next: [] },
  "GET /plan": plan,
  "GET /devices": [device, silent],
  "GET /devices/:id": detail,
  "GET /grid": grid,
  "GET /events": [{ at: "2026-01-01T00:00:01.000Z", name: "signal.accepted", id: "alloc-7" }],
  "POST /limit": { ok: true, limitW: 4_000, forS: 7_200 },
  "DELETE /limit": { ok: true, cleared: true },
  "POST /stop": { ok: true },
  "POST /devices/:id/blink": { ok: true },
  "POST /devices/:id/restart": { ok: true },
  "POST /devices/:id/maintenance": { ok: true },
  "POST /devices/:id/pin": { ok: true },
};

describe("curtailctl shows", { concurrency: 2 }, () => {
  const table: [readonly string[], readonly RegExp[]][] = [
    [["status"], [/^state {6}limited, compliant, 320 W below the limit$/m, /^limit {6}20\.1 kW from the grid's allocation, document alloc-7, 2 h 5 min left$/m, /^hashrate {3}1\.02 PH\/s from the 11 that answer$/m, /^devices {4}12: 11 answering, 2 asleep/m, /^refused {4}2 REPLAY$/m]],
    [["why"], [
      /^The rack may draw 20\.1 kW because of the grid's allocation \(document alloc-7\)\.$/m, /^It has held since 2025-12-31 22:04:12 UTC\. It ends in 2 h 5 min\.$/m,
      /^beside {3}25\.0 kW by the schedule until 17:00:00 UTC; 40\.0 kW by the breaker$/m,
      /^budget {3}20\.1 kW = 151 W margin \+ 210 W that the rack draws besides its machines \+ 3\.60 kW for asic-02 and asic-05, not planned with \+ 16\.2 kW for the others\. Setpoints come to 16\.1 kW: 35 W are left\.$/m,
      /^plan {5}32 s old; another earns 0\.3 % more: less than the change costs\. A kilowatt less would cost 35\.0 TH\/s \(at asic-03\)$/m,
      /^told {5}3 at point 590 \(asic-01, asic-03 and asic-04\)/m, /asic-02 does not answer \(no answer within 3 s\): it is counted with 3\.50 kW, and told to sleep in case it hears /,
      /asic-04 rests for 12 s before it wakes to point 590/, /asic-05 does not follow \(3 orders to lower it had no effect\): it is held at /, /^next {5}in 12 s asic-04 may wake/m,
      /in 2 h 5 min \(02:05:00 UTC\) the limit is 10\.0 kW/,
    ]],
    [["why", "asic-01"], [/^told {5}asic-01 point 590: 3\.01 kW for 121\.8 TH\/s$/m, /^why {6}the next point, point 615, costs 140 W more for 4\.20 TH\/s, and 35 W are left\. A kilowatt earns 30\.0 TH\/s there; the least that one earns now is 35\.0 TH\/s \(at asic-03\)/m]],
    [["plan", "--limit", "6kW"], [/^Under 6\.00 kW this would happen; nothing is done\.$/m, /^now +19\.8 kW +1\.02 PH\/s +19\.4 J\/TH$/m, /^then +5\.95 kW +330\.0 TH\/s +18\.0 J\/TH$/m, /^It is within the limit after 6 s; the last machine has arrived after 44 s\. The\ntimes of 1 of 3 machines were measured here/m, /^asic-02 +point 590 > sleep > point 300 +3\.00 kW +1\.19 kW +after 44 s$/m, /^20\.3 kW +960\.0 TH\/s +21\.1 J\/TH$/m]],
    [["devices"], [/^id +state +wanted/m, /^asic-01 +hashing +point 590 +590 +3\.01 kW +121\.8 TH\/s +24\.7 +61 °C +0\.8 s$/m, /^asic-02 +unknown \(timeout\) .* up to 3\.50 kW +unknown +unknown +unknown +31 s$/m]],
    [["device", "asic-01"], [/^asic-01 {2}Antminer S19k Pro, LuxOS$/m, /between 2\.99 kW and 3\.03 kW \(by outlet\)/]],
    [["grid", "show"], [/^technician 4\.00 kW by ada, until cleared$/m, /^refused {4}2 REPLAY/m]],
    [["grid", "documents"], [/^alloc-7 +ALLOCATION +20\.1 kW +ends in 2 h 5 min +0\/7/m, /^stop-1 +EMERGENCY STOP +0 W/m]],
    [["events", "--last", "5"], [/^00:00:01 {2}signal\.accepted {2}id=alloc-7$/m]],
  ];
  test("status, why, devices, grid and events, for people and as JSON", async () => {
    await using daemon = await fakeDaemon(answers);
    await Promise.all(
      table.map(async ([args, expected]) => {
        const [text, json] = await Promise.all([run("curtailctl", [...args, "--socket", daemon.directory]), run("curtailctl", ["--json", "--socket", daemon.directory, ...args])]);
        assert.deepEqual([text.code, text.err, json.code, json.err], [0, "", 0, ""], args.join(" "));
        // What is broken into lines under its label is one line again.
        const lines = text.out.replaceAll(/\n {9}(?=\S)/g, " ");
        for (const pattern of expected) assert.match(lines, pattern);
        for (const line of json.out.trimEnd().split("\n")) JSON.parse(line);
        assert.ok(!text.out.includes("\u001b"), "NO_COLOR");
      }),
    );
    assert.ok(daemon.asked.includes("GET /events?last=5"));
    assert.deepEqual(JSON.parse((await run("curtailctl", ["--json", "--socket", daemon.directory, "status"])).out), status);
  });

  test("what goes wrong: unconfirmed, failsafe, unknown figures", async () => {
    await using daemon = await fakeDaemon({ "GET /status": { ...status, state: "failsafe", compliance: "unverified", complianceW: null, limitSource: "failsafe", bindingDoc: null, remainingS: null, effectiveLimitW: 10_000, measuredW: null, measuredQuality: "unknown", hashrateThs: null, heartbeatAgeS: null, clock: "unsynced", storage: "failed", config: "last-good" }, "GET /why": { ...why, state: "failsafe", limitSource: "failsafe", heartbeatAgeS: null } });
    const [state, because] = await Promise.all([run("curtailctl", ["status", "--socket", daemon.directory]), run("curtailctl", ["why", "--socket", daemon.directory])]);
    assert.equal(state.code, 0, "status exits 0 whatever the state");
    for (const pattern of [/failsafe, unverified/, /measured {3}unknown \(unknown\)/, /hashrate {3}unknown, unknown/, /no heartbeat yet/, /^clock {6}unsynced/m, /^storage {4}failed/m, /^config {5}last-good/m]) assert.match(state.out, pattern);
    assert.match(because.out, /No heartbeat has been heard since the start/);
  });
});

test("a miner's own words: every figure, what it did not say as unknown, and no escape codes", async () => {
  const telemetry: Telemetry = {
    ...silence, power: watts(2_790), powerSource: "measured", hashrate: terahash(120), hashrate15Min: terahash(119), uptime: millis(7_200_000), accepted: 10,
    pools: [{ url: "stratum+tcp://evil:1", worker: "thief\u001b[2J", active: true }], errors: ["fan 1: no speed"],
  };
  const said = deviceDetailLines({ ...detail, telemetry, poolGuard: "foreign", owes: ["atm"] }).join("\n");
  for (const pattern of [/2\.79 kW \(measured\), up 2 h/, /120\.0 TH\/s now, 119\.0 TH\/s in 15 min, unknown since/, /10 accepted, unknown rejected/, /unknown in, unknown out; fans unknown/, /mines for .*foreign/, /owed +atm/, /error +fan 1/]) assert.match(said, pattern);
  assert.ok(!said.includes("\u001b[2J"));
  assert.ok(deviceDetailLines({ ...detail, gain: 1.02, tookS: { down: 18.3, up: 18.3, sleep: 9.3, wake: 4.3, boards: 10.5 } }).every((line) => stripVTControlCharacters(line).length <= 80), "a line of a terminal");
  assert.match(deviceDetailLines({ ...detail, baseW: 31 }).join(" "), /1\.02 times what its model says, 31 W\s+besides its boards/);
  assert.ok(!said.includes("besides its boards"));
  const quiet = deviceDetailLines({ ...detail, telemetry: silence }).join("\n");
  assert.ok(!/null|undefined|NaN/.test(quiet), quiet);
});

test("devices says who is left alone and who hashes for somebody else", () => {
  const lines = deviceLines([{ ...device, maintenance: true }, { ...device, poolGuard: "foreign" }]);
  assert.match(lines[1] ?? "", /hashing.*, maintenance/);
  assert.match(lines[2] ?? "", /, foreign pool/);
});

describe("curtailctl changes", { concurrency: 2 }, () => {
  test("limit, limit clear and stop with --yes: says who, and what was done", async () => {
    await using daemon = await fakeDaemon(answers);
    const ctl = (...args: string[]) => run("curtailctl", ["--socket", daemon.directory, "--yes", ...args], { SUDO_USER: "ada" });
    const limit = await ctl("limit", "4kW", "--for", "2h");
    assert.deepEqual([limit.code, limit.out], [0, "The rack draws at most 4.00 kW for 2 h.\n"]);
    assert.equal((await ctl("limit", "0")).code, 0);
    assert.match((await ctl("limit", "clear")).out, /has ended/);
    assert.match((await ctl("stop")).out, /goes to sleep/);
    assert.deepEqual(daemon.asked.filter((line) => !line.startsWith("GET")), [
      'POST /limit {"limitW":4000,"forS":7200,"who":"ada"}',
      'POST /limit {"limitW":0,"forS":null,"who":"ada"}',
      'DELETE /limit {"who":"ada"}',
      'POST /stop {"who":"ada"}',
    ]);
  });

  test("blink, restart, maintenance and pin of one miner", async () => {
    await using daemon = await fakeDaemon(answers);
    const ctl = (...args: string[]) => run("curtailctl", ["--socket", daemon.directory, "--yes", ...args], { SUDO_USER: "ada" });
    assert.match((await ctl("blink", "asic-01")).out, /asic-01 blinks.*--off/);
    assert.match((await ctl("blink", "asic-01", "--off")).out, /no more/);
    assert.match((await ctl("restart", "asic-01")).out, /asic-01 restarts/);
    assert.match((await ctl("maintenance", "asic-01")).out, /left alone/);
    assert.match((await ctl("maintenance", "asic-01", "--end")).out, /under the rack's control again/);
    assert.match((await ctl("pin", "asic-01", "490")).out, /asic-01 is pinned to 490.*the limit goes first/);
    assert.match((await ctl("pin", "asic-01", "--end")).out, /where it earns most/);
    assert.equal((await ctl("pin", "asic-01")).code, 64);
    assert.deepEqual(daemon.asked.filter((line) => !line.startsWith("GET")), [
      'POST /devices/:id/blink {"on":true,"who":"ada"}',
      'POST /devices/:id/blink {"on":false,"who":"ada"}',
      'POST /devices/:id/restart {"who":"ada"}',
      'POST /devices/:id/maintenance {"on":true,"who":"ada"}',
      'POST /devices/:id/maintenance {"on":false,"who":"ada"}',
      'POST /devices/:id/pin {"at":"490","who":"ada"}',
      'POST /devices/:id/pin {"at":null,"who":"ada"}',
    ]);
  });

  test("without --yes and without a terminal nothing is changed: 64, and what it would have done", async () => {
    await using daemon = await fakeDaemon(answers);
    const outcomes = await Promise.all([["limit", "4kW"], ["limit", "clear"], ["stop"], ["restart", "asic-01"]].map((args) => run("curtailctl", ["--socket", daemon.directory, ...args])));
    for (const { code, err } of outcomes) {
      assert.equal(code, 64);
      assert.match(err, /--yes/);
    }
    assert.match(outcomes[0]?.err ?? "", /holds the rack at 4\.00 kW at most, until `curtailctl limit clear`\. It draws 19\.8 kW now/);
    assert.deepEqual(daemon.asked.filter((line) => !line.startsWith("GET")), []);
  });
});

describe("curtailctl says why it cannot, with the code of the cause", { concurrency: 2 }, () => {
  const cannot = async (args: readonly string[], code: number, text: RegExp): Promise<void> => {
    const outcome = await run("curtailctl", args);
    assert.equal(outcome.code, code, `${args.join(" ")}: ${outcome.err}`);
    assert.match(outcome.err, text);
    assert.equal(outcome.out, "");
  };

  test("usage: 64", async () => {
    await Promise.all([
      cannot(["limit"], 64, /missing required argument/),
      cannot(["limit", "4zw"], 64, /is not a power/),
      cannot(["limit", "4kW", "--for", "soon"], 64, /is not a length of time/),
      cannot(["events", "--last", "x"], 64, /whole number/),
      cannot(["nonsense"], 64, /unknown command/),
      cannot(["status", "--nonsense"], 64, /unknown option/),
    ]);
  });

  test("no daemon: 69 with cause and cure; --rack is a directory below", async () => {
    await using directory = await testDirectory();
    const left = createServer().listen(join(directory.path, "look.sock"));
    await new Promise((resolve) => left.once("listening", resolve));
    await Promise.all([
      cannot(["status", "--socket", join(directory.path, "none")], 69, /there is no \S+none\/look\.sock\. Start it \(systemctl start curtaild\), or name its run directory with --socket/),
      cannot(["status", "--rack", "no-such-rack"], 69, /\/run\/curtaild\/no-such-rack\/look\.sock/),
    ]);
    left.close();
  });

  test("refusals keep their cure", async () => {
    await using daemon = await fakeDaemon({
      "GET /devices/:id": new ControlError(404, "no device asic-99 in this rack", "curtailctl devices lists them."),
      "GET /status": new ControlError(503, "the first decision is not made yet", "Try again in a second."),
      "GET /grid": new Error("a bug of the daemon"),
    });
    await Promise.all([
      cannot(["device", "asic-99", "--socket", daemon.directory], 64, /no device asic-99 in this rack\. curtailctl devices lists them\./),
      cannot(["status", "--socket", daemon.directory], 69, /not made yet/),
      cannot(["grid", "show", "--socket", daemon.directory], 70, /a bug of the daemon/),
      cannot(["events", "--socket", daemon.directory], 64, /there is no \/events/),
    ]);
  });

  test("a socket that may not be opened: 77", { skip: process.getuid?.() === 0 ? "root may open everything" : false }, async () => {
    await using daemon = await fakeDaemon(answers);
    await chmod(join(daemon.directory, "look.sock"), 0);
    await cannot(["status", "--socket", daemon.directory], 77, /you may not open/);
  });
});

test("curtailctl events -f follows until Ctrl-C, then ends with 0; with 69 when the daemon goes", async (t) => {
  await using daemon = await fakeDaemon(answers);
  const program = fileURLToPath(new URL("../../agent/cli/curtailctl.js", import.meta.url));
  const follow = () => {
    const child = spawn(process.execPath, [program, "--socket", daemon.directory, "events", "-f", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    const seen: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => seen.push(text));
    return { child, text: () => seen.join(""), code: new Promise((resolve) => child.on("exit", resolve)) };
  };
  const [interrupted, abandoned] = [follow(), follow()];
  for (const { text } of [interrupted, abandoned]) await until(() => text().includes("mode.changed"), text, 10_000);
  assert.match(interrupted.text(), /^\{"at":"2026-01-01T00:00:01\.000Z","name":"signal\.accepted"/);
  interrupted.child.kill("SIGINT");
  assert.equal(await interrupted.code, 0);
  await daemon[Symbol.asyncDispose]();
  assert.equal(await abandoned.code, 69);
});
