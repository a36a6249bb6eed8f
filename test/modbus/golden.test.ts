import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { DeviceError } from "../../agent/runtime/errors.ts";
import type { MeterReading } from "../../drivers/driver.ts";
import type { Credentials } from "../../drivers/modbus/login.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { hex } from "./device.ts";
import { METERS } from "./golden-meters.ts";
import type { Golden } from "./golden-meters.ts";
import { SWITCHED } from "./golden-switched.ts";
import { meterRig, never } from "./meter-rig.ts";
import type { Exchanges, MeterRig } from "./meter-rig.ts";

const bytes = (exchanges: Exchanges): string[] => Object.keys(exchanges).map((request) => hex(request).toString("hex"));
const asked = ({ device }: MeterRig): string[] => device.requests.map(({ frame }) => frame.subarray(6).toString("hex"));

function credentials(t: TestContext): Credentials {
  const folder = mkdtempSync(join(tmpdir(), "curtaild-login-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "secret\n");
  return { username: "admin", passwordFile };
}

/** Floats have seven digits: compared to a hundredth of a percent. */
function assertReads(reading: MeterReading, { reading: expected }: Golden): void {
  for (const key of ["power", "voltage", "frequencyHz", "energyWh"] as const) {
    const [is, should] = [reading[key], expected[key]];
    if (is === null || should === null) assert.equal(is, should, key);
    else assert.ok(Math.abs(is - should) <= 1e-4 * Math.abs(should), `${key} is ${is}, should be ${should}`);
  }
  assert.deepEqual(reading.outlets, (expected.outlets ?? []).map((outlet, at) => ({ index: at + 1, ...outlet })));
  assert.deepEqual(reading.inputs, (expected.inputs ?? []).map((closed, at) => ({ index: at + 1, closed })));
}

describe("each profile, byte for byte", () => {
  for (const golden of [...METERS, ...SWITCHED]) {
    test(`${golden.profile} is read`, async (t) => {
      const rig = await meterRig(t, { profile: loadProfile(golden.profile), unit: golden.unit, exchanges: golden.exchanges });
      assertReads(await rig.meter.read(never), golden);
      assert.deepEqual([...new Set(asked(rig))].toSorted(), bytes(golden.exchanges).toSorted(), "every exchange and no other");
    });
  }

  for (const golden of SWITCHED) {
    test(`${golden.profile} is switched`, async (t) => {
      const { outlet, exchanges } = golden.order;
      const rig = await meterRig(t, { profile: loadProfile(golden.profile), unit: golden.unit, exchanges: { ...golden.exchanges, ...exchanges }, credentials: credentials(t) });
      await rig.meter.read(never);
      const before = rig.device.requests.length;
      await rig.meter.switch(outlet, false, never);
      assert.deepEqual(asked(rig).slice(before), bytes(exchanges));
    });
  }

  test("every profile that ships is among them", () => {
    const shipped = readdirSync(fileURLToPath(new URL("../../../drivers/modbus/profiles", import.meta.url))).map((file) => file.replace(/\.yaml$/, ""));
    assert.deepEqual(["gude-epc", ...[...METERS, ...SWITCHED].map(({ profile }) => profile)].toSorted(), shipped.toSorted());
  });
});

describe("what is not the device", () => {
  test("a meter without mains frequency at the place is refused, with its cure", async (t) => {
    const { meter } = await meterRig(t, { profile: loadProfile("eastron-sdm630"), exchanges: { "01 04 0046 0002": "01 04 04 0000 4248" } });
    await assert.rejects(meter.read(never), (error) => error instanceof DeviceError && error.code === "refused" && /no eastron-sdm630: mains frequency.*look at its profile/.test(error.message));
  });

  test("a Satec set up otherwise is refused, not read wrongly", async (t) => {
    const { meter } = await meterRig(t, { profile: loadProfile("satec-pm130"), exchanges: { "01 03 0902 0001": "01 03 02 0190" } });
    await assert.rejects(meter.read(never), /primary current of the transformers in A .* must be 200, registers are 400/);
  });

  const chain = { "01 03 9c40 0002": "01 03 04 5375 6e53", "01 03 9c42 0002": "01 03 04 0001 0042" };
  test("a SunSpec device that is no meter", async (t) => {
    const { meter } = await meterRig(t, { profile: loadProfile("sunspec-meter"), exchanges: { ...chain, "01 03 9c86 0002": "01 03 04 0067 0032", "01 03 9cba 0002": "01 03 04 ffff 0000" } });
    await assert.rejects(meter.read(never), /has the SunSpec models 1, 103, and none of 201, 202, 203, 204/);
  });

  test("a chain of models that never ends is walked 64 steps", async (t) => {
    const rig = await meterRig(t, { profile: loadProfile("sunspec-meter"), exchanges: chain, before: ({ address, transaction }) => (address > 40_002 ? hex(`${transaction.toString(16).padStart(4, "0")} 0000 0007 01 03 04 0001 0000`) : undefined) });
    await assert.rejects(rig.meter.read(never), DeviceError);
    assert.ok(rig.device.requests.length <= 66, String(rig.device.requests.length));
  });

  test("SunS at 50000 or at 0 is found too", async (t) => {
    const rig = await meterRig(t, { profile: loadProfile("sunspec-meter"), exchanges: { "01 03 9c40 0002": "01 83 02", "01 03 c350 0002": "01 83 02", "01 03 0000 0002": "01 03 04 5375 6e53", "01 03 0002 0002": "01 03 04 00c9 0069", "01 03 0014 0005": "01 03 0a 0141 8000 8000 8000 0000" } });
    assert.equal((await rig.meter.read(never)).power, 321);
  });

  test("a factor that is not implemented leaves the value unknown", async (t) => {
    const rig = await meterRig(t, { profile: loadProfile("sunspec-meter"), exchanges: { "01 03 9c40 0002": "01 03 04 5375 6e53", "01 03 9c42 0002": "01 03 04 00c9 0069", "01 03 9c54 0005": "01 03 0a 0141 8000 8000 8000 8000" } });
    assert.equal((await rig.meter.read(never)).power, null);
  });

  test("a container's sockets are not switched without a user, and nothing is sent", async (t) => {
    const [golden] = SWITCHED.filter(({ profile }) => profile === "microbt-container-pdu");
    assert.ok(golden);
    const rig = await meterRig(t, { profile: loadProfile(golden.profile), unit: golden.unit, exchanges: { ...golden.exchanges, ...golden.order.exchanges } });
    await assert.rejects(rig.meter.switch(20, false, never), (error) => error instanceof DeviceError && error.code === "refused" && /login: \{ username, passwordFile \}/.test(error.message));
    assert.ok(rig.device.requests.every(({ code }) => code === 3));
  });

  test("a password file that is not there is named, and nothing is written", async (t) => {
    const [golden] = SWITCHED.filter(({ profile }) => profile === "microbt-container-pdu");
    assert.ok(golden);
    const rig = await meterRig(t, { profile: loadProfile(golden.profile), unit: golden.unit, exchanges: { ...golden.exchanges, ...golden.order.exchanges }, credentials: { username: "admin", passwordFile: "/no/such" } });
    await assert.rejects(rig.meter.switch(20, false, never), /the password in \/no\/such cannot be read/);
    assert.ok(rig.device.requests.every(({ code }) => code === 3));
  });

  test("a PDU without outlets that can be switched says so", async (t) => {
    const { meter } = await meterRig(t, { profile: loadProfile("xerus-readonly"), exchanges: {} });
    await assert.rejects(meter.switch(1, false, never), /cannot be switched/);
  });
});
