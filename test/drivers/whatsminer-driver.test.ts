/** What the driver makes of a machine that starts, forgets, is stuck, or has another password. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Capability, Telemetry } from "../../agent/core/model.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Device } from "../../drivers/driver.ts";
import { Password } from "../../drivers/whatsminer/password.ts";
import { ApiV2 } from "../../drivers/whatsminer/v2.ts";
import { whatsminerV2, whatsminerV3 } from "../../drivers/whatsminer/driver.ts";
import { whatsminerStand, type StandOptions, type WhatsminerStand } from "./whatsminer-stand.ts";

const never = new AbortController().signal;
const MODEL = "whatsminer-m50s";

const SUBJECTS: readonly StandOptions[] = [
  { api: "v2", driver: whatsminerV2, password: "admin", model: MODEL, requestMs: 1_000 },
  { api: "v3", driver: whatsminerV3, password: "super", model: MODEL, requestMs: 1_000 },
];

const setPoint = (device: Device, point: string): Promise<void> | undefined => device.actuators.points?.({ kind: "points", point }, never);
const sleep = (device: Device): Promise<void> | undefined => device.actuators.sleep?.({ kind: "sleep" }, never);
const wakeS = (capabilities: readonly Capability[]): number => capabilities.map((one) => (one.kind === "sleep" ? one.up.fixed / 1000 : 0)).reduce((a, b) => Math.max(a, b));

/** The machine's time leaps between two looks, so that a start takes no time here. */
async function until(stand: WhatsminerStand, device: Device, shows: (telemetry: Telemetry) => boolean): Promise<Telemetry> {
  for (let looks = 0; looks < 200; looks++) {
    const telemetry = await device.read(never);
    if (shows(telemetry)) return telemetry;
    stand.later(50);
    await pause(1);
  }
  throw new Error("it does not show");
}

