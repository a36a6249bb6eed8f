import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { DebtKeeper } from "../../agent/attend/debts.ts";
import type { Decision } from "../../agent/core/decide.ts";
import { seconds } from "../../agent/core/units.ts";
import { Plant } from "../../agent/plant/plant.ts";
import { DeviceError } from "../../agent/runtime/errors.ts";
import { playedMiner } from "../support/miner.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function scene(t: TestContext, kept: unknown = null) {
  const clock = new VirtualClock();
  const owed = new Set<string>();
  const firmware = { refuses: false, paid: 0 };
  const miner = playedMiner("a", {
    get words() {
      return [...owed];
    },
    recall: (words) => words.forEach((word) => owed.add(word)),
    async pay() {
      if (firmware.refuses) throw new DeviceError("refused", "no");
      firmware.paid++;
      owed.clear();
    },
  });
  const plant = new Plant({ devices: [{ device: miner, outlet: null }], meters: [] }, { clock, listener: { moved: () => undefined, event: () => undefined } });
  const events: string[] = [];
  const stored: unknown[] = [];
  const keeper = new DebtKeeper(clock);
  keeper.attach(kept, {
    plant,
    event: (name, fields) => void events.push(`${name} ${String(fields["gave"] ?? fields["owes"])}`),
    soon: () => undefined,
    keep: async (value) => void stored.push(value),
  });
  const stop = new AbortController();
  void keeper.run(stop.signal);
  t.after(() => stop.abort());
  const decide = (state: Decision["state"]): void => void keeper.decided({ state } as Decision, { tick: clock.now() });
  return { clock, owed, firmware, events, stored, keeper, decide, plant };
}

describe("what is owed to miners", () => {
  test("is given back when nothing has limited the rack for a minute, and not before", async (t) => {
    const { clock, owed, firmware, events, stored, keeper, decide } = scene(t);
    decide("limited");
    owed.add("atm");
    decide("limited");
    assert.deepEqual(stored, [{ a: ["atm"] }]);
    assert.deepEqual(keeper.about("a"), { owes: ["atm"] });
    await clock.advance(seconds(300));
    assert.equal(firmware.paid, 0);
    decide("controlled");
    await clock.advance(seconds(50));
    decide("controlled");
    assert.equal(firmware.paid, 0);
    await clock.advance(seconds(20));
    decide("controlled");
    assert.deepEqual(events, ["firmware.released atm"]);
    assert.deepEqual(stored, [{ a: ["atm"] }, null]);
  });

  test("is remembered over a restart of the daemon", async (t) => {
    const { clock, events, decide } = scene(t, { a: ["tuner"], gone: ["atm"] });
    decide("controlled");
    await clock.advance(seconds(70));
    assert.deepEqual(events, ["firmware.released tuner"]);
  });

  test("is given back once in a time without limits: a controller that disagrees with the plan is not switched in turns", async (t) => {
    const { clock, owed, events, decide } = scene(t);
    owed.add("atm");
    decide("controlled");
    await clock.advance(seconds(70));
    owed.add("atm");
    await clock.advance(seconds(3_600));
    decide("controlled");
    assert.equal(events.length, 1);
    decide("limited");
    decide("controlled");
    await clock.advance(seconds(70));
    assert.equal(events.length, 2);
  });

  test("what was kept and makes no sense is nothing", (t) => {
    for (const kept of [7, { a: "atm" }, { a: [3] }, []]) assert.equal(scene(t, kept).owed.size, 0);
  });

  test("is not pressed on a machine in maintenance, nor on one that refuses more than every five minutes", async (t) => {
    const { clock, owed, firmware, events, decide, plant } = scene(t);
    owed.add("atm");
    firmware.refuses = true;
    const loop = plant.device("a");
    assert.ok(loop);
    loop.held = true;
    decide("controlled");
    await clock.advance(seconds(100));
    assert.deepEqual(events, []);
    loop.held = false;
    await clock.advance(seconds(290));
    assert.deepEqual(events, ["firmware.held atm"]);
    firmware.refuses = false;
    await clock.advance(seconds(300));
    assert.deepEqual(events, ["firmware.held atm", "firmware.released atm"]);
  });
});
