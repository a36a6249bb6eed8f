/** One device, one loop: what an order that takes long does to readings. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Telemetry } from "../../agent/core/model.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import { DeviceLoop, paceFor } from "../../agent/plant/device-loop.ts";
import type { PlantEvent } from "../../agent/plant/listener.ts";
import type { Device } from "../../drivers/driver.ts";
import { playedMiner, silence } from "../support/miner.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const telemetry: Telemetry = {
  power: null, powerSource: null, hashrate: null, hashrate15Min: null, hashrateAverage: null, frequency: null, voltage: null, state: "hashing", point: null,
  boards: [], inlet: null, outlet: null, fansRpm: [], pools: [], accepted: null, rejected: null, hardwareErrors: null, uptime: null, errors: [],
};

/** Takes 21 s for an order and `readMs` for a reading. */
function slowMiner(clock: VirtualClock, orderDeadlineMs?: number): Device & { reads: number } {
  return {
    id: "asic-01",
    description: "test",
    nameplate: { highest: watts(3_250), asleep: watts(25) },
    capabilities: [],
    actuators: { sleep: (_, signal) => clock.sleep(seconds(21), signal) },
    reads: 0,
    async read(signal) {
      this.reads += 1;
      await clock.sleep(millis(50), signal);
      return telemetry;
    },
    ...(orderDeadlineMs !== undefined && { orderDeadlineMs }),
    async [Symbol.asyncDispose]() {},
  };
}

async function ordering(orderDeadlineMs?: number): Promise<{ events: string[]; readsMeanwhile: number; kinds: string[] }> {
  const clock = new VirtualClock();
  const device = slowMiner(clock, orderDeadlineMs);
  const events: PlantEvent[] = [];
  const loop = new DeviceLoop(device, { clock, pace: paceFor(12), listener: { moved: () => undefined, event: (event) => events.push(event) } });
  const end = new AbortController();
  const running = loop.run(millis(0), end.signal);
  await clock.advance(seconds(1));
  loop.post({ id: 1, device: device.id, setpoint: { kind: "sleep" }, cause: "test", lowers: true, issuedAt: clock.now().uptime, settle: seconds(75) });
  const before = device.reads;
  const kinds: string[] = [];
  for (let second = 0; second < 20; second++) {
    await clock.advance(seconds(1));
    kinds.push(loop.snapshot(clock.now(), { outlet: null, feed: null }).reading.kind);
  }
  const readsMeanwhile = device.reads - before;
  await clock.advance(seconds(3));
  end.abort(new Error("over"));
  await running;
  return { events: events.map(({ name }) => name), readsMeanwhile, kinds };
}

describe("an order that is answered after 21 s", () => {
  test("is waited for where the driver says so, and readings stay young meanwhile", async () => {
    const { events, readsMeanwhile, kinds } = await ordering(45_000);
    assert.deepEqual(events, ["device.found", "setpoint.acknowledged"]);
    assert.ok(readsMeanwhile >= 8, String(readsMeanwhile));
    assert.ok(kinds.every((kind) => kind === "known"));
  });

  test("has failed after 12 s where it does not", async () => {
    const { events } = await ordering();
    assert.ok(events.includes("setpoint.failed") && !events.includes("setpoint.acknowledged"), events.join());
  });
});

describe("an uptime that goes back", () => {
  async function told(ordered: boolean): Promise<string[]> {
    const clock = new VirtualClock();
    const miner = playedMiner("asic-01");
    const events: PlantEvent[] = [];
    const loop = new DeviceLoop(miner, { clock, pace: paceFor(12), listener: { moved: () => undefined, event: (event) => events.push(event) } });
    const end = new AbortController();
    const running = loop.run(millis(0), end.signal);
    for (const uptime of [seconds(5_000), null, seconds(5_010), seconds(3)]) {
      miner.says = { ...silence, uptime };
      if (ordered) loop.post({ id: 1, device: miner.id, setpoint: { kind: "sleep" }, cause: "test", lowers: true, issuedAt: clock.now().uptime, settle: seconds(75) });
      await clock.advance(seconds(5));
    }
    end.abort(new Error("over"));
    await running;
    return events.flatMap((event) => (event.name === "device.rebooted" ? [`${event.wasS} ${event.isS}`] : []));
  }

  test("is a start anew, and said", async () => assert.deepEqual(await told(false), ["5010 3"]));
  test("is nothing to say after an order, which some firmware obeys by starting anew", async () => assert.deepEqual(await told(true), []));
});
