/** A daemon that stops parks its rack; lived through by the real daemon on the virtual clock. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FAILSAFE, NOMINAL, onStage, running } from "./stage.ts";

describe("parking", { concurrency: 2 }, () => {
  test("a rack that answers is left at its failsafe limit within 2 s", () => onStage({}, async (stage) => {
    await running(stage);
    assert.ok(stage.powerW > 2 * FAILSAFE, `${stage.powerW} W drawn before`);
    assert.ok((await stage.stop()) <= 2);
    stage.expectAtMost(FAILSAFE);
  }));

  test("machines that do not answer are waited for 2 s, and those that do have their orders", () => onStage({}, async (stage) => {
    await running(stage, 0.6 * NOMINAL);
    stage.silence("asic-1", "asic-2");
    await stage.run(60);
    const others = (): number => stage.powerOf("asic-3", "asic-4", "asic-5", "asic-6");
    const before = others();
    const took = await stage.stop();
    assert.ok(took <= 3, `stopping took ${took} s`);
    assert.ok(others() <= before);
  }));

  test("a slow machine that answers has its time", () => onStage({}, async (stage) => {
    await running(stage);
    stage.slow(900, "asic-1");
    await stage.run(20);
    await stage.stop();
    stage.expectAtMost(FAILSAFE);
  }));
});
