/** From a button to the latch, and from the agent to a relay, over real sockets: the rig's box of contacts, our driver, the plant and its attendants. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Desk } from "../../agent/attend/attendant.ts";
import { EStop } from "../../agent/attend/estop.ts";
import { Outputs } from "../../agent/attend/outputs.ts";
import { parseAddress } from "../../agent/config/address.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { seconds } from "../../agent/core/units.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { plantOf } from "../support/plant.ts";

test("a button pushed is latched within two reads; a lamp follows", async (t) => {
  const clock = stopwatch();
  const rig = await startRig({ asics: 1, seed: 1, contacts: true });
  const address = parseAddress(rig.pdus.find(({ id }) => id === "io-1")?.address ?? "");
  assert.ok(address);
  const box = modbusMeter({ id: "io-1", profile: loadProfile("adam-6000"), address, unit: 1, buses: new Buses({ random: () => 0, now: () => performance.now() }) });
  const plant = plantOf([box], clock);
  const estop = new EStop([{ meter: "io-1", outlet: 3 }], clock);
  const outputs = new Outputs([{ output: { meter: "io-1", outlet: 2 }, as: "lamp", shows: "emergency" }], { clock, grace: seconds(1) });
  const desk: Desk = { plant, event: () => undefined, soon: () => undefined, keep: () => Promise.resolve() };
  estop.attach(null, desk);
  outputs.attach(null, desk);
  const stop = new AbortController();
  const running = [plant.run(stop.signal), outputs.run(stop.signal)];
  t.after(async () => {
    stop.abort();
    await Promise.allSettled(running);
    await box[Symbol.asyncDispose]();
    await rig.close();
  });
  const within = async (length: number, holds: () => boolean): Promise<boolean> => {
    const end = performance.now() + length;
    while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    return holds();
  };
  const lamp = (): boolean | null => plant.meters[0]?.reading?.outlets[1]?.on ?? null;
  const decided = (state: Decision["state"]): void => void outputs.decided({ state, meter: "trusted", compliance: { kind: "compliant" }, effective: { binding: null } } as unknown as Decision, { tick: clock.now() });

  assert.ok(await within(2_000, () => estop.contacts[0]?.state === "closed"));
  decided("controlled");
  assert.ok(await within(3_000, () => lamp() === false), "the relay comes up closed, and nothing is wrong");
  rig.fault("io-1", "open-contact:3");
  assert.ok(await within(2_500, () => estop.latch?.reason === "open"));
  assert.equal(await estop.reset("ada"), "io-1/3 is open");
  decided("emergency");
  assert.ok(await within(3_000, () => lamp() === true));
  rig.fault("io-1", "clear");
  assert.ok(await within(2_500, () => estop.contacts[0]?.state === "closed"));
  assert.equal(await estop.reset("ada"), null);
  assert.equal(estop.latch, null);
});
