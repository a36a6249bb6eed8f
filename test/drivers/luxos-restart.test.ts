import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { luxos } from "../../drivers/luxos/driver.ts";
import { loadModel } from "../../drivers/models.ts";
import { startRig } from "../../drivers/sim/rig.ts";

const never = new AbortController().signal;

test("LuxOS restarts on request, and takes orders when it is back", async () => {
  await using rig = await startRig({ asics: 1, restartMs: 200, frequencyStepMs: 1 });
  const port = Number(rig.asics[0]?.address.split(":")[1]);
  await using device = luxos({ id: "asic-01", address: { host: "127.0.0.1", port }, model: loadModel("antminer-s19k-pro"), deadlineMs: 300 });
  const { uptime: before } = await device.read(never);
  await device.restart?.(never);
  assert.equal(rig.truth().asics[0]?.state, "starting");
  let [younger, obeyed] = [false, false];
  for (let tries = 0; tries < 100 && !(younger && obeyed); tries++) {
    const uptime = await device.read(never).then((telemetry) => telemetry.uptime, () => null);
    younger ||= uptime !== null && before !== null && uptime < before;
    // While it starts it refuses.
    obeyed ||= await (device.actuators.points?.({ kind: "points", point: "390" }, never) ?? Promise.reject(new Error("no points"))).then(() => true, () => false);
    await pause(20);
  }
  assert.deepEqual([younger, obeyed], [true, true]);
});
