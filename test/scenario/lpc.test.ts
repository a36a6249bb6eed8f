/** The rules of EEBUS LPC that GLA/1 takes over, lived through by the real daemon on the virtual clock. Their table is in test/core/mode.test.ts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FAILSAFE, NOMINAL, onStage, running } from "./stage.ts";

const quick = { failsafe: { heartbeatTimeoutS: 30 } };

describe("EEBUS LPC", { concurrency: 2 }, () => {
  test("LPC-TS-017: after a restart the failsafe limit joins what was stored, until a confirmation", () => onStage({}, async (stage) => {
    await running(stage, 12_000);
    stage.beating = false;
    stage.kill();
    stage.boot();
    await stage.run(5);
    stage.expect(FAILSAFE, "failsafe", "init");
    stage.limit([[2_000, 600]]);
    await stage.run(5);
    stage.expect(2_000, "event", "init");
  }));

  test("LPC-TS-017: a stored limit below the failsafe limit is kept from the first second", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[2_000, 600]]);
    await stage.run(30);
    stage.kill();
    stage.boot();
    await stage.run(2);
    stage.expect(2_000, "event", "init");
  }));

  test("LPC-911: the heartbeat is lost: the failsafe limit, and the rack under it in time", () => onStage({}, async (stage) => {
    await running(stage, 12_000, quick);
    stage.beating = false;
    const last = Math.floor((stage.now - 1) / 10) * 10;
    await stage.run(80, () => {
      const since = stage.now - last;
      if (since > 30 + 5) stage.expect(FAILSAFE, "failsafe", "failsafe");
      if (since > 30 + 15) stage.expectAtMost(FAILSAFE);
    });
  }));

  test("LPC-911: a document that the operator names and that never comes counts as a lost heartbeat after 10 s", () => onStage({}, async (stage) => {
    await running(stage, 12_000);
    stage.beating = false;
    const topic = "gla/1/demo/site/s1/rack/r1/allocation";
    stage.say("HEARTBEAT", { periodS: 10, last: { [topic]: [0, 9_999] } }, { forS: 120 });
    await stage.run(8);
    stage.expect(12_000, "allocation");
    await stage.run(5);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
  }));

  test("LPC-913, LPC-918: in init a heartbeat that names what is held confirms; another does not", () => onStage({}, async (stage) => {
    stage.beating = false;
    stage.allocate(12_000);
    await stage.run(5);
    stage.expect(FAILSAFE, "failsafe", "init");
    stage.say("HEARTBEAT", { periodS: 10, last: {} }, { forS: 120 });
    await stage.run(5);
    stage.expect(FAILSAFE, "failsafe", "init");
    stage.heartbeat();
    await stage.run(2);
    stage.expect(12_000, "allocation", "limited");
  }));

  test("LPC-916, LPC-919: after a loss the heartbeat alone does not lift; the document that follows it does", () => onStage({}, async (stage) => {
    await running(stage, 12_000, quick);
    stage.beating = false;
    await stage.run(60);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
    // It names what is not held here: alive, and not confirming.
    stage.say("HEARTBEAT", { periodS: 10, last: {} }, { forS: 120 });
    await stage.run(5);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
    stage.allocate(9_000, quick);
    await stage.run(5);
    stage.expect(9_000, "allocation", "limited");
  }));

  test("LPC-920: first the document, then the heartbeat that names it", () => onStage({}, async (stage) => {
    await running(stage, 12_000, quick);
    stage.beating = false;
    await stage.run(60);
    stage.allocate(9_000, quick);
    await stage.run(5);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
    stage.heartbeat();
    await stage.run(2);
    stage.expect(9_000, "allocation", "limited");
  }));

  test("LPC-921 is not followed: heartbeats that confirm nothing lift nothing, for however long", () => onStage({}, async (stage) => {
    await running(stage, 12_000, quick);
    stage.beating = false;
    await stage.run(60);
    for (let round = 0; round < 40; round += 1) {
      stage.say("HEARTBEAT", { periodS: 10, last: {} }, { forS: 120 });
      await stage.run(10);
      stage.expect(FAILSAFE, "failsafe", "failsafe");
    }
  }));

  test("LPC-TS-012: never unlimited merely because time has passed", () => onStage({}, async (stage) => {
    stage.beating = false;
    await stage.run(119);
    stage.expect(FAILSAFE, "failsafe", "init");
    await stage.run(2);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
    await stage.run(900, () => stage.expect(FAILSAFE, "failsafe"));
  }));

  test("LPC-TS-012: an allocation that has ended leaves the failsafe limit, not nothing", () => onStage({}, async (stage) => {
    stage.allocate(null, {}, { forS: 90 });
    await stage.run(60);
    stage.expect(null, null, "controlled");
    assert.ok(stage.powerW > 0.9 * NOMINAL, `${stage.powerW} W`);
    await stage.run(60);
    stage.expect(FAILSAFE, "failsafe");
    stage.expectAtMost(FAILSAFE);
  }));

  test("an event that has ended leaves the minimum in failsafe as elsewhere", () => onStage({}, async (stage) => {
    await running(stage, 12_000, quick);
    stage.limit([[2_000, 100]]);
    await stage.run(20);
    stage.beating = false;
    await stage.run(50);
    stage.expect(2_000, "event", "failsafe");
    await stage.run(60);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
  }));
});
