/** The search for outlets on a rack of the simplest machines: decided by the real core, on a clock that is moved by hand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import { Commissioning, type Survey } from "../../agent/attend/commissioning.ts";
import { decide } from "../../agent/core/decide.ts";
import type { Heard } from "../../agent/core/grid.ts";
import type { Capability, Telemetry } from "../../agent/core/model.ts";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { startState } from "../../agent/core/state.ts";
import { megahertz, millis, seconds, terahash, watts } from "../../agent/core/units.ts";
import { Plant } from "../../agent/plant/plant.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Device, MeterReading } from "../../drivers/driver.ts";
import { allocation, heard, nothingHeard } from "../core/signals.ts";
import { nothingRead } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const LIVE = { fixed: seconds(2), perMegahertz: millis(10), highest: "ends", hashing: true, confirm: "readback" } as const;
const POWER: Readonly<Record<string, number>> = { "300": 1_200, "450": 2_000, "600": 3_000 };
const CAPABILITIES: readonly Capability[] = [{
  kind: "points", down: LIVE, up: LIVE,
  points: Object.entries(POWER).map(([id, power]) => ({ id, frequency: megahertz(Number(id)), voltage: null, power: watts(power), hashrate: terahash(power / 25) })),
}];

/** A machine that does at once what it is told. */
interface Machine extends Device {
  point: string;
  hears: boolean;
  lowest: string;
}

function machine(id: string): Machine {
  const made: Machine = {
    id, point: "600", hears: true, lowest: "600",
    description: "a machine of the test", nameplate: { highest: watts(3_400), asleep: watts(50) }, capabilities: CAPABILITIES,
    actuators: {
      async points({ point }) {
        if (!made.hears) throw new DeviceError("timeout", "no answer");
        made.point = point;
        if (Number(point) < Number(made.lowest)) made.lowest = point;
      },
    },
    async read() {
      return { ...SILENT, power: watts(POWER[made.point] ?? 0), powerSource: "estimated", frequency: megahertz(Number(made.point)), state: "hashing", point: made.point, hashrate: terahash((POWER[made.point] ?? 0) / 25) };
    },
    async [Symbol.asyncDispose]() {},
  };
  return made;
}

const SILENT: Telemetry = {
  power: null, powerSource: null, hashrate: null, hashrate15Min: null, hashrateAverage: null, frequency: null, voltage: null, state: null, point: null,
  boards: [], inlet: null, outlet: null, fansRpm: [], pools: [], accepted: null, rejected: null, hardwareErrors: null, uptime: null, errors: [],
};

interface Scene {
  readonly clock: VirtualClock;
  readonly machines: readonly Machine[];
  readonly commissioning: Commissioning;
  readonly events: string[];
  /** Lets seconds pass, a cycle each. `most` at once is watched. */
  goes(length: number): Promise<void>;
  /** Until the search has ended. */
  ends(): Promise<Survey>;
  grid: Heard;
  mostMissing: number;
}

/** `wiring[i]`: the outlets that feed machine i, in equal parts. */
function scene(t: TestContext, wiring: readonly (readonly number[])[], outlets = wiring.length): Scene {
  const clock = new VirtualClock();
  const machines = wiring.map((_, at) => machine(`asic-${at + 1}`));
  const drawn = (outlet: number): number => machines.reduce((sum, { point }, at) => sum + (wiring[at]?.includes(outlet) === true ? (POWER[point] ?? 0) / (wiring[at]?.length ?? 1) : 0), 0);
  const reading = (): MeterReading => {
    const shown = Array.from({ length: outlets }, (_, at) => ({ index: at + 1, on: true, power: watts(Math.round(drawn(at + 1))) }));
    return { ...nothingRead, power: watts(shown.reduce((sum, { power }) => sum + power, 0)), outlets: shown };
  };
  const pdu = { id: "pdu-1", description: "", accuracy: { fraction: 0.01, resolution: watts(1) }, staleAfterMs: 3_000, switches: true, read: async () => reading(), switch: async () => undefined, async [Symbol.asyncDispose]() {} };
  const plant = new Plant({ devices: machines.map((device) => ({ device, outlet: null })), meters: [{ meter: pdu, role: "rack" }] }, { clock, listener: { moved: () => undefined, event: () => undefined } });
  const commissioning = new Commissioning(clock);
  const events: string[] = [];
  commissioning.attach(null, { plant, event: (name) => void events.push(name), soon: () => undefined, keep: () => Promise.resolve() });
  const stop = new AbortController();
  void plant.run(stop.signal);
  void commissioning.run(stop.signal);
  t.after(() => stop.abort());
  const nominal = 3_000 * machines.length;
  let rack = startState(clock.now().uptime);
  const made: Scene = {
    clock, machines, commissioning, events, mostMissing: 0, grid: heard({ allocations: [allocation()] }, { born: 0, confirmed: 0 }),
    async goes(length) {
      for (let second = 0; second < length; second += 1) {
        const tick = clock.now();
        const next = decide(rack, {
          heard: { ...made.grid, heartbeat: { bornAt: tick.uptime, confirmedAt: tick.uptime, gapSince: null } }, now: { uptime: tick.uptime, earliest: tick.at, latest: tick.at }, synchronised: true, local: commissioning.limits(),
          snapshot: plant.snapshot(tick), policy: { ...DEFAULT_POLICY, nominal: watts(nominal), failsafe: watts(nominal) }, u: 0,
        });
        rack = next.rack;
        for (const order of next.decision.orders) plant.post(order, Promise.resolve());
        commissioning.decided(next.decision);
        await clock.advance(seconds(1));
        made.mostMissing = Math.max(made.mostMissing, nominal - machines.reduce((sum, { point }) => sum + (POWER[point] ?? 0), 0));
      }
    },
    async ends() {
      for (let second = 0; second < 3_000 && commissioning.running; second += 1) await made.goes(1);
      assert.ok(commissioning.survey !== null && !commissioning.running, "it ends");
      return commissioning.survey;
    },
  };
  return made;
}