for (const subject of SUBJECTS) {
  describe(`WhatsMiner API ${subject.api.toUpperCase()}`, () => {
    test("tells what it is and how it does, in the contract's units", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device();
      await setPoint(device, "100%");
      for (let polls = 0; polls < 3; polls++) await device.read(never);
      const { power, powerSource, hashrate, hashrateAverage, frequency, state, point, boards, inlet, fansRpm, pools, uptime, errors } = await device.read(never);
      assert.ok(power !== null && Math.abs(power - 3_276) < 70 && powerSource === "measured");
      assert.ok(hashrate !== null && Math.abs(hashrate - 126) < 6 && hashrateAverage !== null && Math.abs(hashrateAverage - 126) < 2);
      assert.deepEqual([frequency, state, point, inlet, fansRpm, errors], [790, "hashing", "100%", 25, [4980, 5070], []]);
      assert.deepEqual(boards.map(({ index, frequency: megahertz }) => [index, megahertz]), [[0, 790], [1, 790], [2, 790]]);
      assert.ok(boards.every(({ boardTemperature, chipTemperature, hashrate: own }) => boardTemperature === 68 && chipTemperature === 83 && own !== null && Math.abs(own - 42) < 2));
      assert.deepEqual(pools, [{ url: "stratum+tcp://pool.invalid:3333", worker: "rig.asic-01", active: true }]);
      assert.ok(uptime !== null && uptime >= 86_400_000);
      assert.equal(device.description, "MicroBT WhatsMiner M50S, firmware 20250214.16.Rel");
    });

    test("sleeps with fast boot for the way back, and says how long that takes", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device();
      await device.read(never);
      assert.equal(wakeS(device.capabilities), 600);
      await sleep(device);
      const asleep = await until(stand, device, ({ state, power }) => state === "asleep" && power === 45);
      assert.deepEqual([asleep.point, asleep.frequency, stand.btminer.fastBoot, wakeS(device.capabilities)], [null, null, true, 60]);
    });

    test("wakes through a start to full power, where it is told its percent again", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device();
      await sleep(device);
      await until(stand, device, ({ state }) => state === "asleep");
      await setPoint(device, "60%");
      const starting = await device.read(never);
      assert.deepEqual([starting.state, starting.point, starting.hashrate === null || starting.hashrate === 0], ["starting", "100%", true]);
      const awake = await until(stand, device, ({ state }) => state === "hashing");
      assert.equal(awake.point, "100%");
      await setPoint(device, "60%");
      await until(stand, device, ({ point }) => point === "60%");
    });

    test("a mining process that restarts forgets its percent, and the reading says so", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device();
      await setPoint(device, "50%");
      await until(stand, device, ({ point }) => point === "50%");
      stand.btminer.restart();
      stand.later(20_000);
      const after = await until(stand, device, ({ state }) => state === "hashing");
      assert.deepEqual([after.point, after.power !== null && after.power > 3_000], ["100%", true]);
    });

    test("alike miners share what is planned from", async () => {
      await using stand = await whatsminerStand(subject);
      assert.equal(stand.device().capabilities, stand.device({ id: "asic-02" }).capabilities);
    });

    test("a percent that is not one of its points is out of range, and nothing is sent", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device();
      for (const point of ["61%", "101%", "-5%", ""]) await assert.rejects(setPoint(device, point) ?? Promise.resolve(), (error) => error instanceof DeviceError && error.code === "out-of-range");
      assert.equal(stand.requests, 0);
    });

    test("a wrong password is told once and not hammered; readings go on", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device({ password: "not-it-at-all" });
      const attempt = (): Promise<void> => assert.rejects(sleep(device) ?? Promise.resolve(), (error) => error instanceof DeviceError && error.code === "refused" && /password/.test(error.message) && !error.message.includes("not-it"));
      await attempt();
      const asked = stand.requests;
      for (let tries = 0; tries < 5; tries++) await attempt();
      assert.equal(stand.requests, asked);
      const { state, errors } = await device.read(never);
      assert.deepEqual([state, errors], ["hashing", ["the miner refused our password: it takes no orders"]]);
    });

    test("blinks and stops blinking; restarts and comes back younger", async () => {
      await using stand = await whatsminerStand(subject);
      const device = stand.device();
      await device.blink?.(true, never);
      assert.equal(stand.btminer.led, "flashing");
      await device.blink?.(false, never);
      assert.equal(stand.btminer.led, "auto");
      await device.restart?.(never);
      await assert.rejects(device.read(never), (error) => error instanceof DeviceError && error.code === "unreachable");
      stand.later(20_000);
      const { uptime } = await until(stand, device, ({ state }) => state === "hashing");
      assert.ok(uptime !== null && uptime < 60_000);
    });

    test("switched off in its own API it takes no order, and says where to switch it on", async () => {
      await using stand = await whatsminerStand(subject);
      stand.firmware.writeApi = false;
      await assert.rejects(sleep(stand.device()) ?? Promise.resolve(), (error) => error instanceof DeviceError && error.code === "refused" && /API .*WhatsMinerTool/.test(error.message));
    });
  });
}

test("V2 tells no percent: the driver believes its order only as long as the power bears it out", async () => {
  await using stand = await whatsminerStand(SUBJECTS[0] as StandOptions);
  const device = stand.device();
  assert.equal((await device.read(never)).point, null, "nothing was ordered yet, so nothing is known");
  await setPoint(device, "40%");
  await until(stand, device, ({ point }) => point === "40%");
  // Somebody else gives it another percent.
  stand.btminer.setPercent("90");
  await until(stand, device, ({ point, state }) => state === "hashing" && point === null);
});

test("a reboot ends all tokens: the next order fetches a new one by itself", async () => {
  await using stand = await whatsminerStand(SUBJECTS[0] as StandOptions);
  const device = stand.device();
  await setPoint(device, "80%");
  stand.machine.reboot();
  stand.later(20_000);
  await until(stand, device, ({ state }) => state === "hashing");
  await setPoint(device, "80%");
  await until(stand, device, ({ point }) => point === "80%");
});

test("API V2 is asked with every poll for whom it mines", async () => {
  const api = new ApiV2(new Password("admin"));
  for (let polls = 1; polls <= 3; polls++) {
    const asked: string[] = [];
    await api.poll({ signal: never, left: () => 1_000, send: (what) => {
      asked.push(what);
      return Promise.resolve({ STATUS: "S", Code: 131, Msg: {} });
    } });
    assert.ok(asked.includes("pools"), `poll ${polls} asked ${asked.join(", ")}`);
  }
});
