/** A bug of ours that what is held meets in every cycle: the rack is decided on without it, and the daemon lives. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FAILSAFE, onStage, running, type Stage } from "./stage.ts";

/** Throws on purpose from now on, until what it returns is called. */
function breaks(stage: Stage, method: "heard" | "passed"): () => void {
  const { signal } = stage.daemon;
  Object.defineProperty(signal, method, { configurable: true, value: () => { throw new RangeError("thrown in on purpose"); } });
  return () => void Reflect.deleteProperty(signal, method);
}

const told = (stage: Stage): string[] => stage.daemon.events.last(1000).map(({ name }) => name).filter((name) => name.startsWith("decision."));

describe("a throw in every cycle", () => {
  for (const method of ["heard", "passed"] as const) {
    test(`the failsafe limit holds, and what the grid said counts again when it is over (${method})`, () => onStage({}, async (stage) => {
      await running(stage, 12_000);
      const mend = breaks(stage, method);
      await stage.run(40);
      stage.expect(FAILSAFE, "failsafe");
      assert.ok(stage.powerW <= FAILSAFE, `${stage.powerW} W`);
      stage.limit([[3_000, 600]]);
      await stage.run(20);
      mend();
      await stage.run(40);
      stage.expect(3_000, "event", "limited");
      assert.deepEqual(told(stage), ["decision.failed", "decision.recovered"]);
    }));
  }

  test("an emergency stays one", () => onStage({}, async (stage) => {
    await running(stage, 12_000);
    stage.say("EMERGENCY", { action: "STOP", reason: "test" }, { id: "stop" });
    await stage.run(60);
    assert.ok(stage.powerW < 500, `${stage.powerW} W`);
    breaks(stage, "heard");
    await stage.run(120, () => assert.ok(stage.powerW < 500, `${stage.powerW} W at ${stage.now} s`));
    assert.equal(stage.status.effectiveLimitW, 0);
  }));
});