const found = ({ result }: Survey): string[] => result.pairs.map(({ device, outlet }) => `${device} ${outlet}`);

describe("the search for outlets", () => {
  test("finds each, one machine at a time, and brings each back", async (t) => {
    const rack = scene(t, [[3], [1], [4], [2]], 5);
    await rack.goes(10);
    assert.ok(rack.commissioning.start({ most: 1_200, devices: [], who: "ada" }));
    assert.ok(!rack.commissioning.start({ most: 1_200, devices: [], who: "bob" }), "one search at a time");
    const survey = await rack.ends();
    assert.deepEqual(found(survey), ["asic-1 pdu-1/3", "asic-2 pdu-1/1", "asic-3 pdu-1/4", "asic-4 pdu-1/2"]);
    assert.ok(survey.result.pairs.every(({ confidence }) => confidence > 0.95));
    assert.deepEqual([survey.state, survey.doneSoFar, survey.total, survey.now], ["done", 4, 4, null]);
    assert.deepEqual(rack.machines.map(({ point, lowest }) => [point, lowest]), Array.from({ length: 4 }, () => ["600", "450"]), "dipped, not put to sleep, and back");
    assert.ok(rack.mostMissing <= 1_200, `${rack.mostMissing} W at once`);
    assert.deepEqual(rack.events, ["map.started", "map.ended"]);
  });

  test("two machines on one outlet and one on two are conflicts", async (t) => {
    const rack = scene(t, [[1], [1], [2, 3]], 3);
    await rack.goes(10);
    rack.commissioning.start({ most: 2_000, devices: [], who: "ada" });
    const { result } = await rack.ends();
    assert.deepEqual(result.pairs, []);
    assert.deepEqual(result.conflicts.map(({ devices, outlets }) => [devices, outlets]), [[["asic-1", "asic-2"], ["pdu-1/1"]], [["asic-3"], ["pdu-1/2", "pdu-1/3"]]]);
  });

  test("a machine on none of the outlets, a deaf one and one too large for the share", async (t) => {
    const rack = scene(t, [[1], [9], [2]], 2);
    await rack.goes(10);
    const [, , deaf] = rack.machines;
    assert.ok(deaf);
    deaf.hears = false;
    rack.commissioning.start({ most: 1_200, devices: [], who: "ada" });
    const { result } = await rack.ends();
    assert.deepEqual(result.pairs.map(({ device }) => device), ["asic-1"]);
    assert.match(result.unmatched.find(({ device }) => device === "asic-2")?.why ?? "", /hangs on none of these/);
    assert.match(result.unmatched.find(({ device }) => device === "asic-3")?.why ?? "", /did not take the order/);
    rack.commissioning.start({ most: 100, devices: ["asic-1"], who: "ada" });
    assert.match((await rack.ends()).result.unmatched[0]?.why ?? "", /within 100 W: allow a larger --share/);
  });

  test("stopped in the middle of a dip, the machine comes back", async (t) => {
    const rack = scene(t, [[1], [2]]);
    await rack.goes(10);
    rack.commissioning.start({ most: 2_000, devices: [], who: "ada" });
    for (let second = 0; rack.machines[0]?.point === "600" && second < 60; second += 1) await rack.goes(1);
    assert.equal(rack.machines[0]?.point, "450");
    rack.commissioning.stop("stopped by ada");
    const survey = await rack.ends();
    assert.deepEqual([survey.state, survey.why], ["stopped", "stopped by ada"]);
    await rack.goes(40);
    assert.deepEqual(rack.machines.map(({ point }) => point), ["600", "600"]);
  });

  test("an emergency ends it at once", async (t) => {
    const rack = scene(t, [[1], [2]]);
    await rack.goes(10);
    rack.commissioning.start({ most: 2_000, devices: [], who: "ada" });
    await rack.goes(3);
    rack.grid = { ...nothingHeard, latches: [{ ref: { id: "e", topic: "t", epoch: 1, seq: 1 }, action: "STOP" }] };
    const survey = await rack.ends();
    assert.deepEqual([survey.state, survey.why], ["stopped", "there is an emergency"]);
  });

  test("others that move meanwhile are waited for, and the search begins anew for that machine", async (t) => {
    const rack = scene(t, [[1], [2]]);
    await rack.goes(10);
    rack.commissioning.start({ most: 2_000, devices: ["asic-1"], who: "ada" });
    const other = rack.machines[1];
    assert.ok(other);
    for (let second = 0; rack.machines[0]?.point === "600" && second < 60; second += 1) await rack.goes(1);
    other.point = "300";
    const survey = await rack.ends();
    assert.deepEqual(found(survey), ["asic-1 pdu-1/1"]);
    assert.ok((survey.result.pairs[0]?.confidence ?? 0) > 0.9);
  });
});
