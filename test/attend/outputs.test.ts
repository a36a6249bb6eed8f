import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import { Outputs } from "../../agent/attend/outputs.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { seconds } from "../../agent/core/units.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { playedMeter, plantOf } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

type Said = Pick<Decision, "state" | "meter"> & { readonly compliance: Decision["compliance"]["kind"]; readonly source: string | null };
const WELL: Said = { state: "controlled", meter: "trusted", compliance: "compliant", source: null };
const STOPPED: Said = { ...WELL, state: "emergency", source: "estop" };

function scene(t: TestContext, as: "lamp" | "contactor" | "watchdog", shows: "limited" | "trouble" | "emergency" = "trouble") {
  const clock = new VirtualClock();
  const box = playedMeter("io-1", { outlets: [{ index: 1, on: false, power: null }] });
  const plant = plantOf([box], clock);
  const outputs = new Outputs([{ output: { meter: "io-1", outlet: 1 }, as, shows }], { clock, grace: seconds(10) });
  const events: string[] = [];
  outputs.attach(null, { plant, event: (name) => void events.push(name), soon: () => undefined, keep: () => Promise.resolve() });
  const stop = new AbortController();
  void plant.run(stop.signal);
  void outputs.run(stop.signal);
  t.after(() => stop.abort());
  /** Cycles of one second with the same decision. */
  const goes = async (said: Said, length: number): Promise<void> => {
    const { state, meter, compliance, source } = said;
    // Only what the outputs look at.
    const decision = { state, meter, compliance: { kind: compliance }, effective: { binding: source === null ? null : { source } } } as unknown as Decision;
    for (let second = 0; second < length; second += 1) {
      outputs.decided(decision, { tick: clock.now() });
      await clock.advance(seconds(1));
    }
  };
  /** Time passes, and no cycle finishes. */
  const idles = (length: number): Promise<void> => clock.advance(seconds(length));
  return { box, events, goes, idles };
}

describe("lamps", () => {
  test("show what they are for, and are ordered once", async (t) => {
    const { box, goes, events } = scene(t, "lamp", "trouble");
    await goes(WELL, 5);
    assert.deepEqual(box.orders, []);
    await goes({ ...WELL, compliance: "violating" }, 5);
    await goes(WELL, 5);
    assert.deepEqual(box.orders, ["1 on", "1 off"]);
    assert.deepEqual(events, ["output.switched", "output.switched"]);
  });

  test("one that does not follow is ordered again, and complained of once", async (t) => {
    const { box, goes, events } = scene(t, "lamp", "emergency");
    box.obeys = () => { throw new DeviceError("refused", "stuck"); };
    await goes(STOPPED, 6);
    assert.ok(box.orders.length >= 4, String(box.orders.length));
    assert.deepEqual(events, ["output.failed"]);
  });
});

describe("a watchdog relay", () => {
  test("is opened and closed in turns while cycles finish, and stands still when they do not", async (t) => {
    const { box, goes, idles, events } = scene(t, "watchdog");
    await goes(WELL, 20);
    assert.ok(box.orders.length >= 8, box.orders.join(", "));
    for (const [index, order] of box.orders.entries()) assert.notEqual(order, box.orders[index + 1]);
    assert.deepEqual(events, [], "its beat is no news");
    const beats = box.orders.length;
    await idles(30);
    assert.ok(box.orders.length <= beats + 1, "a loop that is stuck feeds nothing");
    await goes(WELL, 6);
    assert.ok(box.orders.length > beats + 1);
  });
});

describe("the contactor", () => {
  test("is closed while all is well, and opens when the machines had time to go to sleep", async (t) => {
    const { box, goes } = scene(t, "contactor");
    await goes(WELL, 3);
    assert.deepEqual(box.orders, ["1 on"]);
    await goes(STOPPED, 9);
    assert.deepEqual(box.orders, ["1 on"]);
    await goes(STOPPED, 5);
    assert.deepEqual(box.orders, ["1 on", "1 off"]);
    await goes(WELL, 3);
    assert.deepEqual(box.orders, ["1 on", "1 off", "1 on"]);
  });

  test("found open under an E-stop after a restart, it stays open", async (t) => {
    const { box, goes } = scene(t, "contactor");
    await goes(STOPPED, 30);
    assert.deepEqual(box.orders, []);
  });
});
