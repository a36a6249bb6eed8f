/** Every profile against the simulated device of its kind, over real sockets: two descriptions of one document that must agree. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { TestContext } from "node:test";

import { parseAddress } from "../../agent/config/address.ts";
import type { Meter } from "../../drivers/driver.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { loadProfile, profileNames } from "../../drivers/modbus/load.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import { meterKinds, pduKinds } from "../../drivers/sim/meter-kinds.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import type { Rig, RigPdu } from "../../drivers/sim/rig.ts";

const never = new AbortController().signal;
const now = (): number => performance.now();
/** A container's answers come in steps of 10 W, a Satec's in steps of 199 W. */
const STEP_W: Readonly<Record<string, number>> = { "satec-pm130": 199, "microbt-container-pdu": 10, "microbt-container-meter": 10, "sunspec-meter": 10 };
const MEASURES_NOTHING = new Set(["shelly-pro-4pm", "mining-pdu-rtu", "waveshare-relay-8", "kmtronic-relay-8", "adam-6000"]);

const folder = mkdtempSync(join(tmpdir(), "curtaild-kinds-"));
after(() => rmSync(folder, { recursive: true }));

function meterOf(t: TestContext, { id, profile, unit, address, transport, login }: RigPdu): Meter {
  const passwordFile = join(folder, id);
  if (login !== null) writeFileSync(passwordFile, login.password);
  const at = parseAddress(address);
  assert.ok(at);
  const meter = modbusMeter({ id, profile: loadProfile(profile), address: { ...at, transport }, unit, buses: new Buses({ random: () => 0, now }), credentials: login && { username: login.username, passwordFile } });
  t.after(() => meter[Symbol.asyncDispose]());
  return meter;
}

async function rigWith(t: TestContext, options: { pdu?: string; meter?: string }): Promise<Rig> {
  const rig = await startRig({ asics: 4, seed: 7, ...options });
  t.after(() => rig.close());
  return rig;
}

describe("the rig has a device for every profile", () => {
  test("and every device a profile", () => assert.deepEqual([...meterKinds].toSorted(), profileNames()));

  for (const kind of meterKinds) {
    test(`${kind} is read`, async (t) => {
      const switched = pduKinds.includes(kind);
      const rig = await rigWith(t, switched ? { pdu: kind } : { meter: kind });
      const described = switched ? rig.pdus[0] : rig.pdus.find(({ role }) => role === "rack");
      assert.ok(described);
      const { power, voltage, frequencyHz, outlets } = await meterOf(t, described).read(never);
      if (switched) assert.deepEqual(outlets.slice(0, described.outlets).map(({ on }) => on), Array.from({ length: described.outlets }, () => true));
      if (MEASURES_NOTHING.has(kind)) return assert.equal(power, null);
      const truth = rig.truth().powerW;
      assert.ok(power !== null && Math.abs(power - truth) <= 0.01 * truth + (STEP_W[kind] ?? 1), `${power} W of ${truth} W`);
      assert.ok(voltage === null || (voltage > 220 && voltage < 410), `${voltage} V`);
      assert.ok(frequencyHz === null || Math.abs(frequencyHz - 50) < 0.01, `${frequencyHz} Hz`);
    });
  }

  for (const kind of pduKinds) {
    test(`${kind} switches what it says it switches`, async (t) => {
      const rig = await rigWith(t, { pdu: kind });
      const [described] = rig.pdus;
      assert.ok(described);
      const meter = meterOf(t, described);
      await meter.switch(2, false, never);
      assert.deepEqual(rig.truth().asics.map(({ powerW }) => powerW > 0), [true, false, true, true]);
      await meter.switch(2, true, never);
      assert.equal((await meter.read(never)).outlets[1]?.on, true);
    });
  }

  test("a wrong password opens nothing: the order is refused and the socket stays on", async (t) => {
    const rig = await rigWith(t, { pdu: "microbt-container-pdu" });
    const [described] = rig.pdus;
    assert.ok(described?.login);
    const meter = meterOf(t, { ...described, login: { ...described.login, password: "guessed" } });
    await assert.rejects(meter.switch(1, false, never), /exception 1/);
    assert.ok(rig.truth().asics.every(({ powerW }) => powerW > 0));
  });

  test("another unit than the device's is nobody", async (t) => {
    const rig = await rigWith(t, { meter: "eastron-sdm630" });
    const described = rig.pdus.find(({ role }) => role === "rack");
    assert.ok(described);
    await assert.rejects(meterOf(t, { ...described, unit: 5 }).read(never), /no answer from the unit behind the gateway/);
  });
});
