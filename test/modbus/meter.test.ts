import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import { startDevice } from "./device.ts";
import { GUDE, meterRig, never, quickGude } from "./meter-rig.ts";
import { profileWith } from "./profiles.ts";

const failsWith = (code: string, text: RegExp) => (error: unknown): boolean => error instanceof DeviceError && error.code === code && text.test(error.message);

describe("a GUDE, byte for byte", () => {
  test("is read as its register table says", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: GUDE });
    assert.deepEqual(await meter.read(never), {
      power: 3210,
      outlets: [{ index: 1, power: 0, on: false }, { index: 2, power: 3200, on: true }],
      inputs: [],
      voltage: 231, frequencyHz: 49.97, energyWh: 123_456,
    });
    assert.deepEqual(asked().toSorted(), Object.keys(GUDE).toSorted(), "every exchange once and no other");
    assert.deepEqual([meter.accuracy, meter.staleAfterMs], [{ fraction: 0.01, resolution: 1 }, 3000]);
  });

  test("the second poll asks for power and outlets only", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: GUDE });
    await meter.read(never);
    const before = asked().length;
    await meter.read(never);
    assert.deepEqual(asked().slice(before).toSorted(), ["01 01 0000 0002", "01 04 0402 0002", "01 04 3a02 0002", "01 04 3b22 0002"]);
  });

  test("line-ins and phases add up, and a part unknown makes the sum unknown", async (t) => {
    const three = { ...GUDE, "01 04 0003 0001": "01 04 02 0002", "01 04 0004 0001": "01 04 02 0002", "01 04 0462 0002": "01 04 04 0000 0064",
      "01 04 0522 0002": ["01 04 04 0000 000a", "01 84 04"], "01 04 0582 0002": "01 04 04 ffff ffff" };
    const { meter } = await meterRig(t, { exchanges: three });
    assert.equal((await meter.read(never)).power, 3210 + 100 + 10 - 1);
    assert.equal((await meter.read(never)).power, null);
  });
});

describe("what is not answered", () => {
  test("an exception makes one outlet unknown and no other", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, "01 04 3b22 0002": "01 84 04", "01 01 0000 0002": "01 81 06" } });
    const { power, outlets } = await meter.read(never);
    assert.deepEqual([power, outlets], [3210, [{ index: 1, power: 0, on: null }, { index: 2, power: null, on: null }]]);
  });

  test("one lost frame is asked again", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, "01 04 3b22 0002": ["01 04 04 0000 0c80", "", "01 04 04 0000 0c81"] } });
    await meter.read(never);
    assert.equal((await meter.read(never)).outlets[1]?.power, 3201);
  });

  test("an outlet that stays silent is unknown, not what it was", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, "01 04 3b22 0002": ["01 04 04 0000 0c80", ""] } });
    assert.equal((await meter.read(never)).outlets[1]?.power, 3200);
    const { power, outlets } = await meter.read(never);
    assert.deepEqual([power, outlets[1]], [3210, { index: 2, power: null, on: true }]);
  });

  test("nothing at all is an error, told soon, and over when the device is back", async (t) => {
    let silent = false;
    const { meter } = await meterRig(t, { exchanges: GUDE, before: () => (silent ? null : undefined) });
    await meter.read(never);
    silent = true;
    const from = performance.now();
    await assert.rejects(meter.read(never), failsWith("timeout", /no reply within 250 ms/));
    await assert.rejects(meter.read(never), failsWith("unreachable", /left alone/));
    assert.ok(performance.now() - from < 2_000);
    silent = false;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal((await meter.read(never)).power, 3210);
  });

  test("nobody there", async () => {
    const gone = await startDevice(() => null);
    await gone[Symbol.asyncDispose]();
    await using meter = modbusMeter({ id: "pdu-1", profile: quickGude(), address: { host: "127.0.0.1", port: gone.port }, unit: 1, buses: new Buses({ random: () => 0, now: () => performance.now() }) });
    await assert.rejects(meter.read(never), failsWith("unreachable", /cannot connect to 127\.0\.0\.1/));
  });

  test("a caller who gives up is told so at once", async (t) => {
    const { meter } = await meterRig(t, { profile: quickGude(600), exchanges: {}, before: () => null });
    const from = performance.now();
    await assert.rejects(meter.read(AbortSignal.timeout(30)), failsWith("timeout", /given up/));
    assert.ok(performance.now() - from < 400);
  });
});

