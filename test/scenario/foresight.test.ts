/** What is foretold is what then happens: the same limit, first rehearsed and then given, by the real daemon. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { flexibilityOf } from "../../agent/core/flexibility.ts";
import { rehearse, type Rehearsal } from "../../agent/core/rehearse.ts";
import { seconds, watts } from "../../agent/core/units.ts";
import { NOMINAL, onStage, running, type Stage } from "./stage.ts";

function foretold({ daemon }: Stage, limitW: number): Rehearsal {
  const { rack, input, stated } = daemon.foresight.input([{ source: "technician", power: watts(limitW), ref: null, until: null }], null);
  const play = rehearse(rack, input, { stated, bounds: { longest: seconds(900), steps: 600 } });
  for (let step = play.next(); ; step = play.next()) if (step.done === true) return step.value;
}

const asleep = (stage: Stage): string[] => (stage.daemon.decision?.views ?? []).flatMap(({ device, actual }) => (actual === 0 ? [device.id] : []));

describe("the plan", { concurrency: 3 }, () => {
  for (const part of [0.75, 0.5, 0.3]) {
    test(`for ${100 * part} %: draw, hashrate, time and who sleeps`, () => onStage({}, async (stage) => {
      await running(stage);
      const limitW = Math.round(part * NOMINAL);
      const before = stage.daemon.decision;
      const plan = foretold(stage, limitW);
      assert.equal(stage.daemon.decision, before, "nothing was done");
      const begun = stage.now;
      let lastOver = 0;
      stage.limit([[limitW, 600]]);
      await stage.run(150, () => {
        if (stage.powerW > limitW * 1.005 + 20) lastOver = stage.now - begun;
      });
      assert.ok(Math.abs(stage.powerW - plan.end.power) < 0.03 * limitW, `${Math.round(plan.end.power)} W were foretold, ${Math.round(stage.powerW)} W are drawn`);
      // A machine counts as down when its driver says it is: the draw falls sooner.
      const early = plan.within === null ? NaN : plan.within / 1_000 - lastOver;
      assert.ok(early >= -2 && early <= 8, `${plan.within} ms were foretold, it took ${lastOver} s`);
      const slept = plan.last.views.flatMap(({ device, actual }) => (actual === 0 ? [device.id] : []));
      // Where two plans earn alike, noise decides between them.
      assert.ok(Math.abs(asleep(stage).length - slept.length) <= 1, `${slept.join()} were to sleep, ${asleep(stage).join()} do`);
    }));
  }

  test("what binds already is not raised by a larger one, and the curve is there", () => onStage({}, async (stage) => {
    await running(stage, 8_000);
    const plan = foretold(stage, 12_000);
    assert.equal(plan.last.effective.binding?.source, "allocation");
    assert.ok(plan.end.power <= 8_100);
    const curve = flexibilityOf(plan.first, seconds(0)).curve(60);
    assert.ok(curve.length > 30 && curve.every(({ hashrate }, i) => i === 0 || hashrate >= (curve[i - 1]?.hashrate ?? 0)));
  }));
});
