/** A proof test at a rack of the simplest machines, decided by the real core on a clock moved by hand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Proving } from "../../agent/attend/proving.ts";
import { decide } from "../../agent/core/decide.ts";
import type { Capability } from "../../agent/core/model.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { startState } from "../../agent/core/state.ts";
import { megahertz, millis, seconds, terahash, watts } from "../../agent/core/units.ts";
import { Plant } from "../../agent/plant/plant.ts";
import { proofPage } from "../../agent/report/proof-page.ts";
import type { Device } from "../../drivers/driver.ts";
import { SILENT_TELEMETRY } from "../core/rack.ts";
import { allocation, heard } from "../core/signals.ts";
import { nothingRead } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const WAY = { fixed: seconds(20), perMegahertz: millis(0), highest: "ends", hashing: true, confirm: "readback" } as const;
const POWER: Readonly<Record<string, number>> = { asleep: 30, "300": 1_200, "600": 3_000 };
const CAPABILITIES: readonly Capability[] = [
  { kind: "points", down: WAY, up: WAY, points: ["300", "600"].map((id) => ({ id, frequency: megahertz(Number(id)), voltage: null, power: watts(POWER[id] ?? 0), hashrate: terahash((POWER[id] ?? 0) / 25) })) },
  { kind: "sleep", sleepPower: watts(50), down: WAY, up: WAY },
];

function machine(id: string): Device & { at: string } {
  const made = {
    id, at: "600", description: "of the test", nameplate: { highest: watts(3_400), asleep: watts(50) }, capabilities: CAPABILITIES,
    actuators: {
      async points({ point }: { readonly point: string }) { made.at = point; },
      async sleep() { made.at = "asleep"; },
    },
    async read() {
      const asleep = made.at === "asleep";
      return { ...SILENT_TELEMETRY, power: watts(POWER[made.at] ?? 0), frequency: megahertz(asleep ? 300 : Number(made.at)), state: asleep ? "asleep" as const : "hashing" as const, point: asleep ? null : made.at };
    },
    async [Symbol.asyncDispose]() {},
  };
  return made;
}

function scene(t: { after(end: () => void): void }) {
  const clock = new VirtualClock();
  const machines = [machine("asic-1"), machine("asic-2")];
  const outlets = () => machines.map(({ at }, index) => ({ index: index + 1, on: true, power: watts(POWER[at] ?? 0) }));
  const pdu = { id: "pdu-1", description: "", accuracy: { fraction: 0.01, resolution: watts(1) }, staleAfterMs: 3_000, switches: false, read: async () => ({ ...nothingRead, power: watts(outlets().reduce((sum, { power }) => sum + power, 0)), outlets: outlets() }), switch: async () => undefined, async [Symbol.asyncDispose]() {} };
  const plant = new Plant({ devices: machines.map((device, index) => ({ device, outlet: { meter: "pdu-1", index: index + 1 } })), meters: [{ meter: pdu, role: "rack" }] }, { clock, listener: { moved: () => undefined, event: () => undefined } });
  const [events, kept]: [string[], unknown[]] = [[], []];
  const proving = new Proving(clock, new Map([["asic-1", "model-x"], ["asic-2", "model-x"]]));
  const desk = { plant, event: (name: string) => void events.push(name), soon: () => undefined, keep: (value: unknown) => { kept.push(value); return Promise.resolve(); } };
  proving.attach(null, desk);
  const stop = new AbortController();
  void plant.run(stop.signal);
  t.after(() => stop.abort());
  let rack = startState(clock.now().uptime);
  const goes = async (length: number, until = (): boolean => false): Promise<void> => {
    for (let second = 0; second < length && !until(); second += 1) {
      const tick = clock.now();
      const next = decide(rack, {
        heard: { ...heard({ allocations: [allocation({ restart: { minOff: millis(0), random: millis(0), rampPercentPerMinute: 600 } })] }), heartbeat: { bornAt: tick.uptime, confirmedAt: tick.uptime, gapSince: null } },
        now: { uptime: tick.uptime, earliest: tick.at, latest: tick.at }, synchronised: true, local: proving.limits(), snapshot: plant.snapshot(tick), policy: { ...DEFAULT_POLICY, nominal: watts(6_000), failsafe: watts(6_000) }, u: 0,
      });
      rack = next.rack;
      for (const order of next.decision.orders) plant.post(order, Promise.resolve());
      for (const { name } of proving.decided(next.decision)) events.push(name);
      await clock.advance(seconds(1));
    }
  };
  return { clock, machines, plant, proving, desk, events, kept, goes };
}

describe("a proof test at the rack", () => {
  test("leads it down and back, and what it measured is planned with, kept and told", async (t) => {
    const { machines, plant, proving, desk, events, kept, goes, clock } = scene(t);
    await goes(60);
    assert.ok(proving.start({ kind: "prove", parts: [0.5, 0], hold: millis(0) }, "ada"));
    assert.ok(!proving.start({ kind: "drill", parts: [0.5], hold: millis(0) }, "bob"), "one at a time");
    await goes(1_500, () => !proving.running);
    assert.equal(proving.trial?.proof.state, "done");
    assert.deepEqual(machines.map(({ at }) => at), ["600", "600"]);
    assert.deepEqual(events.filter((name) => name.startsWith("prove.")), ["prove.started", "prove.step", "prove.ended"]);
    const sleep = plant.snapshot(clock.now()).devices[0]?.capabilities.find(({ kind }) => kind === "sleep");
    assert.ok(sleep?.kind === "sleep" && sleep.sleepPower === 30 && sleep.down.fixed < 20_000, "asleep at 30 W, and sooner than the driver assumes");
    assert.deepEqual(proving.transitions().map(({ model, machines: count, sleepW }) => [model, count, sleepW]), [["model-x", 2, 30]]);
    const again = new Proving(clock, new Map());
    plant.devices.forEach((loop) => { loop.proven = null; });
    again.attach(JSON.parse(JSON.stringify(kept.at(-1))), desk);
    assert.ok(plant.devices.every(({ proven }) => proven?.sleepPower === 30), "it outlives a restart");
    const page = proofPage(proving.trial?.proof ?? assert.fail(), { node: "site/s1/rack/r1", operator: "demo", who: "ada", begunAt: 0, endedAt: 1, software: "test", key: null });
    assert.match(page, /limits kept {4}2 of 2[\s\S]*asic-2/);
  });
  test("stopped, its limit is gone and the rack comes back", async (t) => {
    const { machines, proving, events, goes } = scene(t);
    await goes(60);
    proving.start({ kind: "drill", parts: [0.5], hold: seconds(300) }, "ada");
    await goes(40);
    assert.ok(machines.some(({ at }) => at !== "600"));
    assert.ok(proving.stop("stopped by ada") && !proving.stop("twice"));
    assert.deepEqual(proving.limits(), []);
    await goes(200);
    assert.deepEqual([machines.map(({ at }) => at), events.at(-1)], [["600", "600"], "drill.ended"]);
  });
});