describe("another device than the profile's", () => {
  test("is refused before anything is believed", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, "01 04 0000 0001": "01 04 02 0000" } });
    await assert.rejects(meter.read(never), failsWith("refused", /pdu-1 is no gude-epc: number of outlets .* must be 1 to 64, registers are 0; look at its profile and its address/));
    await assert.rejects(meter.switch(1, false, never), failsWith("refused", /is no gude-epc/));
    assert.deepEqual(asked(), ["01 04 0000 0001", "01 04 0000 0001"]);
  });

  test("a probe of the profile's own", async (t) => {
    const probe = { means: "voltage of phase 1", table: "input", address: 4, type: "u16", scale: 0.1, range: [80, 300] };
    const profile = profileWith({ identify: [probe] });
    const { meter } = await meterRig(t, { profile, exchanges: { "01 04 0004 0001": ["01 04 02 0000", "01 04 02 08fc"], "01 04 0000 0002": "01 04 04 0000 0001" } });
    await assert.rejects(meter.read(never), failsWith("refused", /voltage of phase 1 .* must be 80 to 300/));
    assert.equal((await meter.read(never)).power, 1);
  });

  test("is looked at again after a silence in which it may have been exchanged, not after a lost frame", async (t) => {
    let ahead = 0;
    let outlets = "01 04 02 0002";
    const now = (): number => performance.now() + ahead;
    const { meter, asked, device } = await meterRig(t, { now, exchanges: { ...GUDE, "01 01 0000 0001": "01 01 01 01" },
      before: ({ frame, transaction }) => (frame.subarray(6).toString("hex") === "010400000001" ? Buffer.concat([Buffer.from([0, transaction, 0, 0, 0, 5]), Buffer.from(outlets.replaceAll(" ", ""), "hex")]) : undefined) });
    const surveys = (): number => asked().filter((request) => request === "01 04 0000 0001").length;
    const hangUp = async (): Promise<void> => {
      for (const socket of device.sockets) socket.end();
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await meter.read(never);
    await hangUp();
    assert.equal((await meter.read(never)).outlets.length, 2);
    assert.equal(surveys(), 1);
    await hangUp();
    ahead += 6_000;
    outlets = "01 04 02 0001";
    await meter.read(never);
    const { outlets: found } = await meter.read(never);
    assert.equal(surveys(), 2);
    assert.deepEqual(found.map(({ on }) => on), [true, null], "one relay, two meters");
  });
});

describe("what changes slowly", () => {
  test("is served until it is stale, then it is unknown", async (t) => {
    let ahead = 0;
    const now = (): number => performance.now() + ahead;
    const { meter, asked } = await meterRig(t, { now, exchanges: { ...GUDE, "01 04 0404 0002": ["01 04 04 0000 00e7", ""], "01 04 0408 0002": ["01 04 04 0000 1385", "01 04 04 0000 138a"] } });
    const frequencies = (): number => asked().filter((request) => request === "01 04 0408 0002").length;
    /** The frequency is what is asked last: with it, what is read behind the power is through. */
    const settled = async (): Promise<unknown[]> => {
      const until = [frequencies() + 1, performance.now() + 5_000] as const;
      await meter.read(never);
      while (frequencies() < until[0] && performance.now() < until[1]) await new Promise((resolve) => setTimeout(resolve, 10));
      const { power, voltage, frequencyHz } = await meter.read(never);
      return [power, voltage, frequencyHz];
    };
    assert.deepEqual(await settled(), [3210, 231, 49.97]);
    ahead += 11_000;
    assert.deepEqual(await settled(), [3210, 231, 50.02], "its last reading is 11 s old");
    ahead += 20_000;
    assert.deepEqual(await settled(), [3210, null, 50.02], "and now 31 s");
  });

  test("does not hold up the power", async (t) => {
    let ahead = 0;
    const { meter } = await meterRig(t, { profile: quickGude(600), now: () => performance.now() + ahead, exchanges: { ...GUDE, "01 04 0404 0002": ["01 04 04 0000 00e7", ""] } });
    await meter.read(never);
    ahead += 11_000;
    const from = performance.now();
    assert.equal((await meter.read(never)).power, 3210);
    assert.ok(performance.now() - from < 400, "the silent voltage takes 600 ms");
  });
});

describe("meters at one address", () => {
  test("share its line; the last one closes it", async (t) => {
    const device = await startDevice((request) => {
      const { unit, transaction } = request;
      return Buffer.from([0, transaction, 0, 0, 0, 7, unit, 4, 4, 0, 0, 0, unit]);
    });
    t.after(() => device[Symbol.asyncDispose]());
    const buses = new Buses({ random: () => 0, now: () => performance.now() });
    const meters = [1, 2, 3].map((unit) => modbusMeter({ id: `m-${unit}`, profile: profileWith({}), address: { host: "127.0.0.1", port: device.port }, unit, buses }));
    assert.deepEqual((await Promise.all(meters.map((meter) => meter.read(never)))).map(({ power }) => power), [1, 2, 3]);
    assert.deepEqual(new Set(device.requests.map(({ connection }) => connection)), new Set([1]));
    const [first, second, third] = meters;
    await first?.[Symbol.asyncDispose]();
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
    assert.equal((await third?.read(never))?.power, 3);
    await third?.[Symbol.asyncDispose]();
    await assert.rejects(async () => third?.read(never), failsWith("unreachable", /closed/));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(device.sockets.size, 0);
  });
});
