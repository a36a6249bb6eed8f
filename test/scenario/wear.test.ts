/** A rack to which nothing happens leaves its machines alone; lived through by the real daemon on the virtual clock. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_POLICY } from "../../agent/core/policy.ts";
import { seconds } from "../../agent/core/units.ts";
import { NOMINAL, onStage, running, type Stage } from "./stage.ts";

/** When each machine's wanted setting changed, in seconds, by machine. */
async function changesOf(stage: Stage, length: number): Promise<Map<string, number[]>> {
  const changes = new Map<string, number[]>();
  const wanted = new Map<string, string>();
  await stage.run(length, () => {
    for (const { device, state } of stage.daemon.decision?.views ?? []) {
      const target = JSON.stringify(state.target);
      const before = wanted.get(device.id);
      wanted.set(device.id, target);
      if (before !== undefined && before !== target) changes.set(device.id, [...(changes.get(device.id) ?? []), stage.now]);
    }
  });
  return changes;
}

describe("wear", { concurrency: 2 }, () => {
  test("in steady state a machine is changed once in five minutes at the most: 40 minutes at half power", (t) => onStage({}, async (stage) => {
    await running(stage, 0.5 * NOMINAL);
    // The way there, and its trimming.
    await stage.run(180);
    const changes = await changesOf(stage, 2_400);
    t.diagnostic(`${[...changes.values()].flat().length} changes of ${stage.daemon.decision?.views.length ?? 0} machines in 40 minutes`);
    for (const [id, times] of changes) times.forEach((at, i) => assert.ok(i === 0 || at - (times[i - 1] ?? 0) >= 300, `${id} at ${times.join(", ")} s`));
    stage.expectAtMost(0.5 * NOMINAL);
  }));

  test("equal machines take turns at rest, the limit kept meanwhile, one pair at a time", (t) => onStage({ policy: { wear: { ...DEFAULT_POLICY.wear, rotation: seconds(600) } } }, async (stage) => {
    await running(stage, 0.2 * NOMINAL);
    await stage.run(180);
    const slept = new Set<string>();
    let turns = 0;
    let asleepBefore = "";
    await stage.run(2_400, () => {
      const asleep = (stage.daemon.decision?.views ?? []).flatMap(({ device, state }) => (state.target?.kind === "sleep" ? [device.id] : []));
      for (const id of asleep) slept.add(id);
      if (asleepBefore !== "" && asleep.join() !== asleepBefore) turns += 1;
      asleepBefore = asleep.join();
      stage.expectAtMost(0.2 * NOMINAL);
    });
    t.diagnostic(`${slept.size} machines have slept, in ${turns} turns`);
    assert.ok(slept.size >= 2 && turns >= 1, `${slept.size} slept, ${turns} turns`);
    for (const { state } of stage.daemon.decision?.views ?? []) assert.ok(state.wear.powerCycles <= turns + 1);
  }));
});
