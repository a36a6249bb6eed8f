/**
 * Procedures of CSIP-AUS (SA TS 5573) as GLA/1 has them, lived through on the virtual clock by the real daemon and a
 * simulated rack: what is judged is what the machines really draw.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seconds } from "../../agent/core/units.ts";
import { FAILSAFE, NODE, NOMINAL, onStage, running, type Stage } from "./stage.ts";

const RESPONSE = 15;

/** Runs, and holds the true power under what is due at each second. */
async function under(stage: Stage, length: number, due: (second: number) => number): Promise<void> {
  const begun = stage.now;
  await stage.run(length, () => stage.expectAtMost(due(stage.now - begun)));
}

describe("CSIP-AUS", { concurrency: 2 }, () => {
  test("LOA-01, LOA-02: a limit is applied within its response time, held, and left at its end", () => onStage({}, async (stage) => {
    await running(stage);
    assert.ok(stage.powerW > 0.9 * NOMINAL, `${stage.powerW} W`);
    stage.limit([[8_000, 120]]);
    await under(stage, 118, (second) => (second < RESPONSE ? NOMINAL : 8_000));
    stage.expect(8_000, "event", "limited");
    assert.ok(stage.powerW > 0.9 * 8_000, `only ${stage.powerW} W of 8 kW are used`);
    await stage.run(60);
    stage.expect(NOMINAL, "allocation");
    assert.ok(stage.powerW > 0.9 * NOMINAL);
  }));

  test("LOA-01: zero watts is a limit, not its absence", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[0, 300]]);
    await stage.run(40);
    stage.expect(0, "event");
    assert.equal(stage.status.compliance, "at-floor");
    assert.ok(stage.powerW < 250, `${stage.powerW} W`);
  }));

  test("LOA-03, LOA-04: without an event the allocation is the default, without an allocation the failsafe limit", () => onStage({}, async (stage) => {
    await stage.run(40);
    stage.expect(FAILSAFE, "failsafe");
    stage.expectAtMost(FAILSAFE);
    stage.allocate(12_000, {}, { forS: 60 });
    await stage.run(50);
    stage.expect(12_000, "allocation", "limited");
    await stage.run(30);
    stage.expect(FAILSAFE, "failsafe");
    stage.expectAtMost(FAILSAFE);
  }));

  test("LOA-09: a cancelled limit falls back to the default", () => onStage({}, async (stage) => {
    await running(stage, 14_000);
    stage.limit([[6_000, 600]]);
    await stage.run(30);
    stage.expect(6_000, "event");
    stage.say("LIMIT", { status: "CANCELLED" }, { id: "limit" });
    await stage.run(40);
    stage.expect(14_000, "allocation");
    assert.ok(stage.powerW > 0.9 * 14_000);
    assert.deepEqual(stage.acks.filter((ack) => ack.startsWith("limit ")).slice(-2), ["limit RECEIVED", "limit CANCELLED"]);
  }));

  test("LOA-10: of two limits the smaller holds, whatever their priority", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[9_000, 600]], { id: "first", priority: 1 });
    stage.limit([[7_000, 120]], { id: "second", priority: 200 });
    await stage.run(60);
    stage.expect(7_000, "event");
    stage.expectAtMost(7_000);
    await stage.run(70);
    stage.expect(9_000, "event");
  }));

  test("LOA-11, LOA-12: a limit that varies is followed at each of its steps", () => onStage({}, async (stage) => {
    await running(stage);
    const steps = [[12_000, 60], [5_000, 60], [9_000, 60], [2_000, 60]] as const;
    stage.limit(steps);
    const due = (second: number): number => {
      const step = Math.min(3, Math.floor(second / 60));
      const before = steps[Math.max(0, step - 1)]?.[0] ?? NOMINAL;
      const now = steps[step]?.[0] ?? 0;
      return second % 60 <= RESPONSE ? Math.max(before, now, step === 0 ? NOMINAL : 0) : now;
    };
    await under(stage, 238, due);
  }));

  test("LOA-13: while a load nobody controls steps up and down, the rack as a whole keeps the limit", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[9_000, 600]]);
    await stage.run(40);
    for (const load of [1_500, 3_000, 500, 2_500]) {
      stage.load.powerW = load;
      await stage.run(25);
      stage.expectAtMost(9_000);
      await under(stage, 25, () => 9_000);
    }
  }));

  test("ALL-13, ALL-25: a limit that slopes is kept at each moment of its slope", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[6_000, 400]], { rampS: 200 });
    const slope = (second: number): number => NOMINAL + ((6_000 - NOMINAL) * Math.min(second, 200)) / 200;
    await under(stage, 300, (second) => slope(second - 12));
    const { effectiveLimitW } = stage.status;
    assert.equal(effectiveLimitW, 6_000);
  }));

  test("ALL-28: on the way up the rack rises no faster than the allocation's ramp", () => onStage({}, async (stage) => {
    await running(stage, 4_000, { restart: { minOffS: 0, randomS: 0, rampPctPerMin: 20 } });
    stage.allocate(NOMINAL, { restart: { minOffS: 0, randomS: 0, rampPctPerMin: 20 } });
    const perSecond = (0.2 * NOMINAL) / 60;
    await under(stage, 180, (second) => 4_000 + perSecond * (second + 1));
    assert.ok(stage.powerW > 11_000, `${stage.powerW} W`);
  }));

  test("ALL-18: the responses of one event, in their order", () => onStage({}, async (stage) => {
    await running(stage);
    stage.limit([[8_000, 90]], { inS: 30 });
    await stage.run(20);
    assert.deepEqual(stage.acks.filter((ack) => ack.startsWith("limit ")), ["limit RECEIVED", "limit ACCEPTED"]);
    await stage.run(30);
    assert.deepEqual(stage.acks.filter((ack) => ack.startsWith("limit ")).slice(2), ["limit STARTED", "limit SETTLED"]);
    await stage.run(80);
    assert.deepEqual(stage.acks.filter((ack) => ack.startsWith("limit ")).slice(4), ["limit COMPLETED"]);
  }));

  const five = (first: number): { readonly durationS: number; readonly limitW: number }[] =>
    [12_000, 6_000, 10_000, 4_000, 8_000].map((limitW, index) => ({ durationS: (index === 0 ? 10 : 0) + (index === 4 ? 3_600 - 4 * first : first), limitW }));

  test("ALL-21: a schedule of five steps is followed by itself", () => onStage({}, async (stage) => {
    stage.allocate(null, { schedule: five(90) });
    await stage.run(60);
    const limits: (number | null)[] = [];
    await stage.run(400, () => {
      const { effectiveLimitW } = stage.status;
      if (effectiveLimitW !== limits.at(-1)) limits.push(effectiveLimitW);
    });
    assert.deepEqual(limits, [12_000, 6_000, 10_000, 4_000, 8_000]);
    stage.expectAtMost(8_000);
  }));

  test("ALL-22: racks begin at times of their own, within the time given, the same after a restart", async () => {
    const begins = async (seed: string, restart: boolean): Promise<number> => {
      let begun = -1;
      await onStage({ seed }, async (stage) => {
        await running(stage);
        stage.limit([[6_000, 600]], { randomizeS: 120 });
        const from = stage.now;
        if (restart) {
          await stage.run(5);
          stage.kill();
          stage.boot();
        }
        await stage.run(130, () => {
          if (begun < 0 && stage.daemon.status?.effectiveLimitW === 6_000) begun = stage.now - from;
        });
      });
      return begun;
    };
    const [one, again, other] = await Promise.all([begins("rack 7", false), begins("rack 7", true), begins("rack six", false)]);
    assert.ok(one > 0 && one <= 120 && other > 0 && other <= 120, `${one} ${other}`);
    assert.ok(Math.abs(one - again) <= 2, `${one} s, after a restart ${again} s`);
    assert.ok(Math.abs(one - other) > 5, `${one} s and ${other} s`);
  });

  test("ALL-23: the link is lost for 420 s: the schedule is trusted for its while, then the failsafe limit holds", () => onStage({}, async (stage) => {
    stage.allocate(null, { schedule: five(100), failsafe: { heartbeatTimeoutS: 60, onLoss: "SCHEDULE_THEN_FAILSAFE", scheduleTrustS: 180 } });
    await stage.run(45);
    stage.expect(12_000, "allocation");
    stage.beating = false;
    stage.broker.goDown();
    const lost = stage.now;
    const seen: string[] = [];
    await stage.run(420, () => {
      const { effectiveLimitW, limitSource } = stage.status;
      const word = `${limitSource} ${effectiveLimitW}`;
      if (word !== seen.at(-1)) seen.push(word);
      if (stage.now - lost > 250 + RESPONSE) stage.expectAtMost(FAILSAFE);
    });
    // 12 kW, 6 kW, 10 kW, and from 60 + 180 s on the failsafe limit, with what is still valid beside it.
    assert.deepEqual(seen.slice(0, 4), ["allocation 12000", "allocation 6000", "allocation 10000", `failsafe ${FAILSAFE}`]);
    assert.ok(seen.slice(4).every((word) => Number(word.split(" ")[1]) <= FAILSAFE), seen.join(", "));
    stage.broker.comeUp();
    stage.beating = true;
    await stage.run(60);
    stage.expect(8_000, "allocation", "limited");
  }));

  test("ALL-23: without that trust the failsafe limit holds as soon as the heartbeat is lost", () => onStage({}, async (stage) => {
    await running(stage, 12_000, { failsafe: { heartbeatTimeoutS: 60, onLoss: "FAILSAFE_NOW" } });
    stage.beating = false;
    stage.broker.goDown();
    await stage.run(45);
    stage.expect(12_000, "allocation");
    await stage.run(30);
    stage.expect(FAILSAFE, "failsafe", "failsafe");
    stage.expectAtMost(FAILSAFE);
  }));

  test("ALL-26, ALL-27: disconnected at once, and back no sooner than after its rest, by its ramp", () => onStage({}, async (stage) => {
    await running(stage, NOMINAL, { restart: { minOffS: 60, randomS: 0, rampPctPerMin: 20 } });
    stage.say("EMERGENCY", { action: "STOP" }, { id: "stop" });
    await stage.run(30);
    stage.expect(0, "emergency", "emergency");
    assert.ok(stage.powerW < 0.05 * NOMINAL, `${stage.powerW} W after 30 s`);
    stage.say("RELEASE", { releases: "stop" }, { id: "release" });
    await stage.run(15);
    assert.equal(stage.status.state, "restoring");
    const released = stage.now;
    const perSecond = (0.2 * NOMINAL) / 60;
    await stage.run(200, () => {
      const second = stage.now - released;
      stage.expectAtMost(second < 45 ? 250 : Math.max(250, perSecond * (second - 40)));
    });
    await stage.run(150);
    stage.expect(NOMINAL, "allocation");
    assert.ok(stage.powerW > 0.9 * NOMINAL, `${stage.powerW} W`);
  }));

  test("ALL-30: a power cycle without a network keeps the default: the failsafe limit, reached from below", () => onStage({ policy: { restart: { minOff: seconds(20), random: seconds(0), rampPercentPerMinute: 60 } } }, async (stage) => {
    await running(stage, 12_000);
    stage.kill();
    stage.mains(false);
    stage.broker.goDown();
    stage.beating = false;
    await stage.clock.advance(seconds(60));
    stage.mains(true);
    stage.boot();
    await stage.run(5);
    assert.equal(stage.status.effectiveLimitW, FAILSAFE);
    // Machines boot towards full power by themselves; whoever answers is put to sleep, until the rest is over.
    await stage.run(70);
    assert.ok(["restoring", "init"].includes(stage.status.state), stage.status.state);
    stage.expectAtMost(FAILSAFE);
    await stage.run(300, () => stage.expectAtMost(FAILSAFE));
    stage.expect(FAILSAFE, "failsafe", "failsafe");
  }));

  test("an ancestor's limit is kept by each rack's share of it", () => onStage({}, async (stage) => {
    await running(stage);
    stage.say("ALLOCATION", { validFrom: new Date(stage.clock.now().at - 10_000).toISOString(), validUntil: new Date(stage.clock.now().at + 3_600_000).toISOString(), maxW: 100_000, shares: { "rack/r1": 0.08 } }, { node: "site/s1", id: "site" });
    await stage.run(30);
    stage.expect(8_000, "allocation");
    stage.expectAtMost(8_000);
    assert.equal(NODE, "site/s1/rack/r1");
  }));
});
