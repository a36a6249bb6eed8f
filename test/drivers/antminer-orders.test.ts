/** What an order writes, what it refuses to write, and what it believes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Telemetry } from "../../agent/core/model.ts";
import type { Device } from "../../drivers/driver.ts";
import { json } from "../../drivers/sim/http-server.ts";
import { REQUEST_MS, stockAntminer, type StockAntminer } from "./stock-antminer.ts";

const never = new AbortController().signal;
const SET = "POST /cgi-bin/set_miner_conf.cgi";
const toPoint = async (device: Device, point: string): Promise<void> => device.actuators.points?.({ kind: "points", point }, never);
const toSleep = async (device: Device): Promise<void> => device.actuators.sleep?.({ kind: "sleep" }, never);
const writes = ({ asked }: StockAntminer): number => asked.filter((request) => request === SET).length;

async function until(device: Device, holds: (telemetry: Telemetry) => boolean): Promise<Telemetry> {
  for (let tries = 0; tries < 100; tries++) {
    const telemetry = await device.read(never);
    if (holds(telemetry)) return telemetry;
    await pause(30);
  }
  throw new assert.AssertionError({ message: `never: ${holds.toString()}` });
}

const fails = (attempt: Promise<unknown>, code: DeviceError["code"], words: RegExp): Promise<void> =>
  assert.rejects(attempt, (error) => error instanceof DeviceError && error.code === code && words.test(error.message));

describe("an order to a stock Antminer", () => {
  test("writes the whole configuration back, pools and all, the mode under both of its names", async () => {
    await using miner = await stockAntminer({ startMs: 60 });
    await toPoint(miner.device, "70%");
    const told = JSON.parse(miner.told[0] ?? "") as Record<string, unknown>;
    assert.deepEqual(told["pools"], [1, 2, 3].map((rank) => ({ url: `stratum+tcp://pool-${rank}.invalid:3333`, user: "rig.asic-01", pass: "x" })));
    assert.deepEqual([told["miner-mode"], told["bitmain-work-mode"], told["freq-level"], told["bitmain-freq-level"]], ["0", "0", "70", "70"]);
    assert.deepEqual([told["bitmain-fan-ctrl"], told["bitmain-fan-pwm"], told["api-allow"]], [false, "100", "A:0/0,W:*"]);
    assert.deepEqual((await miner.device.read(never)).pools.map(({ worker }) => worker), ["rig.asic-01", "rig.asic-01", "rig.asic-01"]);
    assert.deepEqual(miner.asked.slice(-4, -1), ["GET /cgi-bin/get_miner_conf.cgi", SET, "GET /cgi-bin/get_miner_conf.cgi"]);
  });

  test("sleep is mode 1 and keeps the level", async () => {
    await using miner = await stockAntminer({ startMs: 60 });
    await toPoint(miner.device, "70%");
    await until(miner.device, ({ point }) => point === "70%");
    await toSleep(miner.device);
    const told = JSON.parse(miner.told[1] ?? "") as Record<string, unknown>;
    assert.deepEqual([told["miner-mode"], told["bitmain-work-mode"], told["freq-level"]], ["1", "1", "70"]);
    await until(miner.device, ({ state }) => state === "asleep");
    assert.equal(miner.machine.body.state, "asleep");
  });

  test("what is set already costs no restart", async () => {
    await using miner = await stockAntminer({ startMs: 60 });
    await toPoint(miner.device, "100%");
    assert.equal(writes(miner), 0);
    await toSleep(miner.device);
    await toSleep(miner.device);
    await toSleep(miner.again());
    assert.equal(writes(miner), 1);
  });

  test("whoever wants its lamp meanwhile is told at once to come back", async () => {
    await using miner = await stockAntminer({ startMs: 2 * REQUEST_MS });
    const ordered = toPoint(miner.device, "50%");
    const asked = performance.now();
    await fails(miner.device.blink?.(true, never) ?? Promise.resolve(), "refused", /half a minute: try again/);
    assert.ok(performance.now() - asked < REQUEST_MS);
    await ordered;
    await miner.device.blink?.(true, never);
  });

  test("the answer may come seven requests' deadlines late, and readings go on meanwhile", async () => {
    await using miner = await stockAntminer({ startMs: 10 * REQUEST_MS });
    await miner.device.read(never);
    const ordered = toPoint(miner.device, "50%");
    await pause(3 * REQUEST_MS);
    const meanwhile = await miner.device.read(never);
    assert.deepEqual([meanwhile.point, meanwhile.hashrate === null], [null, false]);
    assert.equal(writes(miner), 1);
    await ordered;
    assert.ok((miner.device.orderDeadlineMs ?? 0) > 7 * REQUEST_MS);
  });

  test("a configuration without pools is never written back", async () => {
    await using miner = await stockAntminer();
    for (const conf of [{ "bitmain-work-mode": "0" }, { "bitmain-work-mode": "0", pools: [] }, { "bitmain-work-mode": "0", pools: "x" }]) {
      miner.instead = ({ method }) => (method === "GET" ? json(200, conf) : null);
      await fails(toSleep(miner.device), "malformed", /no list of pools/);
    }
    assert.equal(writes(miner), 0);
  });

  test("a configuration that had to be mended is never written back", async () => {
    await using miner = await stockAntminer();
    const conf = '{"bitmain-work-mode":"0","pools":[{"url":"stratum+tcp://a","user":"b","pass":"c",}],"bitmain-voltage":nan}';
    miner.instead = ({ method }) => (method === "GET" ? { status: 200, body: conf } : null);
    await fails(toSleep(miner.device), "malformed", /no JSON as it stands; nothing is written/);
    assert.equal(writes(miner), 0);
  });

  test("is not believed when it is not read back, nor when pools were lost on the way", async () => {
    await using miner = await stockAntminer({ startMs: 60 });
    miner.instead = ({ method }) => (method === "POST" ? json(200, { stats: "success", code: "M000", msg: "OK!" }) : null);
    await fails(toSleep(miner.device), "refused", /acknowledged and not taken: mode 1, level 100 was wanted, mode 0, level 100 is read back/);
    miner.instead = (request) => (request.method === "POST" ? miner.firmware.web({ ...request, body: request.body.replace("pool-3", "elsewhere") }) : null);
    await fails(toSleep(miner.device), "refused", /the pools are not what they were/);
    miner.instead = ({ method }) => (method === "POST" ? json(200, { stats: "error", code: "M001", msg: "Invalid configuration" }) : null);
    await fails(toPoint(miner.device, "50%"), "refused", /M001, Invalid configuration/);
  });

  test("firmware that keeps two names for the mode must agree with itself", async () => {
    await using miner = await stockAntminer({ startMs: 60 });
    miner.instead = (request) => {
      if (request.method === "POST" || !request.path.endsWith("get_miner_conf.cgi")) return null;
      const given = miner.firmware.web(request);
      return given.status === 200 ? json(200, { ...(JSON.parse(given.body ?? "") as object), "miner-mode": 0 }) : given;
    };
    await fails(toSleep(miner.device), "refused", /mode unknown/);
    assert.equal(typeof (JSON.parse(miner.told[0] ?? "") as Record<string, unknown>)["miner-mode"], "number");
  });

  test("a point it has not is out of range, with those it has", async () => {
    await using miner = await stockAntminer();
    await fails(toPoint(miner.device, "55%"), "out-of-range", /50%, 60%, 70%, 80%, 90%, 100%/);
    assert.equal(writes(miner), 0);
  });

  test("a machine that stores that it should sleep and mines on is told again when patience ends", async () => {
    await using miner = await stockAntminer({ startMs: 20 });
    let now = 0;
    const device = miner.again(undefined, { powerPort: 1, now: () => now });
    miner.fault("stuck");
    await toSleep(device);
    await pause(50);
    miner.fault("clear");
    assert.equal((await device.read(never)).state, "ramping");
    now = 60 * REQUEST_MS - 1;
    await toSleep(device);
    assert.equal(writes(miner), 1);
    now = 60 * REQUEST_MS;
    await toSleep(device);
    assert.equal(writes(miner), 2);
    await until(device, ({ state }) => state === "asleep");
  });
});

describe("besides orders", () => {
  test("it blinks and it restarts", async () => {
    await using miner = await stockAntminer({ startMs: 60 });
    await miner.device.blink?.(true, never);
    await miner.device.blink?.(false, never);
    const { uptime } = await miner.device.read(never);
    await miner.device.restart?.(never);
    await assert.rejects(miner.device.read(never));
    for (let tries = 0; tries < 50; tries++) {
      const again = await miner.device.read(never).catch(() => null);
      if (again?.uptime != null && uptime !== null && again.uptime < uptime) return;
      await pause(20);
    }
    assert.fail("did not come back");
  });

  test("a wrong password is tried once, said in every reading, and stops no reading", async () => {
    await using miner = await stockAntminer();
    const device = miner.again("guessed");
    for (let poll = 0; poll < 3; poll++) {
      const { point, hashrate, errors, state } = await device.read(never);
      assert.deepEqual([point, hashrate === null, state], [null, false, "hashing"]);
      assert.deepEqual(errors, ["the miner refused our password: it takes no orders"]);
    }
    await fails(toSleep(device), "refused", /passwordFile of asic-01; tried again in/);
    assert.equal(miner.firmware.guard.wrong, 1);
  });
});
