import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import { OutletBook } from "../../agent/attend/outlet-book.ts";
import type { OutletRule } from "../../agent/core/model.ts";
import type { Order } from "../../agent/core/state.ts";
import { millis, seconds, watts } from "../../agent/core/units.ts";
import type { PlantEvent } from "../../agent/plant/listener.ts";
import type { Outlet } from "../../agent/plant/outlet.ts";
import { Plant } from "../../agent/plant/plant.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import type { Device } from "../../drivers/driver.ts";
import { playedMeter } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const deaf = (id: string): Device => ({
  id, description: "a miner that does not hear", nameplate: { highest: watts(3_000), asleep: watts(50) }, capabilities: [], actuators: {},
  read: () => Promise.reject(new DeviceError("unreachable", "nobody")),
  async [Symbol.asyncDispose]() {},
});

interface SceneOptions {
  readonly outlets?: number;
  readonly opens?: OutletRule;
  readonly rules?: Partial<{ minOff: number; spacing: number; perStep: number }>;
}

function scene(t: TestContext, { outlets = 4, opens = "shortfall", rules = {} }: SceneOptions = {}) {
  const clock = new VirtualClock();
  const pdu = playedMeter("pdu-1", { outlets: Array.from({ length: outlets }, (_, at) => ({ index: at + 1, on: true, power: watts(3_000) })) });
  const events: PlantEvent[] = [];
  const plant = new Plant(
    {
      devices: Array.from({ length: outlets }, (_, at) => ({ device: deaf(`asic-${at + 1}`), outlet: { meter: "pdu-1", index: at + 1 } })),
      meters: [{ meter: pdu, role: "rack" }],
      switching: { opens: () => opens, rules: { minOff: seconds(rules.minOff ?? 60), spacing: seconds(rules.spacing ?? 2), perStep: rules.perStep ?? 4 } },
    },
    { clock, listener: { moved: () => undefined, event: (event) => void (event.name.startsWith("outlet.") && events.push(event)) } },
  );
  const stop = new AbortController();
  void plant.run(stop.signal);
  t.after(() => stop.abort());
  let id = 0;
  const post = (number: number, on: boolean, kept = Promise.resolve()): Order => {
    const order: Order = { id: ++id, device: `asic-${number}`, setpoint: { kind: "outlet", on }, cause: "shortfall", lowers: !on, issuedAt: clock.now().uptime, settle: millis(0) };
    plant.post(order, kept);
    return order;
  };
  const feed = (number: number) => plant.snapshot(clock.now()).devices[number - 1]?.feed ?? null;
  const outlet = (number: number): Outlet => {
    const found = plant.switchboard.outlet(`pdu-1/${number}`);
    assert.ok(found);
    return found;
  };
  return { clock, pdu, plant, events, post, feed, outlet };
}

const said = (events: readonly PlantEvent[]): string[] => events.map((event) => ("outlet" in event ? `${event.name} ${event.outlet} ${event.on ? "on" : "off"}` : event.name));

