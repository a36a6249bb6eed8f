import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Memory } from "../../agent/core/memory.ts";
import type { DeviceState, RackState } from "../../agent/core/state.ts";
import { startDevice, startState } from "../../agent/core/state.ts";
import { instant, millis, seconds } from "../../agent/core/units.ts";
import { Notebook } from "../../agent/notebook.ts";

const OPENED = { on: false, cause: "shortfall", orderedAt: millis(0), tries: 1 } as const;
const rackOf = (device: Partial<DeviceState>, mode: Partial<RackState["mode"]> = {}): RackState => {
  const fresh = startState(millis(0));
  return { ...fresh, devices: new Map([["asic-1", { ...startDevice, ...device }]]), mode: { ...fresh.mode, ...mode } };
};

function book() {
  const written: Memory[] = [];
  const disk = { full: false };
  const notebook = new Notebook({
    load: async () => new Map(),
    commit: async (changes) => {
      if (disk.full) throw new Error("no space left on device");
      written.push(JSON.parse(changes.get("core/memory") ?? "null") as Memory);
    },
    close: async () => undefined,
  }, () => undefined);
  const remember = (rack: RackState, second: number): Promise<void> => notebook.remember(rack, { uptime: seconds(second), at: instant(0), error: null });
  return { written, disk, remember };
}

describe("what has to be found again", () => {
  test("an outlet we opened is on disk when it is said to be, though no setpoint has changed", async () => {
    const { written, remember } = book();
    await remember(rackOf({}), 1);
    await remember(rackOf({ outlet: OPENED }), 2);
    assert.deepEqual(written.at(-1)?.devices["asic-1"]?.outlet, OPENED);
  });

  test("that the mains are waited for", async () => {
    const { written, remember } = book();
    await remember(rackOf({}, { emergency: true }), 1);
    await remember(rackOf({}, { emergency: true, held: true }), 2);
    assert.equal(written.at(-1)?.held, true);
  });

  test("what is only learnt wears no disk out", async () => {
    const { written, remember } = book();
    for (let second = 1; second <= 302; second += 1) await remember(rackOf({ gain: 1 + second / 1000 }), second);
    assert.equal(written.length, 2);
  });

  test("what could not be written is written as soon as it can be, and not tried every second", async () => {
    const { written, disk, remember } = book();
    disk.full = true;
    await remember(rackOf({ outlet: OPENED }), 1);
    disk.full = false;
    for (let second = 2; second <= 20; second += 1) await remember(rackOf({ outlet: OPENED }), second);
    assert.deepEqual(written.map(({ devices }) => devices["asic-1"]?.outlet), [OPENED]);
  });
});
