import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Setpoint } from "../../agent/core/model.ts";
import { megahertz, millivolts, watts } from "../../agent/core/units.ts";
import type { Device } from "../../drivers/driver.ts";
import { guarded, narrowed, type Bounds } from "../../drivers/guarded.ts";
import { loadModel } from "../../drivers/models.ts";
import { luxos } from "../../drivers/luxos/driver.ts";
import { playedMiner } from "../support/miner.ts";
import { scriptedLuxos } from "./scripted-luxos.ts";

const never = new AbortController().signal;
const NONE: Bounds = { frequencyMin: null, frequencyMax: null, voltageMin: null, voltageMax: null, powerMax: null };

const offered = (device: Device): string[] => device.capabilities.flatMap((capability) => (capability.kind === "points" ? capability.points.map(({ id }) => id) : []));
const order = (device: Device, setpoint: Setpoint): Promise<void> => {
  const act = device.actuators[setpoint.kind] as ((setpoint: Setpoint, signal: AbortSignal) => Promise<void>) | undefined;
  assert.ok(act);
  return act(setpoint, never);
};
const to = (point: string): Setpoint => ({ kind: "points", point });

describe("the owner's bounds", () => {
  const cases: readonly [string, Partial<Bounds>, readonly string[]][] = [
    ["none", {}, ["200", "300", "400", "500", "600"]],
    ["frequency", { frequencyMin: megahertz(300), frequencyMax: megahertz(500) }, ["300", "400", "500"]],
    ["voltage", { voltageMin: millivolts(12_250), voltageMax: millivolts(12_400) }, ["300", "400"]],
    ["power", { powerMax: watts(1_500) }, ["200", "300"]],
    ["all of them", { frequencyMin: megahertz(300), powerMax: watts(1_500) }, ["300"]],
  ];
  for (const [name, bounds, ids] of cases) {
    test(`${name}: what is outside is neither offered nor ordered`, async () => {
      const miner = playedMiner("a");
      const device = guarded(miner, { ...NONE, ...bounds });
      assert.deepEqual(offered(device), ids);
      assert.equal(device.capabilities, device.capabilities);
      for (const id of ["200", "300", "400", "500", "600"]) {
        if (ids.includes(id)) await order(device, to(id));
        else await assert.rejects(order(device, to(id)), { code: "out-of-range", message: /limits in the configuration/ });
      }
      assert.equal(miner.orders.length, ids.length);
    });
  }

  test("hold for what a driver sets by itself: LuxOS slows down to the lowest point inside before it sleeps", async () => {
    await using script = await scriptedLuxos();
    const bounds: Bounds = { ...NONE, frequencyMin: megahertz(300) };
    const device = guarded(luxos({ id: "a", address: script.miner.address, model: narrowed(loadModel("antminer-s19k-pro"), bounds), deadlineMs: 3_000 }), bounds);
    await device.read(never);
    await order(device, { kind: "sleep" });
    assert.ok(script.asked.includes("frequencyset 0,315"));
    assert.ok(!script.asked.some((command) => /frequencyset \d,(190|215|240|265|290)$/.test(command)));
  });
});

test("a miner that learns to sleep with its first reading can be told so through the guard", async () => {
  let sleeps = false;
  const orders: Setpoint[] = [];
  const both: Device["actuators"] = { points: async () => undefined, sleep: async (setpoint) => void orders.push(setpoint) };
  const miner: Device = Object.defineProperty(playedMiner("a"), "actuators", { get: () => (sleeps ? both : { points: both.points }) });
  const device = guarded(miner, NONE);
  assert.deepEqual(Object.keys(device.actuators), ["points"]);
  sleeps = true;
  assert.deepEqual(Object.keys(device.actuators), ["points", "sleep"]);
  await order(device, { kind: "sleep" });
  assert.deepEqual(orders, [{ kind: "sleep" }]);
});
