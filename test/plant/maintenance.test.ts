/** A machine somebody works on: read, counted, and never told anything. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { millis, seconds } from "../../agent/core/units.ts";
import { DeviceLoop, paceFor } from "../../agent/plant/device-loop.ts";
import type { Device } from "../../drivers/driver.ts";
import { device, input, MINER, metered, rackOf, says, silent, SILENT_TELEMETRY, snapshot, told, wanted } from "../core/rack.ts";
import { allocation, heard } from "../core/signals.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("a machine in maintenance", () => {
  test("is read, and told nothing that comes or waits", async () => {
    const clock = new VirtualClock();
    const acts: string[] = [];
    const miner: Device = {
      ...device("asic-01", silent()),
      description: "test",
      actuators: { sleep: async () => void acts.push("sleep") },
      read: async () => SILENT_TELEMETRY,
      async [Symbol.asyncDispose]() {},
    };
    const loop = new DeviceLoop(miner, { clock, pace: paceFor(1), listener: { moved: () => undefined, event: () => undefined } });
    const order = (id: number) => ({ id, device: "asic-01", setpoint: { kind: "sleep" } as const, cause: "test", lowers: true, issuedAt: clock.now().uptime, settle: seconds(5) });
    loop.post(order(1));
    loop.held = true;
    const end = new AbortController();
    const running = loop.run(millis(0), end.signal);
    await clock.advance(seconds(3));
    loop.post(order(2));
    await clock.advance(seconds(3));
    const held = loop.snapshot(clock.now(), { outlet: null, feed: null });
    assert.deepEqual([acts, held.reading.kind, held.capabilities, held.order?.state], [[], "known", [], "failed"]);
    loop.held = false;
    loop.post(order(3));
    await clock.advance(seconds(1));
    assert.deepEqual([acts, loop.snapshot(clock.now(), { outlet: null, feed: null }).capabilities], [["sleep"], MINER]);
    end.abort(new Error("over"));
    await running;
  });

  test("gets no orders from core whatever it does, and the others make room for what its meter says", () => {
    const limited = heard({ allocations: [allocation({ ceiling: 6_000 })] });
    const rack = rackOf({ a: wanted("600"), b: wanted("600") });
    for (const reading of [says("600"), says("asleep"), silent()]) {
      const shot = snapshot([device("a", reading, { capabilities: [], outlet: metered(4_000) }), device("b", says("600"), { outlet: metered(4_000) })], metered(8_000));
      const orders = told(rack, input(shot, { heard: limited }));
      assert.deepEqual(orders.map((order) => order.split(":")[0]), ["b"], JSON.stringify(reading));
    }
  });
});
