import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DeviceError } from "../../agent/runtime/errors.ts";
import { exception } from "./device.ts";
import { GUDE, meterRig, never, quickGude } from "./meter-rig.ts";
import { profileWith } from "./profiles.ts";

const OFF_2 = "01 05 0001 0000";
const ON_1 = "01 05 0000 ff00";
const COIL_2 = "01 01 0001 0001";
const COIL_1 = "01 01 0000 0001";
const POWER_2 = "01 04 3b22 0002";
const IS_ON = "01 01 01 01";
const IS_OFF = "01 01 01 00";
const NOTHING = "01 04 04 0000 0000";

const failsWith = (code: string, text: RegExp) => (error: unknown): boolean => error instanceof DeviceError && error.code === code && text.test(error.message);
const writes = (asked: string[]): string[] => asked.filter((request) => request.startsWith("01 05") || request.startsWith("01 06"));
/** Without the reads that tell which device it is. */
const orders = (asked: string[]): string[] => asked.filter((request) => !request.startsWith("01 04 000"));

describe("an outlet is switched and read back", () => {
  test("off: echo, state, then power", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: IS_OFF, [POWER_2]: NOTHING } });
    await meter.switch(2, false, never);
    assert.deepEqual(orders(asked()), [OFF_2, COIL_2, POWER_2]);
  });

  test("on: echo and state; what it draws is up to the miner", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [ON_1]: ON_1, [COIL_1]: [IS_OFF, IS_ON] } });
    await meter.switch(1, true, never);
    assert.deepEqual(orders(asked()), [ON_1, COIL_1, COIL_1], "a relay takes its time");
  });

  test("a lost reply to an order that was carried out: read back, not repeated", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: "", [COIL_2]: IS_OFF, [POWER_2]: NOTHING } });
    await meter.switch(2, false, never);
    assert.deepEqual(writes(asked()), [OFF_2]);
  });

  test("a lost order is repeated once it was read back", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [ON_1]: ["", ON_1], [COIL_1]: [IS_OFF, IS_OFF, IS_ON] } });
    await meter.switch(1, true, never);
    assert.deepEqual(orders(asked()), [ON_1, COIL_1, COIL_1, ON_1, COIL_1], "read back before anything else");
  });

  test("an outlet that does not move", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: IS_ON } });
    await assert.rejects(meter.switch(2, false, never), failsWith("refused", /outlet 2 still reads on after being ordered off/));
    assert.deepEqual(writes(asked()), [OFF_2, OFF_2], "one repeat, as the profile says");
  });

  test("an order refused is not repeated", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: "01 85 04" } });
    await assert.rejects(meter.switch(2, false, never), failsWith("refused", /exception 4/));
    assert.deepEqual(orders(asked()), [OFF_2]);
  });

  test("an order taken and not finished is read back", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: "01 85 05", [COIL_2]: IS_OFF, [POWER_2]: NOTHING } });
    await meter.switch(2, false, never);
  });

  test("a wrong echo is no confirmation, the state is", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: "01 05 0001 ff00", [COIL_2]: IS_OFF, [POWER_2]: NOTHING } });
    await meter.switch(2, false, never);
  });

  test("a state that cannot be read is unknown", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: "" } });
    await assert.rejects(meter.switch(2, false, never), failsWith("timeout", /outlet 2 was ordered off and its state is unknown/));
  });

  test("an outlet that reads off and still draws is not off", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: IS_OFF } });
    await assert.rejects(meter.switch(2, false, never), failsWith("refused", /outlet 2 reads off, but still draws 3200 W/));
  });

  test("whichever way round its current is measured", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: IS_OFF, [POWER_2]: "01 04 04 ffff f380" } });
    await assert.rejects(meter.switch(2, false, never), failsWith("refused", /still draws -3200 W/));
  });

  test("nor is one whose power cannot be read", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: IS_OFF, [POWER_2]: "01 84 04" } });
    await assert.rejects(meter.switch(2, false, never), failsWith("refused", /its power could not be read/));
  });

  test("an outlet without a meter is off when it says so", async (t) => {
    const { meter } = await meterRig(t, { exchanges: { ...GUDE, "01 04 0001 0001": "01 04 02 0000", [OFF_2]: OFF_2, [COIL_2]: IS_OFF } });
    await meter.switch(2, false, never);
  });
});

