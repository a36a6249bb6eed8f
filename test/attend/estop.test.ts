import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";

import type { Desk } from "../../agent/attend/attendant.ts";
import { EStop } from "../../agent/attend/estop.ts";
import { seconds } from "../../agent/core/units.ts";
import type { InputReading } from "../../drivers/driver.ts";
import { playedMeter, plantOf, type PlayedMeter } from "../support/plant.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const CLOSED: Partial<{ inputs: readonly InputReading[] }> = { inputs: [{ index: 1, closed: true }, { index: 2, closed: true }] };
const OPEN: typeof CLOSED = { inputs: [{ index: 1, closed: false }, { index: 2, closed: true }] };

interface Scene {
  readonly clock: VirtualClock;
  readonly box: PlayedMeter;
  readonly estop: EStop;
  readonly events: string[];
  readonly stored: { value: unknown; broken: boolean };
  readonly limitW: () => number | null;
}

function scene(t: TestContext, kept: unknown = null): Scene {
  const clock = new VirtualClock();
  const box = playedMeter("io-1", CLOSED);
  const plant = plantOf([box], clock);
  const estop = new EStop([{ meter: "io-1", outlet: 1 }], clock);
  const events: string[] = [];
  const stored: Scene["stored"] = { value: kept, broken: false };
  const desk: Desk = {
    plant,
    event: (name, fields) => void events.push(`${name} ${String(fields["reason"] ?? fields["who"])}`),
    soon: () => undefined,
    async keep(value) {
      if (stored.broken) throw new Error("disk full");
      stored.value = value;
    },
  };
  estop.attach(kept, desk);
  const stop = new AbortController();
  void plant.run(stop.signal);
  t.after(() => stop.abort());
  const limitW = (): number | null => estop.limits({ uptime: clock.now().uptime, earliest: clock.now().at, latest: clock.now().at }, clock.now())[0]?.power ?? null;
  return { clock, box, estop, events, stored, limitW };
}

describe("the emergency stop", () => {
  test("closed contacts limit nothing", async (t) => {
    const { clock, limitW, estop } = scene(t);
    await clock.advance(seconds(20));
    assert.equal(limitW(), null);
    assert.deepEqual(estop.contacts, [{ contact: "io-1/1", state: "closed" }]);
  });

  test("an open contact stops the rack with the next read, and is written down", async (t) => {
    const { clock, box, limitW, events, stored } = scene(t);
    await clock.advance(seconds(5));
    box.says = OPEN;
    await clock.advance(seconds(1));
    assert.equal(limitW(), 0);
    assert.deepEqual(events, ["estop.latched open"]);
    assert.equal((stored.value as { contact: string }).contact, "io-1/1");
  });

  test("a contact that closes again leaves the latch", async (t) => {
    const { clock, box, limitW, events } = scene(t);
    box.says = OPEN;
    await clock.advance(seconds(2));
    box.says = CLOSED;
    await clock.advance(seconds(60));
    assert.equal(limitW(), 0);
    assert.deepEqual(events, ["estop.latched open"], "said once");
  });

  for (const [what, silence] of [["a box that does not answer", null], ["a contact it does not know", {}]] as const) {
    test(`${what} is a stop after three reads over two seconds, and not before`, async (t) => {
      const { clock, box, limitW, events } = scene(t);
      await clock.advance(seconds(5));
      box.says = silence;
      await clock.advance(seconds(2));
      assert.equal(limitW(), null, "two reads failed");
      await clock.advance(seconds(1.5));
      assert.equal(limitW(), 0);
      assert.deepEqual(events, ["estop.latched unreadable"]);
    });
  }

  test("one read that fails in between starts the count anew", async (t) => {
    const { clock, box, limitW } = scene(t);
    for (let round = 0; round < 20; round += 1) {
      box.says = null;
      await clock.advance(seconds(2));
      box.says = CLOSED;
      await clock.advance(seconds(1));
    }
    assert.equal(limitW(), null);
  });

  test("it survives a restart", async (t) => {
    const { clock, limitW, estop } = scene(t, { contact: "io-1/1", reason: "open", at: 0 });
    assert.equal(limitW(), 0, "before anything was read");
    await clock.advance(seconds(5));
    assert.equal(limitW(), 0);
    assert.equal(await estop.reset("ada"), null);
    assert.equal(limitW(), null);
  });

  test("it is cleared with the contact closed only", async (t) => {
    const { clock, box, limitW, estop, events, stored } = scene(t);
    box.says = OPEN;
    await clock.advance(seconds(2));
    assert.equal(await estop.reset("ada"), "io-1/1 is open");
    box.says = null;
    await clock.advance(seconds(5));
    assert.equal(await estop.reset("ada"), "io-1/1 is unreadable");
    assert.equal(limitW(), 0);
    box.says = CLOSED;
    await clock.advance(seconds(2));
    assert.equal(await estop.reset("ada"), null);
    assert.deepEqual([limitW(), stored.value, events.at(-1)], [null, null, "estop.reset ada"]);
  });

  test("an end that cannot be written down is none", async (t) => {
    const { clock, box, limitW, estop, stored } = scene(t);
    box.says = OPEN;
    await clock.advance(seconds(2));
    box.says = CLOSED;
    await clock.advance(seconds(2));
    stored.broken = true;
    await assert.rejects(estop.reset("ada"));
    assert.equal(limitW(), 0);
  });

  test("a disk that fails does not keep it from stopping", async (t) => {
    const { clock, box, limitW, stored } = scene(t);
    stored.broken = true;
    box.says = OPEN;
    await clock.advance(seconds(2));
    assert.equal(limitW(), 0);
  });

  test("a contact of a box that is not there stops too", async () => {
    const clock = new VirtualClock();
    const estop = new EStop([{ meter: "nobody", outlet: 1 }], clock);
    estop.attach(null, { plant: plantOf([], clock), event: () => undefined, soon: () => undefined, keep: () => Promise.resolve() });
    await clock.advance(seconds(11));
    assert.equal(estop.limits({ uptime: clock.now().uptime, earliest: clock.now().at, latest: null }, clock.now()).length, 1);
  });
});