describe("an outlet of core's", () => {
  test("is opened past a deaf miner, and reads so", async (t) => {
    const { clock, pdu, events, post, feed } = scene(t);
    await clock.advance(seconds(2));
    assert.equal(feed(2)?.on, true);
    post(2, false);
    await clock.advance(millis(10));
    assert.deepEqual(pdu.orders, ["2 off"]);
    assert.deepEqual([feed(2)?.on, feed(2)?.order?.state, feed(2)?.offSince !== null], [false, "acknowledged", true]);
    assert.deepEqual(events.map((event) => ({ ...event, tookMs: 0 })), [
      { name: "outlet.ordered", outlet: "pdu-1/2", device: "asic-2", on: false, why: "shortfall", who: "agent", tookMs: 0 },
      { name: "outlet.switched", outlet: "pdu-1/2", device: "asic-2", on: false, why: "shortfall", who: "agent", tookMs: 0 },
    ]);
  });

  test("is opened when that is remembered, and waits for nothing else meanwhile", async (t) => {
    const { clock, pdu, post, feed } = scene(t);
    await clock.advance(seconds(2));
    post(2, false, clock.sleep(millis(400), new AbortController().signal));
    await clock.advance(millis(390));
    assert.deepEqual([pdu.orders, feed(2)?.order?.state], [[], "waiting"]);
    await clock.advance(millis(20));
    assert.deepEqual(pdu.orders, ["2 off"]);
  });

  test("is opened all the same where nothing can be remembered: the limit goes first", async (t) => {
    const { clock, pdu, post } = scene(t);
    await clock.advance(seconds(2));
    post(2, false, new Promise(() => undefined));
    post(3, false, Promise.reject(new Error("no space left on device")));
    await clock.advance(millis(10));
    assert.deepEqual(pdu.orders, ["3 off"]);
    await clock.advance(seconds(1));
    assert.deepEqual(pdu.orders, ["3 off", "2 off"]);
  });

  test("one that does not follow: said, unknown until it is read again", async (t) => {
    const { clock, pdu, events, post, feed } = scene(t);
    await clock.advance(seconds(2));
    pdu.obeys = () => { throw new DeviceError("timeout", "state unknown"); };
    post(1, false);
    await clock.advance(millis(10));
    assert.deepEqual([feed(1)?.on, feed(1)?.order?.state], [null, "failed"]);
    assert.deepEqual(said(events), ["outlet.ordered pdu-1/1 off", "outlet.failed pdu-1/1 off"]);
    await clock.advance(seconds(1));
    assert.equal(feed(1)?.on, true, "read back");
  });

  test("after an order in doubt nothing is sent before it was read", async (t) => {
    const { clock, pdu, post, feed } = scene(t);
    await clock.advance(seconds(2));
    const said = pdu.says;
    pdu.obeys = () => { throw new DeviceError("timeout", "state unknown"); };
    pdu.says = null;
    post(1, false);
    await clock.advance(seconds(3));
    post(1, false);
    await clock.advance(seconds(3));
    assert.deepEqual([pdu.orders, feed(1)?.order?.state], [["1 off"], "failed"]);
    pdu.says = said;
    await clock.advance(seconds(1));
    post(1, false);
    await clock.advance(seconds(1));
    assert.deepEqual(pdu.orders, ["1 off", "1 off"]);
  });

  test("as many a step as allowed, the others in the next", async (t) => {
    const { clock, pdu, post } = scene(t, { outlets: 6, rules: { perStep: 2 } });
    await clock.advance(seconds(2));
    for (let number = 1; number <= 6; number += 1) post(number, false);
    const counts: number[] = [];
    for (let step = 0; step < 3; step += 1) {
      await clock.advance(millis(900));
      counts.push(pdu.orders.length);
      await clock.advance(millis(100));
    }
    assert.deepEqual(counts, [2, 4, 6]);
  });

  test("closed one by one, and not before they have rested", async (t) => {
    const { clock, pdu, post, events } = scene(t, { rules: { minOff: 60, spacing: 3 } });
    await clock.advance(seconds(2));
    for (const number of [1, 2]) post(number, false);
    await clock.advance(seconds(30));
    post(1, true);
    await clock.advance(seconds(1));
    assert.deepEqual(said(events).at(-1), "outlet.failed pdu-1/1 on");
    await clock.advance(seconds(30));
    for (const number of [1, 2]) post(number, true);
    await clock.advance(seconds(1));
    assert.deepEqual(pdu.orders.slice(2), ["1 on"]);
    await clock.advance(seconds(3));
    assert.deepEqual(pdu.orders.slice(2), ["1 on", "2 on"]);
  });

  test("an order whose turn does not come before its deadline is not sent", async (t) => {
    const { clock, pdu, post, feed } = scene(t, { rules: { minOff: 0, spacing: 20 } });
    await clock.advance(seconds(2));
    for (const number of [1, 2]) post(number, false);
    await clock.advance(seconds(1));
    for (const number of [1, 2]) post(number, true);
    await clock.advance(seconds(60));
    assert.deepEqual(pdu.orders, ["1 off", "2 off", "1 on"]);
    assert.equal(feed(2)?.order?.state, "failed");
  });

  test("a PDU that hangs is given up at the deadline", async (t) => {
    const { clock, pdu, post, feed } = scene(t);
    await clock.advance(seconds(2));
    pdu.switch = (_outlet, _on, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    post(1, false);
    await clock.advance(seconds(9));
    assert.equal(feed(1)?.order?.state, "sending");
    await clock.advance(seconds(2));
    assert.equal(feed(1)?.order?.state, "failed");
  });

  test("the newest order replaces the waiting one", async (t) => {
    const { clock, pdu, post } = scene(t, { rules: { perStep: 1 } });
    await clock.advance(seconds(2));
    post(1, false);
    post(2, false);
    post(2, true);
    await clock.advance(seconds(3));
    assert.deepEqual(pdu.orders, ["1 off", "2 on"]);
  });

  test("one that is never switched is refused", async (t) => {
    const { clock, pdu, post, events } = scene(t, { opens: "never" });
    await clock.advance(seconds(2));
    post(1, false);
    await clock.advance(seconds(1));
    assert.deepEqual([pdu.orders, said(events)], [[], ["outlet.failed pdu-1/1 off"]]);
  });

  test("a state grown old is none", async (t) => {
    const { clock, pdu, feed } = scene(t);
    await clock.advance(seconds(2));
    pdu.says = null;
    await clock.advance(seconds(12));
    assert.equal(feed(1)?.on, null);
  });
});

describe("a technician's", () => {
  const by = (clock: VirtualClock) => ({ who: "ada", why: "fan swap", at: clock.now().at });
  const bookOf = (plant: Plant, kept: unknown = null) => {
    const book = new OutletBook(new Map());
    const stored: { value: unknown } = { value: kept };
    book.attach(kept, { plant, event: () => undefined, soon: () => undefined, keep: async (value) => { stored.value = value; } });
    return { book, stored };
  };

  test("lock keeps everybody off, over a restart too", async (t) => {
    const { clock, pdu, plant, feed, outlet } = scene(t);
    await clock.advance(seconds(2));
    const { book, stored } = bookOf(plant);
    await book.lock(outlet(1), true, by(clock));
    assert.equal(feed(1), null, "core cannot plan with it");
    await assert.rejects(book.switch(outlet(1), false, by(clock)), /pdu-1\/1 is locked by ada: fan swap/);
    assert.deepEqual(pdu.orders, []);
    const later = scene(t);
    bookOf(later.plant, stored.value);
    await later.clock.advance(seconds(2));
    assert.deepEqual([later.feed(1), later.feed(2) !== null], [null, true]);
    const again = bookOf(later.plant, stored.value);
    await again.book.lock(later.outlet(1), false, by(later.clock));
    assert.ok(later.feed(1) !== null);
    assert.equal(again.stored.value, null);
  });

  test("outlet that he opened stays open until he closes it", async (t) => {
    const { clock, pdu, plant, feed, outlet } = scene(t, { rules: { minOff: 10 } });
    await clock.advance(seconds(2));
    const { book } = bookOf(plant);
    await book.switch(outlet(3), false, by(clock));
    assert.equal(feed(3), null);
    await assert.rejects(book.switch(outlet(3), true, by(clock)), /stays open for 10 s yet/);
    await clock.advance(seconds(11));
    await book.switch(outlet(3), true, by(clock));
    assert.deepEqual([pdu.orders, feed(3)?.on], [["3 off", "3 on"], true]);
  });

  test("order to one that is never switched is refused", async (t) => {
    const { clock, plant, outlet } = scene(t, { opens: "never" });
    await clock.advance(seconds(2));
    await assert.rejects(bookOf(plant).book.switch(outlet(1), false, by(clock)), /is never switched: policy\.outlets/);
  });
});