describe("orders that are not sent", () => {
  for (const outlet of [0, 3, -1, 1.5]) {
    test(`outlet ${outlet} of two`, async (t) => {
      const { meter, asked } = await meterRig(t, { exchanges: GUDE });
      await assert.rejects(meter.switch(outlet, false, never), failsWith("out-of-range", /outlets 1 to 2/));
      assert.deepEqual(orders(asked()), []);
    });
  }

  test("to a meter without switches", async (t) => {
    const { meter } = await meterRig(t, { exchanges: {}, profile: profileWith({}) });
    await assert.rejects(meter.switch(1, false, never), failsWith("refused", /cannot be switched/));
  });

  test("that nobody waits for any more", async (t) => {
    const { meter, asked } = await meterRig(t, { exchanges: { ...GUDE, [OFF_2]: OFF_2 } });
    await assert.rejects(meter.switch(2, false, AbortSignal.abort()), failsWith("timeout", /given up/));
    assert.deepEqual(writes(asked()), []);
  });

  test("that came to their turn too late", async (t) => {
    let ahead = 0;
    const { meter, asked } = await meterRig(t, { now: () => performance.now() + ahead, exchanges: { ...GUDE, [ON_1]: ON_1, [COIL_1]: [IS_OFF, IS_ON], [OFF_2]: OFF_2, [COIL_2]: IS_OFF } });
    const first = meter.switch(1, true, never);
    const second = assert.rejects(meter.switch(2, false, never), failsWith("timeout", /outlet 2 was not ordered off: too late/));
    await first;
    ahead += 6_000;
    await second;
    assert.deepEqual(writes(asked()), [ON_1]);
  });

  test("to what may have become another device", async (t) => {
    let ahead = 0;
    let gone = false;
    const { meter, asked, device } = await meterRig(t, { now: () => performance.now() + ahead, exchanges: { ...GUDE, [OFF_2]: OFF_2 },
      before: (request) => (gone ? exception(request, 2) : undefined) });
    await meter.read(never);
    for (const socket of device.sockets) socket.end();
    await new Promise((resolve) => setTimeout(resolve, 20));
    ahead += 6_000;
    gone = true;
    await assert.rejects(meter.switch(2, false, never), failsWith("refused", /illegal data address/));
    assert.deepEqual(writes(asked()), []);
  });

  test("while an outlet has to rest", async (t) => {
    const gude = quickGude();
    const { switch: order } = gude;
    assert.ok(order);
    const { meter, asked } = await meterRig(t, { profile: { ...gude, switch: { ...order, minOffMs: 60_000 } }, exchanges: { ...GUDE, [OFF_2]: OFF_2, [COIL_2]: IS_OFF, [POWER_2]: NOTHING } });
    await meter.switch(2, false, never);
    await assert.rejects(meter.switch(2, true, never), failsWith("refused", /stays off for 60000 ms/));
    assert.deepEqual(writes(asked()), [OFF_2]);
  });
});

describe("devices with registers for switches", () => {
  const socket = { group: "fast", table: "holding", type: "bool", repeat: [{ count: 3, stride: 1 }] };
  const registers = profileWith({
    points: { "outlet.on": { ...socket, address: 45 } },
    switch: { table: "holding", address: 307, stride: -1, on: 1, off: 2, spacingMs: 80, confirm: { withinMs: 50 } },
  });

  test("falling addresses, values of their own, a pause between orders, one at a time", async (t) => {
    const { meter, asked, device } = await meterRig(t, { profile: registers, unit: 9, exchanges: {
      "09 06 0133 0002": "09 06 0133 0002", "09 06 0131 0001": "09 06 0131 0001", "09 03 002d 0001": "09 03 02 0000", "09 03 002f 0001": "09 03 02 0001",
    } });
    const begun = performance.now();
    await Promise.all([meter.switch(1, false, never), meter.switch(3, true, never)]);
    // The second order goes 80 ms after the first; a timer may be a little early.
    assert.ok(performance.now() - begun >= 75);
    assert.deepEqual(asked(), ["09 06 0133 0002", "09 03 002d 0001", "09 06 0131 0001", "09 03 002f 0001"]);
    assert.equal(device.sockets.size, 1);
  });
});
