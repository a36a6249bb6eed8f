/** Limits below the lowest live tune of one more machine, lived through by the real daemon: boards off as operating points. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { onStage, running, type Stage } from "./stage.ts";

const targets = (stage: Stage): string[] => (stage.daemon.decision?.views ?? []).map(({ state: { target } }) => (target?.kind === "boards" ? `${target.count} boards` : target?.kind === "points" ? "point" : (target?.kind ?? "-")));
const hashes = (stage: Stage): number => (stage.daemon.decision?.views ?? []).reduce((sum, { curve, actual }) => sum + (curve.hashrate[Math.max(0, actual)] ?? 0), 0);

/** Settled at 10 % of nominal, then at `limitW`. */
async function narrowed(stage: Stage, limitW: number): Promise<void> {
  await running(stage, 1_676);
  await stage.run(240);
  stage.allocate(limitW, {}, { id: "narrow" });
  await stage.run(30, () => undefined);
  await stage.run(210, () => stage.expectAtMost(limitW));
}

describe("boards off as operating points", { concurrency: 2 }, () => {
  test("700 W for six machines, of which the lowest tune of one draws 784 W and sleep of the others 125 W: without boards nothing hashes, with them a third or two of a machine", async (t) => {
    const earned = new Map<boolean, number>();
    for (const boards of [false, true]) {
      await onStage({ boards }, async (stage) => {
        await narrowed(stage, 700);
        earned.set(boards, hashes(stage));
        t.diagnostic(`${boards ? "with" : "without"} boards: ${targets(stage).join(", ")}, ${Math.round(stage.powerW)} W, ${hashes(stage).toFixed(1)} TH/s`);
        assert.equal(targets(stage).some((target) => target.endsWith("boards")), boards);
      });
    }
    assert.equal(earned.get(false), 0);
    assert.ok((earned.get(true) ?? 0) > 10);
  });

  test("and come back: all boards run again when the limit is lifted, none of it above the limit on its way", () => onStage({ boards: true }, async (stage) => {
    await narrowed(stage, 700);
    stage.allocate(8_000, {}, { id: "wide" });
    await stage.run(300, () => stage.expectAtMost(8_000));
    assert.ok(stage.powerW > 0.95 * 8_000, `${Math.round(stage.powerW)} W drawn`);
    const boards = (stage.daemon.decision?.views ?? []).filter(({ actual }) => actual > 0).map((view) => view.boards);
    assert.deepEqual(boards, boards.map(() => 3));
  }));

  test("a daemon killed meanwhile finds them as they are, and orders nothing", () => onStage({ boards: true }, async (stage) => {
    await narrowed(stage, 700);
    const before = targets(stage);
    const hashed = hashes(stage);
    stage.kill();
    await stage.run(3);
    stage.boot();
    await stage.run(60, () => stage.expectAtMost(700));
    assert.deepEqual([targets(stage), hashes(stage)], [before, hashed]);
  }));
});
