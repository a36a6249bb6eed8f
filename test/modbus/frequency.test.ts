/** From the mains to the machines: the rig's PDU shows a falling frequency, and the real daemon sheds its step over real sockets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnderFrequency } from "../../agent/attend/under-frequency.ts";
import { parseAddress } from "../../agent/config/address.ts";
import type { Config } from "../../agent/config/schema.ts";
import { decide } from "../../agent/core/decide.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { startState } from "../../agent/core/state.ts";
import { seconds, watts } from "../../agent/core/units.ts";
import { Plant } from "../../agent/plant/plant.ts";
import { stopwatch } from "../../agent/runtime/system-clock.ts";
import { loadModel } from "../../drivers/models.ts";
import { luxos } from "../../drivers/luxos/driver.ts";
import { Buses } from "../../drivers/modbus/buses.ts";
import { loadProfile } from "../../drivers/modbus/load.ts";
import { modbusMeter } from "../../drivers/modbus/meter.ts";
import { startRig } from "../../drivers/sim/rig.ts";
import { certain, heard } from "../core/signals.ts";

test("a frequency that falls sheds the step within seconds, and gives it back", async (t) => {
  const clock = stopwatch();
  const rig = await startRig({ asics: 2, seed: 1 });
  const pdu = rig.pdus[0];
  const address = parseAddress(pdu?.address ?? "");
  assert.ok(pdu !== undefined && address);
  const meter = modbusMeter({ id: pdu.id, profile: loadProfile("gude-epc"), address, unit: 1, urgent: ["frequency"], buses: new Buses({ random: () => 0, now: () => performance.now() }) });
  const devices = rig.asics.map(({ id, address: at, model }, index) => {
    const parsed = parseAddress(at);
    assert.ok(parsed);
    return { device: luxos({ id, address: parsed, model: loadModel(model) }), outlet: { meter: pdu.id, index: index + 1 } };
  });
  const nominal = devices.reduce((sum, { device }) => sum + device.nameplate.highest, 0);
  const plant = new Plant({ devices, meters: [{ meter, role: "rack" }] }, { clock, listener: { moved: () => undefined, event: () => undefined } });
  const help = new UnderFrequency({ policy: { underFrequency: { belowHz: 49.8, shedPct: 40, restoreHz: 49.95, restoreAfterS: 2 } }, node: { nominalW: nominal }, meters: [{ id: pdu.id, role: "rack" }] } as unknown as Config);
  help.attach(null, { plant, event: () => undefined, soon: () => undefined, keep: () => Promise.resolve() });
  const stop = new AbortController();
  const running = plant.run(stop.signal);
  let rack = startState(clock.now().uptime);
  const cycle = (): { limitW: number | null; source: string | null } => {
    const tick = clock.now();
    const now = certain(tick.at, tick.uptime);
    const policy = { ...DEFAULT_POLICY, nominal: watts(nominal), failsafe: watts(nominal), restart: { minOff: seconds(0), random: seconds(0), rampPercentPerMinute: 6_000 } };
    const made = decide(rack, { heard: heard({}, { born: tick.uptime / 1_000, confirmed: tick.uptime / 1_000 }), now, synchronised: true, local: help.limits(now, tick), snapshot: plant.snapshot(tick), policy, u: 0 });
    rack = made.rack;
    help.decided(made.decision);
    for (const order of made.decision.orders) plant.post(order, Promise.resolve());
    const { limit, binding } = made.decision.effective;
    return { limitW: limit.kind === "limited" ? limit.power : null, source: binding?.source ?? null };
  };
  const loop = setInterval(cycle, 200);
  t.after(async () => {
    clearInterval(loop);
    stop.abort();
    await Promise.allSettled([running]);
    await Promise.all([meter, ...devices.map(({ device }) => device)].map((one) => one[Symbol.asyncDispose]()));
    await rig.close();
  });
  const within = async (length: number, holds: () => boolean): Promise<boolean> => {
    const end = performance.now() + length;
    while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    return holds();
  };
  const drawn = (): number => plant.meters[0]?.reading?.power ?? 0;
  assert.ok(await within(5_000, () => drawn() > 0 && plant.meters[0]?.reading?.frequencyHz === 50));
  await within(3_000, () => false);
  const before = drawn();
  rig.fault(pdu.id, "frequency:49.7");
  assert.ok(await within(2_500, () => cycle().source === "contract"), "the limit stands with the next read");
  const { limitW } = cycle();
  assert.ok(limitW !== null && Math.abs(limitW - (before - 0.4 * nominal)) < 0.1 * before, `${limitW} W after ${before} W`);
  assert.ok(await within(15_000, () => drawn() <= (limitW ?? 0) * 1.02 + 20), `${drawn()} W are drawn under ${limitW} W`);
  rig.fault(pdu.id, "clear");
  assert.ok(await within(6_000, () => cycle().source !== "contract"), "and ends when the mains are well");
});
